import InterProcess
import LuaBridge

/// What happens when the shared memory is used up: garbage may hold some of it.
enum MemoryRelief {
    /// Runs `body`; if it runs out of shared memory, collects the garbage of the whole family and runs it once more.
    ///
    /// - Throws: what the body throws, or a MemoryError.
    @inline(__always)
    static func retrying<Success>(
        _ lua: Lua, _ body: () throws(LuaFault) -> Result<Success, SharedMemoryExhausted>
    ) throws(LuaFault) -> Success {
        if case .success(let value) = try body() { return value }
        Family.collectGarbage()
        switch try body() {
        case .success(let value): return value
        case .failure(let error): throw ErrorObject.make(lua, error)
        }
    }

    /// The same for a body without other errors.
    @inline(__always)
    static func retrying<Success>(
        _ lua: Lua, _ body: () throws(SharedMemoryExhausted) -> Success
    ) throws(LuaFault) -> Success {
        try retrying(lua) { () throws(LuaFault) in Result(catching: body) }
    }
}
