import CInterProcess
import Glibc
import InterProcess
import LuaBridge

/// The Lua module `multiprocessing`, and `time` beside it.
public enum Multiprocessing {
    private static let module = Registry.Key.module

    /// Makes `require "multiprocessing"` and `require "time"` work in a state whose standard libraries are open, and
    /// begins this process's family if it has none.
    ///
    /// One state of a process can have the module, once: its children run in a copy of that state.
    ///
    /// - Parameters:
    ///   - runtime: The state.
    ///   - memoryBudget: Bytes of shared memory that the family may use; nil for half of the machine's.
    /// - Throws: Also if this process has opened the module before.
    public static func open(in runtime: LuaRuntime, memoryBudget: Int? = nil) throws(OpenFailure) {
        guard !StateHooks.wereInstalled else {
            throw .lua(
                "this process has opened multiprocessing before; one state of a process can have it, once")
        }
        do throws(SystemError) {
            try Family.begin(memoryBudget: memoryBudget)
        } catch { throw .system(error) }
        // A host may have inherited SIG_IGN, with which nobody's exit status would survive.
        signal(SIGCHLD, SIG_DFL)
        StateHooks.install(runtime)
        Interruption.prepare(runtime)
        Advice.install()
        let lua = runtime.lua
        do throws(LuaFault) {
            try lua.preload("multiprocessing") { Lua.run($0, Multiprocessing.openModule) }
            try StandardLibrary.install(in: lua)
            try TimeModule.install(in: lua)
            try MissingModules.install(in: lua)
            try ProcessClass.install(in: lua)
        } catch { throw .lua(LuaError(lua, error).message) }
    }

    /// Why the module could not be opened.
    public enum OpenFailure: Error, CustomStringConvertible {
        /// The family could not begin; ENOMEM if there is not the shared memory that was asked for.
        case system(SystemError)
        /// The state does not take the module.
        case lua(String)

        /// What went wrong, in one line.
        public var description: String {
            switch self {
            case .system(let error): error.description
            case .lua(let message): message
            }
        }
    }

    /// Pushes the module's table.
    static func push(_ lua: Lua) { Registry.push(module, to: lua) }

    private static func openModule(_ lua: Lua) throws(LuaFault) -> Int32 {
        if Registry.push(module, to: lua) == .table { return 1 }
        lua.pop()
        lua.createTable(fields: 64)
        lua.pushValue(at: -1)
        Registry.set(module, in: lua)
        lua.setFunctions(ModuleFunctions.all, at: -1)
        ProcessClass.push(lua)
        lua.rawSet("Process", at: -2)
        // Now, so that it is older than any object of the script and, at the end, outlives their finalizers.
        try CurrentProcess.push(lua)
        lua.pop()
        try lua.push(EndOfProcess.atexit, chunk: "=[mp.atexit]")
        lua.rawSet("atexit", at: -2)
        // Now, and not at a first object deep in somebody's stack: some of their methods are compiled.
        Constructor.installClasses(in: lua)
        lua.setFunctions(Constructor.all, at: -1)
        lua.setFunctions(
            ArrayClass.rawConstructors + [ManagerClass.constructor, SharedMemoryClass.constructor], at: -1)
        lua.setFunctions(Logging.functions + UserSignals.functions, at: -1)
        ConnectionModule.install(in: lua, moduleAt: -1)
        CodecHooks.sharedObjects = SharedClasses.self
        TimeModule.pushSleep(lua)
        lua.rawSet("sleep", at: -2)
        for kind in ErrorKind.allCases {
            lua.push(kind.rawValue)
            lua.push(kind.rawValue)
            try lua.rawSet(at: -3)
        }
        ModuleNames.install(in: lua, moduleAt: -1)
        return 1
    }
}

/// Ties the family's needs to the state that has the module: collecting garbage, handling signals, telling places.
enum StateHooks {
    nonisolated(unsafe) private static var record: UnsafeMutablePointer<cluabridge_State>?

    /// Kept: signal handlers and waits reach into the state until it is closed.
    nonisolated(unsafe) private static var runtime: LuaRuntime?

    /// Whether any state of this process has, or had, the module.
    nonisolated(unsafe) private(set) static var wereInstalled = false

    /// Whether this state has the module, and is open.
    static func isInstalled(in runtime: LuaRuntime) -> Bool { self.runtime === runtime && !runtime.isClosed }

    /// The state is closed: what the family needs of it is not there any more.
    static func remove() {
        record = nil
        runtime = nil
    }

    static func install(_ runtime: LuaRuntime) {
        wereInstalled = true
        self.runtime = runtime
        record = runtime.lua.record
        Attention.collectGarbage = {
            StateHooks.running?.collectGarbage()
        }
        Attention.deliverSignals = {
            StateHooks.running.map { UserSignals.deliver($0, inWait: true) } ?? true
        }
        Attention.traceback = {
            StateHooks.running.map(StateHooks.traceback) ?? ""
        }
        Operation.placeProvider = { StateHooks.running.map(Place.current) ?? 0 }
    }

    private static func traceback(_ lua: Lua) -> String {
        let top = lua.top
        defer { lua.top = top }
        do throws(LuaFault) {
            try lua.ensureStack(10)
            try lua.pushTraceback(level: 0)
        } catch { return "" }
        return lua.string(at: -1) ?? ""
    }

    /// The Lua thread that runs now.
    static var running: Lua? {
        guard let record else { return nil }
        return Lua(record.pointee.interrupts.running ?? record.pointee.main)
    }
}
