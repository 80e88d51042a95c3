import InterProcess
import LuaBridge

/// A Connection's own descriptor, and any descriptor as a message.
enum ConnectionDescriptors {
    static let methods = [
        LuaFunction("fileno") { Lua.run($0, number) },
        LuaFunction("send_fd") { Lua.run($0, send) },
        LuaFunction("recv_fd") { Lua.run($0, receive) },
    ]

    /// `fileno()`
    private static func number(_ lua: Lua) throws(LuaFault) -> Int32 {
        let channel = try ConnectionClass.checkOpen(lua).pointee.channel
        channel.end.noteEscape()
        lua.push(channel.descriptor)
        return 1
    }

    /// `send_fd(fd)`: the receiver gets a copy.
    private static func send(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ConnectionClass.checkWritable(lua)
        guard let descriptor = Int32(exactly: try lua.checkInteger(at: 2)) else {
            throw .argument(2, "descriptor out of range")
        }
        try lua.checkNothing(after: 2, "takes one descriptor")
        do throws(ChannelFailure) {
            try state.pointee.channel.send(descriptor: descriptor)
        } catch { throw ConnectionClass.fault(lua, error, state) }
        return 0
    }

    /// `recv_fd()`: a descriptor that belongs to the script.
    private static func receive(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ConnectionClass.checkReadable(lua)
        let message = try ConnectionClass.receive(lua, state)
        defer { message.release() }
        guard message.bytes.isEmpty, let descriptor = message.takeDescriptor() else {
            throw ErrorObject.make(lua, .osError, "the message is not a descriptor sent by send_fd")
        }
        lua.push(descriptor)
        return 1
    }
}
