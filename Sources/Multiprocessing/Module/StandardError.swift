import CInterProcess
import LuaBridge

/// Standard error, unbuffered: one write for a message, so that messages of several processes do not mix.
public enum StandardError {
    /// Writes `text` as it is, after what this process has printed so far. Errors are ignored.
    public static func write(_ text: String) {
        var text = text
        text.withUTF8 { ip_write_error($0.baseAddress, $0.count) }
    }
}

/// How an uncaught error is shown.
public enum ErrorReport {
    /// Whether the error value at `index` is a DeadlockError.
    public static func isDeadlock(_ lua: Lua, at index: Int32) -> Bool {
        guard ErrorObject.isErrorObject(lua, at: index) else { return false }
        let index = lua.absolute(index)
        defer { lua.pop() }
        lua.rawGet("kind", at: index)
        return lua.string(at: -1) == ErrorKind.deadlockError.rawValue
    }

    /// Message and traceback of the error value at `index`.
    public static func text(_ lua: Lua, at index: Int32) -> String {
        let index = lua.absolute(index)
        let message = lua.errorText(at: index)
        guard lua.type(at: index) == .table else { return message }
        defer { lua.pop() }
        lua.rawGet("traceback", at: index)
        return lua.string(at: -1).map { "\(message)\n\($0)" } ?? message
    }
}
