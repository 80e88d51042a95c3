import LuaBridge

/// Turns messages into Lua values.
///
/// A message may come from anywhere. Nothing in it is trusted: lengths are compared with what is there, numbers with
/// what they may name. Whatever is wrong is a SerializationError, or a ValueError for a handle of an object that is
/// gone or of another family.
enum Decoder {
    /// Pushes the value encoded in `bytes`.
    ///
    /// Lua code can run while this decodes: finalizers, and what `require` runs if the message names a module that is not
    /// loaded yet. The bytes have to stay where they are meanwhile.
    ///
    /// - Parameter descriptors: What came beside the message. Those that values own now are replaced by -1, also if
    /// this
    ///   throws; the others remain the caller's.
    /// - Throws: ``LuaFault/value``.
    @inline(__always)
    static func decode(
        _ lua: Lua, _ bytes: UnsafeRawBufferPointer,
        descriptors: UnsafeMutableBufferPointer<Int32> = .init(start: nil, count: 0)
    ) throws(LuaFault) {
        var reader = MessageReader(bytes)
        // Scalars need no stack, no frames, and no care about the collector.
        if reader.pushScalar(lua), reader.isAtEnd { return }
        if bytes.count <= longestSmall, try pushSmall(lua, bytes) { return }
        try decodeTree(lua, bytes, descriptors)
    }

    /// Bytes of a table for which it is not worth while to stop the collector.
    private static let longestSmall = 256

    /// Pushes a table of scalars with less than sixteen entries, what most small messages are; else nothing. A finalizer may
    /// run meanwhile: nobody but us knows the table yet.
    @inline(never)
    private static func pushSmall(_ lua: Lua, _ bytes: UnsafeRawBufferPointer) throws(LuaFault) -> Bool {
        var reader = MessageReader(bytes)
        guard !reader.isAtEnd, reader.peeked & 0xe0 == 0x80 else { return false }
        let isMap = reader.peeked & 0x10 == 0
        let count = Int32(reader.peeked & 0x0f)
        reader.skip(1)
        try lua.ensureStack(4)
        lua_createtable(lua.pointer, isMap ? 0 : count, isMap ? count : 0)
        let table = lua_gettop(lua.pointer)
        for position in 0..<Int64(count) {
            var isStored = reader.pushScalar(lua)
            if isStored, isMap {
                isStored =
                    reader.pushScalar(lua)
                    && cluabridge_rawset(lua.pointer, table) == CLUABRIDGE_RAW_DONE
            } else if isStored {
                lua_rawseti(lua.pointer, table, position + 1)
            }
            if !isStored {
                lua.top = table - 1
                return false
            }
        }
        if reader.isAtEnd { return true }
        lua.pop()
        return false
    }

    @inline(never)
    private static func decodeTree(
        _ lua: Lua, _ bytes: UnsafeRawBufferPointer, _ descriptors: UnsafeMutableBufferPointer<Int32>
    ) throws(LuaFault) {
        // A scalar with something after it left a value; there is nothing else to undo.
        let top = lua.top - (MessageReader(bytes).startsWithScalar ? 1 : 0)
        lua.top = top
        let wasRunning = cluabridge_pause_collector(lua.pointer)
        var pass = DecodingPass(
            lua: lua, bytes: bytes, descriptors: descriptors, collectorWasRunning: wasRunning)
        do throws(LuaFault) {
            try pass.run()
        } catch {
            lua.dropBelow(error, to: top)
            pass.end()
            cluabridge_resume_collector(lua.pointer, wasRunning)
            throw error
        }
        pass.end()
        cluabridge_resume_collector(lua.pointer, wasRunning)
    }
}
