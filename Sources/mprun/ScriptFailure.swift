import Glibc
import LuaBridge
import Multiprocessing

/// The error that ended a script.
struct ScriptFailure {
    /// Message and traceback.
    let message: String
    /// Whether it is a DeadlockError.
    let isDeadlock: Bool

    /// The error value is at `index`.
    init(_ lua: Lua, at index: Int32) {
        message = ErrorReport.text(lua, at: index)
        isDeadlock = ErrorReport.isDeadlock(lua, at: index)
    }

    /// Whether it is Ctrl-C, and not another error in a script that caught that.
    var isInterrupt: Bool { Interruption.wasRaised && strstr(message, "interrupted!") != nil }
}
