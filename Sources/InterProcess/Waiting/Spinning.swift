import CInterProcess
import Glibc

/// Watching a word for a moment before sleeping: a wake-up from sleep costs about fifty
/// times what a spinning process takes to notice.
public enum Spinning {
    private static let shortest: UInt64 = 2_000
    private static let longest: UInt64 = 100_000
    private static let pausesBetweenClockReads = 32

    // Learned from success; each process has its own.
    nonisolated(unsafe) private static var budget: UInt64 = 50_000
    nonisolated(unsafe) private static var processors = 0

    /// How often a spinning process looks.
    public enum Pace {
        /// As often as it can: for what somebody makes ready and then leaves alone.
        case steady
        /// Ever more rarely: for a word that its owner changes all the time, whom each look slows down.
        case slowing
    }

    /// Spins until `isReady`, within the budget. Does not spin at all where running processes
    /// would compete for processors: the one waited for could not run.
    static func wait(until deadline: Deadline, _ pace: Pace = .steady, isReady: () -> Bool) -> Bool {
        guard hasIdleProcessor else { return false }
        let end = deadline.capped(at: budget)
        var pauses = 1
        repeat {
            var count = 0
            while count < pausesBetweenClockReads {
                if isReady() {
                    budget = min(longest, budget + budget / 4)
                    return true
                }
                for _ in 0..<pauses { ip_cpu_relax() }
                count += pauses
                if pace == .slowing, pauses < pausesBetweenClockReads { pauses *= 2 }
            }
        } while Clock.now < end
        budget = max(shortest, budget - budget / 8)
        return false
    }

    // Looking at all slots is for now and then, not for each wait of a contended lock.
    private static let countLifetime: UInt64 = 200_000
    nonisolated(unsafe) private static var countedAt: UInt64 = 0
    nonisolated(unsafe) private static var hadIdleProcessor = true

    private static var hasIdleProcessor: Bool {
        let now = Clock.now
        if now - countedAt > countLifetime {
            countedAt = now
            hadIdleProcessor = countRunning()
        }
        return hadIdleProcessor
    }

    /// Whether no more processes run than there are processors.
    private static func countRunning() -> Bool {
        if processors == 0 { processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
        var running = 0
        for slot in Slot.everUsed where slot.isRunning {
            running += 1
            if running > processors { return false }
        }
        return true
    }
}
