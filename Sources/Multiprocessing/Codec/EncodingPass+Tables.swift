import LuaBridge

// Tables: by name, as a back reference, as array, map or instance.
extension EncodingPass {
    /// Begins the table on top of the stack. What needs no frame is written and popped.
    @inline(__always)
    func openTable() throws(LuaFault) -> Step {
        let address = lua_topointer(lua.pointer, -1).unsafelyUnwrapped
        if KnownTables.mayContain(address), try writeName() {
            lua.pop()
            return .advance
        }
        if writeBackReference(to: address) {
            lua.pop()
            return .advance
        }
        try checkDepth()

        var frame = Frame(kind: .map, index: lua_gettop(lua.pointer))
        if lua_getmetatable(lua.pointer, -1) != 0 { try openInstance(&frame) }
        let length = Int(truncatingIfNeeded: lua_rawlen(lua.pointer, -1))
        if length > 0, openArray(of: length, frame) { return .advance }
        frame.header = state.pointee.out.count
        lua.pushNil()
        if lua.nextUnchanged(at: frame.index) { return writeEntries(frame) }
        state.pointee.out.append(arrayOf: 0)
        return closeComplete(frame)
    }

    /// Writes the entries of a map from the one on top of the stack on, as long as they are scalars, and opens a frame for
    /// the rest if there is one.
    @inline(__always)
    private func writeEntries(_ opened: Frame) -> Step {
        var frame = opened
        // The count is not known yet: nearly always it fits into this byte.
        state.pointee.out.skip(1)
        repeat {
            if !writeScalarKey() {
                state.pointee.frames.push(frame)
                return .entry
            }
            frame.position += 1
            if !writeScalar() {
                state.pointee.frames.push(frame)
                return .value
            }
            lua.pop()
        } while lua.nextUnchanged(at: frame.index)
        closeMap(at: frame.header, count: frame.position)
        return closeComplete(frame)
    }

    /// Ends the table on top of the stack, all of which is written.
    @inline(__always)
    private func closeComplete(_ complete: Frame) -> Step {
        if complete.wrapper == nil {
            lua.pop()
        } else {
            var frame = complete
            frame.kind = .array
            frame.count = frame.position
            state.pointee.frames.push(frame)
        }
        return .advance
    }

    /// Fills in the number of entries of a map.
    @inline(__always)
    func closeMap(at header: Int, count: Int) {
        if count < 16 {
            state.pointee.out.overwrite(at: header, bigEndian: 0x80 | UInt8(truncatingIfNeeded: count))
        } else {
            closeLargeMap(header, count)
        }
    }

    @inline(never)
    private func closeLargeMap(_ header: Int, _ count: Int) {
        let more = count <= 0xffff ? 2 : 4
        state.pointee.out.openGap(at: header + 1, bytes: more)
        if more == 2 {
            state.pointee.out.overwrite(at: header, bigEndian: UInt8(0xde))
            state.pointee.out.overwrite(at: header + 1, bigEndian: UInt16(truncatingIfNeeded: count))
        } else {
            state.pointee.out.overwrite(at: header, bigEndian: UInt8(0xdf))
            state.pointee.out.overwrite(at: header + 1, bigEndian: UInt32(truncatingIfNeeded: count))
        }
        var index = state.pointee.externals.count - 1
        while index >= 0, state.pointee.externals.base[index].offset > header {
            state.pointee.externals.base[index].offset += more
            index -= 1
        }
    }

    /// Writes a back reference if the node was met before; else gives it its number.
    @inline(__always)
    func writeBackReference(to node: UnsafeRawPointer) -> Bool {
        let number = state.pointee.nodes.enter(node)
        if number == 0 { return false }
        appendBackReference(number)
        return true
    }

    @inline(never)
    private func appendBackReference(_ number: Int) {
        state.pointee.isGraph = true
        if let short = UInt8(exactly: number) {
            state.pointee.out.append(.backReference, payload: 1)
            state.pointee.out.put(short)
        } else if let middle = UInt16(exactly: number) {
            state.pointee.out.append(.backReference, payload: 2)
            state.pointee.out.put(bigEndian: middle)
        } else {
            state.pointee.out.append(.backReference, payload: 4)
            state.pointee.out.put(bigEndian: UInt32(truncatingIfNeeded: number))
        }
    }

    /// Makes sure that one more frame may be opened.
    @inline(__always)
    func checkDepth() throws(LuaFault) {
        let depth = state.pointee.frames.count
        if depth >= CodecLimits.depth { throw refuseDepth() }
        // A frame takes three slots: table, key, and its value while the key is being written.
        if depth & 7 == 7 { try lua.ensureStack(40) }
    }

    /// Writes the table on top of the stack as a name if it has one.
    @inline(never)
    private func writeName() throws(LuaFault) -> Bool {
        try lua.withoutCollector { () throws(LuaFault) -> Bool in
            guard let name = KnownTables.name(lua, of: -1) else { return false }
            write(name.kind, name.text)
            return true
        }
    }

    /// Writes a named value.
    func write(_ kind: NamedValueKind, _ name: some Collection<UInt8>) {
        state.pointee.out.append(.namedValue, payload: 1 + name.count)
        state.pointee.out.put(kind.rawValue)
        for byte in name { state.pointee.out.put(byte) }
    }

    /// Begins an instance; its metatable is on top of the stack, and popped.
    @inline(never)
    private func openInstance(_ frame: inout Frame) throws(LuaFault) {
        frame.wrapper = .instance
        frame.externalBytes = state.pointee.externalBytes
        frame.wrapperHeader = openWrapper()
        try lua.withoutCollector { () throws(LuaFault) in
            guard ClassRegistry.pushName(lua, of: -1), let name = lua.bytes(at: -1) else {
                throw refuseInstance()
            }
            state.pointee.out.append(name: name)
        }
        lua.pop(2)
    }
}
