import CInterProcess
import Glibc

/// What a process is asked to do at its next safe point: Ctrl-C, signals the script handles, and requests of other
/// processes in its slot's attention word.
public enum Attention {
    /// A request to a process, a bit of its attention word.
    enum Request: UInt64 {
        case collectGarbage = 1
        /// The wait that the slot's verdict is about will never end.
        case deadlock = 2
        /// Somebody wants to know where the script is.
        case traceback = 4
        /// Of the main process: an orphan has been put away that it is to reap.
        case reap = 8
    }

    /// Whether the script handles signals, so that somebody outside of the family can make it act.
    nonisolated(unsafe) public static var handlesSignals = false

    nonisolated(unsafe) private static var deadlock: Deadlock.Kind?

    /// Collects the garbage of this process. Set by the language layer.
    nonisolated(unsafe) public static var collectGarbage: (@convention(thin) () -> Void)?

    /// Where the script is. Set by the language layer.
    nonisolated(unsafe) public static var traceback: (@convention(thin) () -> String)?

    /// Runs the script's handlers of the signals that have arrived; false if one of them failed, and then whatever the
    /// process is waiting for ends as interrupted. Set by the language layer.
    nonisolated(unsafe) public static var deliverSignals: (@convention(thin) () -> Bool)?

    /// The branch every wait pays: whether there is anything to do.
    @inline(__always)
    public static var isWanted: Bool {
        Slot.mine.attention.relaxed() != 0 || ip_signal_pending()
    }

    /// Does what is asked. Returns false if the process is interrupted, by Ctrl-C, which stays pending until
    /// `takeInterrupt`, or by an error of a signal's handler.
    ///
    /// It may run code of the script, which may block in turn.
    public static func serve() -> Bool {
        serveRequests()
        if ip_pending_interrupts() != 0 { return false }
        guard ip_signal_pending() else { return true }
        return (deliverSignals?() ?? true) && ip_pending_interrupts() == 0
    }

    /// Whether the wait that this process is in was found to be part of a deadlock. It ends as interrupted then.
    static func isDeadlocked() -> Bool {
        let slot = Slot.mine
        guard slot.attention.load() & Request.deadlock.rawValue != 0 else { return false }
        slot.attention.clearBits(Request.deadlock.rawValue)
        guard slot.verdict.sequence.load() == slot.waitRecord.sequence.relaxed() else { return false }
        deadlock = Deadlock.Kind(rawValue: slot.verdict.kind.load())
        return deadlock != nil
    }

    /// The deadlock that ended a wait, once.
    public static func takeDeadlock() -> Deadlock.Kind? {
        defer { deadlock = nil }
        return deadlock
    }

    /// Does what other processes ask for.
    public static func serveRequests() {
        let attention = Slot.mine.attention
        // About a wait that has ended.
        if attention.load() & Request.deadlock.rawValue != 0 {
            attention.clearBits(Request.deadlock.rawValue)
        }
        serveAsides()
        if attention.load() & Request.collectGarbage.rawValue != 0 {
            collectGarbage?()
            attention.clearBits(Request.collectGarbage.rawValue)
        }
    }

    /// Does what other processes ask for and can be done inside a wait, as no code of the script runs: tells where the script
    /// is, and reaps orphans.
    static func serveAsides() {
        let attention = Slot.mine.attention
        let asked = attention.load() & (Request.traceback.rawValue | Request.reap.rawValue)
        guard asked != 0 else { return }
        attention.clearBits(asked)
        if asked & Request.traceback.rawValue != 0, let traceback { Slot.mine.traceback.answer(traceback()) }
        if asked & Request.reap.rawValue != 0 { Sweeper.reapOrphans() }
    }

    /// Forgets a pending Ctrl-C: it is being reported.
    public static func takeInterrupt() { ip_clear_interrupts() }

    /// Whether Ctrl-C was pressed and not taken yet.
    public static var isInterrupted: Bool { ip_pending_interrupts() != 0 }

    /// Handles SIGINT from now on: sleeps end, and `hook` is called from the signal handler.
    public static func catchInterrupts(_ hook: @escaping @convention(c) () -> Void) {
        ip_catch_interrupts(hook)
    }

    /// Serves requests of others from now on also while the script computes: `hook` is called from the signal handler and
    /// must bring about a safe point.
    public static func catchRequests(_ hook: @escaping @convention(c) () -> Void) { ip_catch_requests(hook) }

    /// For a process that begins: nothing is pending, and signals end the sleeps of this process, not of its parent.
    static func begin() { ip_signals_wake(Slot.mine.wake.futex) }

    /// Asks all other processes for their garbage and gives them a moment.
    static func collectEverywhere() {
        collectGarbage?()
        let others = Slot.everUsed.filter { $0.phase == .live && $0 != Slot.mine && !$0.isDead }
        for slot in others {
            slot.ask(.collectGarbage)
        }
        // Longer than the longest sleep that nobody can end, in poll(2) without a socket.
        let end = Clock.now + 700_000_000
        while Clock.now < end,
            others.contains(where: {
                $0.attention.load() & Request.collectGarbage.rawValue != 0 && !$0.isDead
            })
        {
            var pause = timespec(tv_sec: 0, tv_nsec: 1_000_000)
            nanosleep(&pause, nil)
        }
    }
}
