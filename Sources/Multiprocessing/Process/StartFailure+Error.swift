import Glibc
import InterProcess
import LuaBridge

extension ErrorObject {
    /// Pushes what a failed `start()` raises.
    static func make(_ lua: Lua, _ failure: StartFailure) -> LuaFault {
        switch failure {
        case .system(let error): return make(lua, error)
        case .memory(let error): return make(lua, error)
        case .tooManyProcesses(let limit):
            return make(lua, .osError, "too many processes: a family has at most \(limit) at a time") {
                $0.set("errno", Int(EAGAIN))
            }
        case .hasThreads(let count):
            return make(
                lua, .osError,
                "cannot start a process: this one has \(count) threads, and only the calling one would live on in the child"
            ) { $0.set("errno", Int(EBUSY)) }
        }
    }
}
