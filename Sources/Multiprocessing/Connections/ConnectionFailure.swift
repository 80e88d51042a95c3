import Glibc
import InterProcess
import LuaBridge

extension ConnectionClass {
    /// The Lua error for what went wrong with the Connection at 1.
    static func fault(
        _ lua: Lua, _ failure: ChannelFailure, _ state: UnsafeMutablePointer<ConnectionState>
    ) -> LuaFault {
        switch failure {
        case .endOfStream:
            return ErrorObject.make(lua, .eofError, "the other end of \(describe(lua)) is closed")
        case .endInsideMessage:
            return ErrorObject.make(lua, .osError, "got end of file during message")
        case .brokenPipe:
            let message = "Broken pipe: the other end of \(describe(lua)) is closed"
            return ErrorObject.make(lua, .brokenPipeError, message) { $0.set("errno", Int(EPIPE)) }
        case .cutInsideMessage:
            let message = "\(describe(lua)): a message was interrupted half-way; close it"
            return ErrorObject.make(lua, .osError, message)
        case .badLength:
            // The message is still there, so nothing behind it can be received.
            state.pointee.isReadable = false
            if !state.pointee.isWritable { close(state) }
            return ErrorObject.make(lua, .osError, "bad message length")
        case .noMemory(let bytes):
            return ErrorObject.make(lua, .memoryError, "no memory for a message of \(bytes) bytes")
        case .interrupted: return lua.interrupted()
        case .memory(let error): return ErrorObject.make(lua, error)
        case .system(let error): return ErrorObject.make(lua, error)
        }
    }

    /// Receives a message on the Connection at 1.
    static func receive(
        _ lua: Lua, _ state: UnsafeMutablePointer<ConnectionState>, atMost limit: Int = .max
    ) throws(LuaFault) -> InboundMessage {
        do throws(ChannelFailure) {
            return try state.pointee.channel.receive(atMost: limit)
        } catch { throw fault(lua, error, state) }
    }
}
