import InterProcess
import LuaBridge

/// The encoding of one value that is more than a number.
///
/// It does not recurse: open tables and functions are frames on a stack of their own, and lie on the Lua stack, tables
/// with the key of the entry that is being written. No Lua code runs, and no collector: reading tables raw and writing
/// to private memory allocates nothing in Lua, and the few steps that do stop the collector.
struct EncodingPass {
    let lua: Lua
    let state: UnsafeMutablePointer<EncoderState>
    /// What errors call the value.
    let root: EncodingRoot

    /// A table or function whose contents are being written.
    struct Frame {
        enum Kind: UInt8 {
            /// A table with keys 1…count.
            case array
            /// Any other table; the current key is above it on the Lua stack.
            case map
            /// A map while a key is written that is itself a table or function; the entry's value waits above the key.
            case mapKey
            /// A Lua function.
            case function
        }

        var kind: Kind
        /// Where the table or function is on the Lua stack.
        let index: Int32
        /// How many elements, entries or upvalues were begun.
        var position = 0
        /// How many elements or upvalues there are.
        var count = 0
        /// Where the map's header is in the buffer.
        var header = 0
        /// What kind of extension is around it, and where its header is.
        var wrapper: ExtensionType?
        var wrapperHeader = 0
        /// Bytes outside the buffer when the extension began.
        var externalBytes = 0
    }

    /// What comes next.
    enum Step {
        /// Write and pop the value on top of the Lua stack.
        case value
        /// Write the key below the top of the stack, then the value on top.
        case entry
        /// A value was written: go on in the innermost frame.
        case advance
        /// Finalizers may have run, and may have changed what was written already.
        case startOver
    }

    /// Encodes the value at `index`. On return the record begins where the message does.
    func run(at index: Int32, _ record: inout EncoderState.Record) throws(LuaFault) {
        let top = lua.top
        let descriptors = state.pointee.descriptors.count
        if lua.type(at: index) == .string, appendRootString(at: index) { return }
        while true {
            try lua.ensureStack(40)
            try KnownTables.refresh(lua)
            // Room for the header of a graph: whether there is one is known at the end.
            state.pointee.out.skip(ByteBuffer.extensionHeaderBytes)
            lua.pushValue(at: index)
            if try writeTree() { break }
            state.pointee.takeBack(record, descriptors: descriptors)
            lua.top = top
        }
        try finish(&record)
    }

    /// A string by itself: most messages that are not numbers.
    @inline(__always)
    private func appendRootString(at index: Int32) -> Bool {
        let bytes = stringBytes(at: index)
        if bytes.count >= CodecLimits.shortestExternal { return false }
        state.pointee.out.append(string: bytes)
        return true
    }

    /// Writes the value on top of the stack, with all that belongs to it, and pops it.
    ///
    /// - Returns: false if it has to be done again.
    private func writeTree() throws(LuaFault) -> Bool {
        var step = Step.value
        while true {
            switch step {
            case .value:
                step = try writeValue()
            case .entry:
                step = writeKey()
            case .advance:
                if state.pointee.frames.isEmpty { return true }
                step = try advance(state.pointee.frames.last)
            case .startOver:
                return false
            }
        }
    }

    /// Writes the value on top of the stack and pops it, or opens a frame for it.
    @inline(__always)
    private func writeValue() throws(LuaFault) -> Step {
        switch lua.type(at: -1) {
        case .number:
            writeNumber(at: -1)
        case .string:
            try writeString()
        case .boolean:
            state.pointee.out.append(lua.isTruthy(at: -1))
        case .nil, .none:
            state.pointee.out.appendNil()
        case .table:
            return try openTable()
        case .function:
            return try openFunction()
        case .userdata:
            try writeUserdata()
        case .lightUserdata, .thread:
            throw refuse()
        }
        lua.pop()
        return .advance
    }

    /// Goes on in the innermost frame: brings its next value to the top of the stack, or closes it.
    @inline(__always)
    private func advance(_ frame: UnsafeMutablePointer<Frame>) throws(LuaFault) -> Step {
        switch frame.pointee.kind {
        case .array:
            if frame.pointee.position == frame.pointee.count { break }
            frame.pointee.position += 1
            lua_rawgeti(lua.pointer, frame.pointee.index, Int64(frame.pointee.position))
            return .value
        case .map:
            if lua.nextUnchanged(at: frame.pointee.index) { return .entry }
            closeMap(at: frame.pointee.header, count: frame.pointee.position)
        case .mapKey:
            frame.pointee.kind = .map
            return .value
        case .function:
            if frame.pointee.position == frame.pointee.count { break }
            return pushUpvalue(frame)
        }
        try close(frame)
        return .advance
    }

    /// Writes the key of an entry: key at -2, value at -1.
    @inline(__always)
    private func writeKey() -> Step {
        let frame = state.pointee.frames.last
        frame.pointee.position += 1
        if writeScalarKey() { return .value }
        frame.pointee.kind = .mapKey
        lua.pushValue(at: -2)
        return .value
    }

    /// Writes the key at -2 if it is a number or a string that is not long.
    @inline(__always)
    func writeScalarKey() -> Bool {
        switch lua.type(at: -2) {
        case .string:
            let bytes = stringBytes(at: -2)
            if bytes.count >= CodecLimits.shortestExternal { return false }
            state.pointee.out.append(string: bytes)
        case .number:
            writeNumber(at: -2)
        default:
            return false
        }
        return true
    }

    /// Ends the innermost frame and pops what it was about.
    private func close(_ frame: UnsafeMutablePointer<Frame>) throws(LuaFault) {
        if let wrapper = frame.pointee.wrapper {
            try closeWrapper(
                wrapper, at: frame.pointee.wrapperHeader, externalBytes: frame.pointee.externalBytes)
        }
        state.pointee.frames.pop()
        lua.pop()
    }

    // MARK: Scalars

    @inline(__always)
    func writeNumber(at index: Int32) {
        if lua.isInteger(at: index) {
            state.pointee.out.append(lua_tointegerx(lua.pointer, index, nil))
        } else {
            state.pointee.out.append(lua_tonumberx(lua.pointer, index, nil))
        }
    }

    @inline(__always)
    func stringBytes(at index: Int32) -> UnsafeRawBufferPointer {
        var count = 0
        let start = lua_tolstring(lua.pointer, index, &count)
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    @inline(__always)
    private func writeString() throws(LuaFault) {
        let bytes = stringBytes(at: -1)
        if bytes.count < CodecLimits.shortestExternal {
            state.pointee.out.append(string: bytes)
        } else {
            try writeExternal(bytes)
        }
    }

    /// Refers to the long string on top of the stack.
    @inline(never)
    private func writeExternal(_ bytes: UnsafeRawBufferPointer) throws(LuaFault) {
        guard bytes.count <= UInt32.max else { throw refuse("a string of more than 4 GiB") }
        // The stack keeps a root alive, nothing keeps what is in tables.
        if !state.pointee.frames.isEmpty { try StringAnchors.keep(lua, for: state) }
        state.pointee.out.append(headerOf: bytes)
        state.pointee.externals.push(.init(offset: state.pointee.out.count, bytes: bytes))
        state.pointee.externalBytes += bytes.count
    }

    // MARK: Extensions around values

    /// Leaves room for the header of an extension that is closed by ``closeWrapper(_:at:externalBytes:)``.
    func openWrapper() -> Int {
        let offset = state.pointee.out.count
        state.pointee.out.skip(ByteBuffer.extensionHeaderBytes)
        return offset
    }

    private func closeWrapper(_ type: ExtensionType, at header: Int, externalBytes: Int) throws(LuaFault) {
        let inBuffer = state.pointee.out.count - header - ByteBuffer.extensionHeaderBytes
        guard let length = UInt32(exactly: inBuffer + state.pointee.externalBytes - externalBytes) else {
            throw refuse("more than 4 GiB in one value")
        }
        state.pointee.out.overwrite(at: header, header: type, payload: length)
    }

    /// Wraps the message up as a graph if it is one.
    private func finish(_ record: inout EncoderState.Record) throws(LuaFault) {
        defer {
            state.pointee.nodes.reset()
            state.pointee.isGraph = false
        }
        guard state.pointee.isGraph else {
            record.start += ByteBuffer.extensionHeaderBytes
            return
        }
        var before = state.pointee.externalBytes
        for index in record.firstExternal..<state.pointee.externals.count {
            before -= state.pointee.externals.base[index].bytes.count
        }
        try closeWrapper(.graph, at: record.start, externalBytes: before)
    }
}
