/// How a protected operation ended.
@frozen
public enum LuaStatus: Int32, Sendable {
    /// It succeeded.
    case ok = 0
    /// The coroutine yielded.
    case yield
    /// An error was raised; its value is on top of the stack.
    case runtimeError
    /// A chunk does not compile; the message is on top of the stack.
    case syntaxError
    /// Memory ran out; Lua's message is on top of the stack.
    case memoryError
    /// The message handler failed; what is left is on top of the stack.
    case handlerError
    /// A file cannot be read; the message is on top of the stack.
    case fileError

    @usableFromInline
    init(code: Int32) {
        self = LuaStatus(rawValue: code).unsafelyUnwrapped
    }

    /// Throws ``LuaFault/value`` unless the status is ``ok``: the error value is on the stack already.
    @inlinable
    public func check() throws(LuaFault) {
        if self != .ok { throw .value }
    }
}
