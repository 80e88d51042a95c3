import InterProcess
import LuaBridge

/// Messages that are Lua values, with Connections and shared objects inside them.
enum ConnectionValues {
    static let methods = [
        LuaFunction("send") { Lua.run($0, send) },
        LuaFunction("recv") { Lua.run($0, receive) },
    ]

    /// `send(v)`
    private static func send(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ConnectionClass.checkWritable(lua)
        try lua.checkAny(at: 2)
        try lua.checkNothing(after: 2, "takes one value; send a table")
        let encoder = Encoder.take()
        defer { encoder.giveBack() }
        encoder.allowsDescriptors = true
        try encoder.encode(lua, at: 2)
        let channels = encoder.descriptors.map(OpenChannels.channel)
        do throws(ChannelFailure) {
            try encoder.withMessage { message throws(ChannelFailure) in
                try state.pointee.channel.send(message, with: channels)
            }
        } catch { throw ConnectionClass.fault(lua, error, state) }
        return 0
    }

    /// `recv()`
    private static func receive(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ConnectionClass.checkReadable(lua)
        let message = try ConnectionClass.receive(lua, state)
        defer { message.release() }
        if message.descriptorCount == 0 {
            try Decoder.decode(lua, message.content)
        } else {
            try ConnectionCoding.decode(lua, message)
        }
        return 1
    }
}

/// How the codec takes Connections for descriptors, and makes them of those that were received.
enum ConnectionCoding: DescriptorCoding {
    private static let readable: UInt8 = 1
    private static let writable: UInt8 = 2

    /// The message that is being decoded, which owns what came along until it is asked for.
    nonisolated(unsafe) private static var message: InboundMessage?

    /// Pushes the value of a message that descriptors came with.
    static func decode(_ lua: Lua, _ message: InboundMessage) throws(LuaFault) {
        // Decoding may load a module, and that may receive messages.
        let outer = self.message
        self.message = message
        defer { self.message = outer }
        // To the codec, descriptors are their numbers in the message.
        var numbers = (0..<message.descriptorCount).map { Int32($0) }
        try numbers.withUnsafeMutableBufferPointer { numbers throws(LuaFault) in
            try Decoder.decode(lua, message.content, descriptors: numbers)
        }
    }

    static func descriptor(_ lua: Lua, at index: Int32) throws(LuaFault) -> (descriptor: Int32, tag: UInt8)? {
        guard let state = ConnectionClass.connection.object(lua, at: index)?.pointee else { return nil }
        guard state.isOpen else { throw ConnectionClass.closedFault(lua) }
        let access = (state.isReadable ? readable : 0) | (state.isWritable ? writable : 0)
        return (state.channel.descriptor, access)
    }

    static func push(_ lua: Lua, descriptor number: Int32, tag: UInt8) throws(LuaFault) {
        do throws(SharedMemoryExhausted) {
            if let channel = try message?.takeChannel(Int(number)) {
                return ConnectionClass.push(
                    channel, readable: tag & readable != 0, writable: tag & writable != 0, to: lua)
            }
        } catch { throw ErrorObject.make(lua, error) }
        let message = "the message names a Connection that did not come with it"
        throw ErrorObject.make(lua, .serializationError, message)
    }
}
