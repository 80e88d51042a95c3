import CInterProcess
import Glibc
import LuaBridge

/// Standard error, unbuffered: one write for a message, so that messages of several processes do not mix.
public enum StandardError {
    /// Writes `text` as it is, after what this process has printed so far. Errors are ignored.
    public static func write(_ text: String) {
        // What was printed before should be seen before.
        ip_flush_streams()
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = Glibc.write(2, rest.baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
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
