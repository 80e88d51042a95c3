import InterProcess
import LuaBridge

/// Messages that are bytes: what a Connection shares with one of Python's.
enum ConnectionBytes {
    static let methods = [
        LuaFunction("send_bytes") { Lua.run($0, send) },
        LuaFunction("recv_bytes") { Lua.run($0, receive) },
    ]

    /// `send_bytes(s[, offset[, size]])`; the offset counts bytes to skip.
    private static func send(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ConnectionClass.checkWritable(lua)
        let bytes = try lua.checkBytes(at: 2)
        let parameters = try Parameters(lua, of: "send_bytes", from: 3, ["offset", "size"])
        var part = try range(lua, of: bytes, try parameters.integer("offset"), try parameters.integer("size"))
        do throws(ChannelFailure) {
            try withUnsafePointer(to: &part) { pieces throws(ChannelFailure) in
                try state.pointee.channel.send(Message(pieces: UnsafeBufferPointer(start: pieces, count: 1)))
            }
        } catch { throw ConnectionClass.fault(lua, error, state) }
        return 0
    }

    private static func range(
        _ lua: Lua, of bytes: UnsafeRawBufferPointer, _ offset: Int64?, _ size: Int64?
    ) throws(LuaFault) -> UnsafeRawBufferPointer {
        let offset = offset ?? 0
        let count = Int64(bytes.count)
        guard offset >= 0 else { throw ErrorObject.make(lua, .valueError, "offset is negative") }
        guard offset <= count else { throw ErrorObject.make(lua, .valueError, "buffer length < offset") }
        let left = count - offset
        let size = size ?? left
        guard size >= 0 else { throw ErrorObject.make(lua, .valueError, "size is negative") }
        guard size <= left else { throw ErrorObject.make(lua, .valueError, "buffer length < offset + size") }
        return UnsafeRawBufferPointer(rebasing: bytes[Int(offset)..<Int(offset + size)])
    }

    /// `recv_bytes([maxlength])`. Shared objects in a message that is taken as bytes are let go of.
    private static func receive(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ConnectionClass.checkReadable(lua)
        let limit = try Parameters(lua, of: "recv_bytes", from: 2, ["maxlength"]).integer("maxlength")
        if let limit, limit < 0 { throw ErrorObject.make(lua, .valueError, "negative maxlength") }
        let message = try ConnectionClass.receive(lua, state, atMost: limit.map { Int($0) } ?? .max)
        defer { message.release() }
        lua.push(message.bytes)
        return 1
    }
}
