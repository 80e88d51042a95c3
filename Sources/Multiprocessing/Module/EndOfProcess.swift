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

    nonisolated(unsafe) private static var hasRun = false

    /// `mp.atexit(f)`.
    static func register(_ lua: Lua) throws(LuaFault) -> Int32 {
        try lua.check(.function, at: 1)
        Registry.pushTable(handlers, to: lua)
        lua.pushValue(at: 1)
        lua.rawSet(Int64(lua.rawLength(at: -2) + 1), at: -2)
        lua.pushValue(at: 1)
        return 1
    }

    /// In a forked child: the handlers are its parent's.
    static func inheritedByChild(_ lua: Lua) {
        lua.pushNil()
        Registry.set(handlers, in: lua)
        hasRun = false
    }

    /// Does all that must be done before the process may end. Does it once.
    public static func run(_ lua: Lua) {
        if hasRun { return }
        hasRun = true
        Logging.info(lua, "process shutting down")
        runHandlers(lua)
        Children.endDaemons(lua, within: daemonGrace)
        // Whoever waits for something from this process in a pipe learns that nothing will come.
        PipeEnd.releaseAll()
        endOthers(lua)
        if Family.isMainProcess { unlinkSharedMemory() }
    }

    private static func endOthers(_ lua: Lua) {
        guard !Interruption.wasRaised else { return Children.abandon(lua) }
        guard Children.joinAll(lua, patience: patience) else { return Children.abandon(lua) }
        if Family.isMainProcess, !joinOrphans() { Children.abandon(lua) }
    }

    private static func unlinkSharedMemory() {
        let names = SegmentStorage.unlinkAll()
        if names.isEmpty { return }
        StandardError.write(
            "mprun: unlinked SharedMemory that nobody had unlinked: \(names.joined(separator: ", "))\n")
    }

    private static func runHandlers(_ lua: Lua) {
        Registry.pushTable(handlers, to: lua)
        // The last registered first; a handler may register more.
        while true {
            let count = Int64(lua.rawLength(at: -1))
            guard count > 0 else { break }
            lua.rawGet(count, at: -1)
            lua.pushNil()
            lua.rawSet(count, at: -3)
            if lua.protectedCall(arguments: 0, results: 0, onError: .appendTraceback) != .ok {
                StandardError.write("atexit: \(ErrorReport.text(lua, at: -1))\n")
                lua.pop()
            }
        }
        lua.pop()
    }

    private static func joinOrphans() -> Bool {
        switch Family.joinAll(until: .after(seconds: patience)) {
        case .ready: return true
        case .interrupted: return false
        case .timedOut:
            WaitingNotice.show(Family.otherProcesses)
            return Family.joinAll(until: .never) == .ready
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
