import LuaBridge

// Functions: Lua functions from their code and upvalues, C functions by name.
extension DecodingPass {
    /// Pushes a Lua function and opens a frame for its upvalues. The payload ends at `end`.
    ///
    /// - Returns: Whether it is complete: it has none, or none whose value the message holds.
    mutating func openFunction(_ end: Int) throws(LuaFault) -> Bool {
        guard let id = reader.integer(), let count = reader.integer(), count >= 0, count <= 255 else {
            throw malformed("a function without code")
        }
        guard try Bytecode.push(lua, id: UInt64(bitPattern: id)) else {
            throw malformed("a function whose code is not in this family's shared memory")
        }
        var frame = Frame(kind: .function, index: lua.top, count: Int(count))
        guard lua.upvalueIdentity(Int32(count + 1), at: frame.index) == nil,
            count == 0 || lua.upvalueIdentity(Int32(count), at: frame.index) != nil
        else { throw malformed("a function with the wrong number of upvalues") }
        frame.end = end
        try owe(frame.count)
        if isGraph { enterNode() }
        try push(frame)
        if frame.count > 0 {
            try beginUpvalues(frames.last)
            if frames.last.pointee.position < frame.count { return false }
        }
        try close(frames.last)
        return true
    }

    /// Joins the upvalues that come next and are variables met before; then enters the one whose value follows.
    mutating func beginUpvalues(_ frame: UnsafeMutablePointer<Frame>) throws(LuaFault) {
        while frame.pointee.position < frame.pointee.count {
            let upvalue = frame.pointee.position + 1
            guard let node = peekVariable(), let other = variable(node) else {
                return enterVariable(upvalue, of: frame.pointee.index)
            }
            var inside = reader
            guard case .extension(_, let length) = inside.header() else { return }
            inside.skip(length)
            reader = inside
            owed -= 1
            pushOwner(of: node)
            lua.joinUpvalue(Int32(upvalue), at: frame.pointee.index, to: other, at: -1)
            lua.pop()
            frame.pointee.position = upvalue
        }
    }

    /// The node of the back reference that comes next, if one does.
    private func peekVariable() -> Int? {
        var inside = reader
        guard case .extension(let type, let length) = inside.header(),
            type == ExtensionType.backReference.rawValue,
            length == 1 || length == 2 || length == 4
        else { return nil }
        return inside.readCount(width: length)
    }

    /// Pushes a function by module and field, requiring the module if need be.
    mutating func pushNamedFunction() throws(LuaFault) {
        guard let module = reader.string(), let field = reader.string() else {
            throw malformed("a function without a name")
        }
        if NamedFunctions.push(lua, module: module, field: field) { return }
        try require(module)
        lua.pop()
        if NamedFunctions.push(lua, module: module, field: field) { return }
        let name =
            "\(String(decoding: module.prefix(100), as: UTF8.self)).\(String(decoding: field.prefix(100), as: UTF8.self))"
        throw ErrorObject.make(lua, .serializationError, "there is no function '\(name)' in this process")
    }
}
