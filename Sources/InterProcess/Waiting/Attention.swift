import CInterProcess
import Glibc

/// What a process is asked to do at its next safe point: Ctrl-C, and requests of other
/// processes in its slot's attention word.
public enum Attention {
    /// A request to a process, a bit of its attention word.
    enum Request: UInt64 {
        case collectGarbage = 1
    }

    /// Collects the garbage of this process. Set by the language layer.
    nonisolated(unsafe) public static var collectGarbage: (@convention(thin) () -> Void)?

    /// The branch every operation pays: whether there is anything to do.
    @inline(__always)
    public static var isWanted: Bool {
        Slot.mine.attention.relaxed() != 0 || ip_pending_interrupts() != 0
    }

    /// Does what is asked. Returns false if the process is interrupted, which stays pending
    /// until `takeInterrupt`.
    public static func serve() -> Bool {
        let attention = Slot.mine.attention
        if attention.load() & Request.collectGarbage.rawValue != 0 {
            collectGarbage?()
            attention.clearBits(Request.collectGarbage.rawValue)
        }
        return ip_pending_interrupts() == 0
    }

    /// Forgets a pending Ctrl-C: it is being reported.
    public static func takeInterrupt() { ip_clear_interrupts() }

    /// Handles SIGINT from now on: sleeps end, and `hook` is called from the signal handler.
    public static func catchInterrupts(_ hook: @escaping @convention(c) () -> Void) {
        ip_catch_interrupts(Slot.mine.wake.futex, hook)
    }

    /// SIGINT ends this process again.
    public static func ignoreInterrupts() { ip_catch_interrupts(nil, nil) }

    /// Asks all other processes for their garbage and gives them a moment.
    static func collectEverywhere() {
        collectGarbage?()
        let others = Slot.everUsed.filter { $0.phase == .live && $0 != Slot.mine && !$0.isDead }
        for slot in others {
            slot.attention.setBits(Request.collectGarbage.rawValue)
            slot.rouse()
        }
        // Longer than the longest sleep that nobody can end, that in poll(2).
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
