import Glibc
import InterProcess
import LuaBridge

/// How every process ends, by its last line, by an error and by `os.exit`: its atexit handlers, then its daemons get
/// SIGTERM (SIGKILL after a grace period), then its other children are joined; the main process also waits for
/// adopted orphans.
public enum EndOfProcess {
    private static let handlers = Registry.Key.exitHandlers
    private static let daemonGrace = 2.0
    private static let patience = 2.0

    /// What is done, in this order.
    private enum Stage: Int {
        case handlers, daemons, pipes, others, sharedMemory
    }

    /// The place of the next stage. A number: in a child, an array would be made anew.
    nonisolated(unsafe) private static var nextStage = 0

    /// `mp.atexit(f, ...)`: f is called with these arguments.
    static let atexit = LuaScript(
        "atexit",
        """
        local register = ...
        local select, pack, unpack = select, table.pack, table.unpack
        return function(f, ...)
            if select("#", ...) == 0 then return register(f, f) end
            local arguments = pack(...)
            return register(f, function() return f(unpack(arguments, 1, arguments.n)) end)
        end
        """, using: [{ Lua.run($0, register) }])

    /// `(f, call)`
    private static func register(_ lua: Lua) throws(LuaFault) -> Int32 {
        try lua.checkCallable(at: 1)
        Registry.pushTable(handlers, to: lua)
        lua.pushValue(at: 2)
        lua.rawSet(Int64(lua.rawLength(at: -2) + 1), at: -2)
        lua.pushValue(at: 1)
        return 1
    }

    /// In a forked child: the handlers are its parent's.
    static func inheritedByChild(_ lua: Lua) {
        lua.pushNil()
        Registry.set(handlers, in: lua)
        nextStage = 0
    }

    /// Does all that must be done before the process may end. Does it once; called again from within, by a handler that
    /// calls `os.exit`, it goes on with what comes next.
    public static func run(_ lua: Lua) {
        if nextStage == 0 { Logging.info(lua, "process shutting down") }
        while let stage = Stage(rawValue: nextStage) {
            nextStage += 1
            perform(stage, lua)
        }
    }

    private static func perform(_ stage: Stage, _ lua: Lua) {
        switch stage {
        case .handlers: runHandlers(lua)
        case .daemons: Children.endDaemons(lua, within: daemonGrace)
        // Whoever waits for something from this process in a pipe learns that nothing will come.
        case .pipes: PipeEnd.releaseAll()
        case .others: endOthers(lua)
        case .sharedMemory: if Family.isMainProcess { unlinkSharedMemory() }
        }
    }

    /// Waits at the end of the process, where an error of a signal's handler can only be reported. A deadlock of those it
    /// waits for ends their waits, not this one.
    static func patiently(_ lua: Lua, _ wait: () -> WaitOutcome) -> WaitOutcome {
        while true {
            let outcome = wait()
            guard outcome == .interrupted else { return outcome }
            if !DeadlockPolicy.noteAtEnd(), !UserSignals.reportFailure(lua) { return outcome }
        }
    }

    private static func endOthers(_ lua: Lua) {
        guard !Interruption.wasRaised else { return Children.abandon(lua) }
        guard Children.joinAll(lua, patience: patience) else { return Children.abandon(lua) }
        if Family.isMainProcess, !joinOrphans(lua) { Children.abandon(lua) }
        // Whoever waits for this process finds none of its children.
        DepartedChildren.reapAll()
    }

    private static func unlinkSharedMemory() {
        let names = SegmentStorage.unlinkAll()
        if names.isEmpty { return }
        StandardError.write(
            "mprun: unlinked SharedMemory that nobody had unlinked: \(names.joined(separator: ", "))\n")
    }

    private static func runHandlers(_ lua: Lua) {
        defer { lua.pop() }
        guard Registry.push(handlers, to: lua) == .table else { return }
        // The last registered first; a handler may register more.
        while true {
            let count = Int64(lua.rawLength(at: -1))
            guard count > 0 else { return }
            lua.rawGet(count, at: -1)
            lua.pushNil()
            lua.rawSet(count, at: -3)
            if lua.protectedCall(arguments: 0, results: 0, onError: .appendTraceback) != .ok {
                StandardError.write("atexit: \(LuaError(lua, at: -1))\n")
                lua.pop()
            }
        }
    }

    private static func joinOrphans(_ lua: Lua) -> Bool {
        switch patiently(lua, { Family.joinAll(until: .after(seconds: patience)) }) {
        case .ready: return true
        case .interrupted: return false
        case .timedOut:
            WaitingNotice.show(Family.otherProcesses)
            return patiently(lua) { Family.joinAll(until: .never) } == .ready
        }
    }
}

/// "mprun: waiting for …", on a terminal.
enum WaitingNotice {
    static func show(_ processes: [(name: String, pid: pid_t)]) {
        guard isatty(2) == 1, Family.isMainProcess, !processes.isEmpty else { return }
        let list = processes.map { "\($0.name) (pid \($0.pid))" }.joined(separator: ", ")
        StandardError.write("mprun: waiting for \(list)\n")
    }
}
