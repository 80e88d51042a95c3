import CInterProcess
import Glibc
import InterProcess
import LuaBridge

/// Ctrl-C: raised as an error wherever the script is, also inside coroutines and blocking calls.
///
/// Code that never comes back to Lua (a C module blocked in a system call) cannot be interrupted so; after a grace
/// period the process ends without it.
public enum Interruption {
    static let message: StaticString = "interrupted!"
    /// Seconds between Ctrl-C and the end of a process that does not react.
    private static let grace: Int32 = 1

    // What the signal handlers need; written before they are installed.
    nonisolated(unsafe) private static var target: UnsafeMutablePointer<cluabridge_State>?
    /// Whether an interrupt was raised in this process.
    nonisolated(unsafe) public private(set) static var wasRaised = false
    /// Whether the process is an interactive session: then only the second Ctrl-C ends it, if what it runs does not react.
    nonisolated(unsafe) public static var isInSession = false
    /// How often the script, or what the session runs, has had an interrupt raised in it.
    nonisolated(unsafe) private static var timesRaised = 0
    /// After so many the process ends, whether they were caught or not.
    private static let patience = 3

    /// Makes signals take effect in the script of `runtime`: those that it handles, and Ctrl-C once that is caught.
    static func prepare(_ runtime: LuaRuntime) {
        runtime.setInterruptHandler { state in
            let lua = Lua(state)
            Attention.serveRequests()
            guard UserSignals.deliver(lua, inWait: false) else { return true }
            guard Attention.isInterrupted else { return false }
            Interruption.noteRaised()
            lua.push(Interruption.message)
            return true
        }
    }

    /// Makes Ctrl-C an error in the script of `runtime`. For a command, which owns its process.
    public static func install(in runtime: LuaRuntime) {
        target = runtime.interruptTarget
        catchSignal()
        ip_catch_termination()
        Attention.catchRequests { if let target = Interruption.target { cluabridge_interrupt(target) } }
    }

    /// The state is about to be closed: the signals take their default action again.
    static func remove() {
        guard target != nil else { return }
        target = nil
        ip_default_signal(SIGINT)
        if !ip_was_terminated() { ip_default_signal(SIGTERM) }
        ip_stop_grace_timer()
    }

    /// The script does not handle this signal itself any more.
    static func restore(_ number: Int32) {
        ip_default_signal(number)
        guard target != nil else { return }
        if number == SIGINT { catchSignal() }
        if number == SIGQUIT { ip_show_on_quit_again() }
        if number == SIGTERM, Family.isMainProcess { ip_catch_termination() }
    }

    /// In a forked child: nothing was raised here. The handlers are inherited.
    static func inheritedByChild() {
        wasRaised = false
        isInSession = false
        timesRaised = 0
    }

    /// The script let the interrupt end it, or a wait at the end of the process was interrupted.
    public static func noteRaised() {
        wasRaised = true
        Attention.takeInterrupt()
        timesRaised += 1
        // Code that catches every error would never end.
        if timesRaised >= patience { startGrace() } else { ip_stop_grace_timer() }
    }

    /// Shows the error of a signal's handler that ended a wait, where nobody is left to catch it. False if there is none.
    public static func reportHandlerFailure(_ lua: Lua) -> Bool { UserSignals.reportFailure(lua) }

    /// Goes on as if nobody had pressed Ctrl-C: for an interactive session, which ends what it runs and not itself.
    public static func forget() {
        Attention.takeInterrupt()
        ip_stop_grace_timer()
        wasRaised = false
        timesRaised = 0
    }

    private static func catchSignal() {
        Attention.catchInterrupts {
            if let target = Interruption.target { cluabridge_interrupt(target) }
            // A session is worth more than a function that takes its time.
            if !Interruption.isInSession || ip_pending_interrupts() > 1 { Interruption.startGrace() }
        }
    }

    /// Gives this process a second; then it ends, whatever it is in.
    public static func startGrace() { ip_start_grace_timer(grace) { Interruption.endWithoutScript() } }

    /// The script did not react. Runs in a signal handler.
    private static func endWithoutScript() {
        if Family.isMainProcess {
            Family.beginEnding()
            Family.signalOthers(SIGKILL)
        }
        endProcess()
    }

    /// Ends this process as Ctrl-C ends one: the main process with a line and status 130, or by SIGTERM if it was that,
    /// others by the signal.
    public static func endProcess() -> Never {
        guard Family.isMainProcess else { ip_die_by_signal(SIGINT) }
        if ip_was_terminated() {
            ip_write_line("mprun: terminated")
            ip_die_by_signal(SIGTERM)
        }
        ip_write_line("mprun: interrupted")
        _exit(130)
    }
}

extension Lua {
    /// What a blocking function throws when its wait was interrupted.
    func interrupted() -> LuaFault {
        if let deadlock = DeadlockErrors.take(self) { return deadlock }
        if UserSignals.takeFailure(self) { return .value }
        do throws(LuaFault) {
            try deliverInterrupt()
        } catch { return error }
        // Not by a signal that the state knows of.
        Attention.takeInterrupt()
        push(Interruption.message)
        return .value
    }
}
