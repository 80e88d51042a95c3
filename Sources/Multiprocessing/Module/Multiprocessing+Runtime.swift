import CInterProcess
import Glibc
import InterProcess
import LuaBridge

// For programs that run scripts: a state from its beginning to its end.
extension Multiprocessing {
    /// Opens a state with Lua's libraries and the module, and begins this process's family.
    ///
    ///     let runtime = try Multiprocessing.openRuntime(programName: "report")
    ///     defer { Multiprocessing.close(runtime) }
    ///     try runtime.run(file: "report.lua")
    ///
    /// - Parameters:
    ///   - programName: What messages of Lua on stderr begin with.
    ///   - ignoringEnvironment: Keep LUA_PATH and LUA_CPATH out, as the option `-E` of `lua` does.
    ///   - memoryBudget: Bytes of shared memory that the family may use; nil for half of the machine's.
    /// - Throws: Also if this process has opened the module before.
    public static func openRuntime(
        programName: StaticString = "lua", ignoringEnvironment: Bool = false, memoryBudget: Int? = nil
    ) throws(OpenFailure) -> LuaRuntime {
        let runtime: LuaRuntime
        do throws(LuaFault) {
            runtime = try LuaRuntime(programName: programName)
            try runtime.openLibraries(ignoringEnvironment: ignoringEnvironment)
        } catch { throw .lua("not enough memory") }
        try open(in: runtime, memoryBudget: memoryBudget)
        runtime.useGenerationalCollector()
        return runtime
    }

    /// Ends the family and closes the state: runs atexit handlers, terminates daemons, waits for all other processes, runs
    /// the finalizers of Lua objects. Does nothing the second time.
    ///
    /// To be called by the process that opened the runtime, and outside any Lua function. Signals that
    /// ``Interruption/install(in:)`` or scripts handled take their default action from then on.
    public static func close(_ runtime: LuaRuntime) {
        guard StateHooks.isInstalled(in: runtime) else { return runtime.close() }
        EndOfProcess.run(runtime.lua)
        fflush(nil)
        // From here on the state cannot take a signal.
        UserSignals.remove()
        Interruption.remove()
        runtime.close()
        StateHooks.remove()
    }
}
