import CInterProcess
import Glibc

/// Watching a word for a moment before sleeping: a wake-up from sleep costs about fifty
/// times what a spinning process takes to notice.
public struct Spinning {
    private static let shortest: UInt64 = 2_000
    private static let longest: UInt64 = 100_000
    /// Where running processes compete for processors.
    private static let longestWhereShort: UInt64 = 20_000
    private static let pausesBetweenClockReads = 32

    /// Of `Pace.patient`.
    private static let longestPatience: UInt64 = 300_000
    /// What a wake-up from sleep takes, about.
    private static let wakeUp: UInt64 = 50_000

    // Learned from success; each process has its own.
    nonisolated(unsafe) private static var budget: UInt64 = 50_000
    nonisolated(unsafe) private static var patience = longestPatience
    nonisolated(unsafe) private static var processors = 0

    /// How often a spinning process looks.
    public enum Pace: Sendable {
        /// As often as it can: for what somebody makes ready and then leaves alone.
        case steady
        /// After a microsecond or so, the first time as well: for a word that others change all the time, whom each look
        /// slows down.
        case rare
        /// The same, and at longer and longer intervals, up to some microseconds. A lock that two processes take in turns moves
        /// from one processor to the other and back for each turn; who backs off lets the owner have many turns in a row.
        case backingOff
        /// As often as it can, and for longer than others: for a process that may end soon. Its budget is learned by itself, from
        /// how long such waits took in all (`note(waited:)`), as most of them take nearly the same time, be it too long or not.
        case patient

        /// How many pauses of the processor come before the first look, and at most before later ones. A pause takes some 20 ns.
        fileprivate var pauses: (first: Int, most: Int) {
            switch self {
            case .steady, .patient: (1, 1)
            case .rare: (64, 64)
            case .backingOff: (128, 256)
            }
        }
    }

    private let end: UInt64
    private let pace: Pace
    private var pauses: Int
    private var hasLooked = false

    /// Spins at most until the deadline, within the budget. Nil where running processes compete for processors: the one waited
    /// for may not run.
    ///
    /// - Parameter evenWhereShort: for a moment even there. Who holds a lock lets go of it soon, and to go to sleep, be woken
    ///   before that, and find it taken again costs both more than a moment.
    init?(until deadline: Deadline, _ pace: Pace = .steady, evenWhereShort: Bool = false) {
        if Self.hasIdleProcessor {
            end = deadline.capped(at: pace == .patient ? Self.patience : Self.budget)
        } else {
            guard evenWhereShort else { return nil }
            end = deadline.capped(at: min(Self.budget, Self.longestWhereShort))
        }
        self.pace = pace
        pauses = pace.pauses.first
    }

    /// Spins until `isReady`. False when the time is over. May be called again, if what looked ready was not.
    mutating func wait(_ isReady: () -> Bool) -> Bool {
        // What looked ready was not: somebody else was faster, or there is more to it than looks tell.
        if hasLooked, Clock.now >= end { return false }
        hasLooked = true
        repeat {
            var count = 0
            while count < Self.pausesBetweenClockReads {
                if pauses == 1, isReady() { return true }
                for _ in 0..<pauses { ip_cpu_relax() }
                if pauses != 1, isReady() { return true }
                count += pauses
                pauses = min(2 * pauses, pace.pauses.most)
            }
        } while Clock.now < end
        if pace != .patient { Self.budget = max(Self.shortest, Self.budget - Self.budget / 8) }
        return false
    }

    /// What was waited for came while spinning: it is worth more time.
    func noteSuccess() {
        if pace != .patient { Self.budget = min(Self.longest, Self.budget + Self.budget / 4) }
    }

    /// How many nanoseconds a patient wait took in all, and whether it was in vain: was spinning worth it, or would have been?
    static func note(waited: UInt64, inVain: Bool) {
        patience =
            !inVain && waited < longestPatience + wakeUp
            ? min(longestPatience, patience + patience / 4) : max(shortest, patience - patience / 8)
    }

    // Looking at all slots is for now and then, not for each wait of a contended lock.
    nonisolated(unsafe) private static var counting = Occasionally(pause: 200_000)
    nonisolated(unsafe) private static var hadIdleProcessor = true

    private static var hasIdleProcessor: Bool {
        counting.run { hadIdleProcessor = countRunning() }
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
