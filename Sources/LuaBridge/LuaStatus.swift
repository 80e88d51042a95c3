import CLuaBridge

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
        // Not by the raw value: the compiler's function for that has no name by which the linker could put it among those that a
        // child runs.
        switch code {
        case LUA_OK: self = .ok
        case LUA_YIELD: self = .yield
        case LUA_ERRRUN: self = .runtimeError
        case LUA_ERRSYNTAX: self = .syntaxError
        case LUA_ERRMEM: self = .memoryError
        case LUA_ERRERR: self = .handlerError
        default: self = .fileError
        }
    }

    /// Throws ``LuaFault/value`` unless the status is ``ok``: the error value is on the stack already.
    @inlinable
    public func check() throws(LuaFault) {
        if self != .ok { throw .value }
    }
}
