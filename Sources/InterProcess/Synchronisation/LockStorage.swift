// Locks of the user: one word, no inner mutex.
//
// Layout, in a shared object of kind `lock`:
//
//     48    wait list of those who want it
//     64    owner (ProcessRef), 0 = free; bit 0: held for the length of one operation only
//     72    the owner's own: depth, for recursive locks | entry of the slot that lists it + 1 << 32
//     80    flags
//     128   what is known of an owner that died: pid · exit code, known bit as in ProcessRecord ·
//           length of name · name (32 bytes) · 184 which owner that was (ProcessRef)
//     192   hints about who will see that the lock is free: who spins for it (ProcessRef) · the node that
//           was woken last · 208 when somebody was woken last, by Clock.coarse
//
// Invariants: taking is one compare-and-swap from free (or from a dead owner, where that is
// allowed), giving back one to 0. The owner's slot lists the lock before it is taken and
// until after it is given back, so the sweep finds every lock a dead process held.
//
// A crash leaves: an owner that is dead. Whoever wants the lock sees that at once, by the
// owner's lifeline, and afterwards by its generation; the sweep writes down who it was. An owner
// that held it for one operation leaves nothing to tell: the operation is done or not done, and the
// lock as good as free.

import CInterProcess
import Glibc

/// A lock that users see, recursive or not.
public struct LockStorage {
    /// The object of kind `lock`.
    public let object: SharedObject

    /// The lock that an object is.
    ///
    /// - Parameter object: of kind `lock`.
    public init(_ object: SharedObject) { self.object = object }

    /// What becomes of the lock when its owner dies.
    public enum OwnerDeath: UInt64, Sendable {
        /// Acquiring fails and names the dead, until somebody recovers or releases the lock.
        case report = 0
        /// It counts as released.
        case release = 1
        /// It stays taken for ever.
        case hang = 2
    }

    /// How an attempt to acquire ended.
    public enum Outcome {
        /// It is held now.
        case acquired
        /// Acquired from a dead owner (`OwnerDeath.release`).
        case inherited
        /// Somebody has it, and the time to wait is over.
        case timedOut
        /// Ctrl-C, a signal's handler that failed, or a deadlock.
        case interrupted
        /// Its owner died, and it is not free (``OwnerDeath/report``).
        case ownerDied
    }

    /// Why a release was refused.
    public enum ReleaseFailure: Error {
        /// Nobody holds it.
        case notAcquired
        /// It is recursive, and another process holds it.
        case notOwner
    }

    private static let recursiveFlag: UInt64 = 1
    private static let deathShift: UInt64 = 1
    // Of the owner word.
    static let briefBit: UInt64 = 1
    // Of the owner's own word, which nobody else reads but to show the depth.
    private static let depthMask: UInt64 = 0xffff_ffff
    private static let entryShift: UInt64 = 32

    var waiters: WaitList { object.waitList(at: 48) }
    var owner: SharedWord { object.word(64) }
    private var ownersOwn: SharedWord { object.word(72) }
    private var flags: SharedWord { object.word(80) }

    /// Makes a free lock that this process holds a reference to.
    ///
    /// - Parameters:
    ///   - isRecursive: its owner may take it again, and only the owner may give it back.
    ///   - onOwnerDeath: what becomes of it when its owner dies.
    ///   - name: for diagnostics.
    ///   - place: the script line that makes it.
    public static func create(
        isRecursive: Bool, onOwnerDeath: OwnerDeath = .report, name: String? = nil, place: UInt64 = 0
    ) throws(SharedMemoryExhausted) -> LockStorage {
        let object = try HandleTable.create(.lock, name: name, place: place) { object in
            LockStorage(object).flags.storeRelaxed(
                (isRecursive ? recursiveFlag : 0) | onOwnerDeath.rawValue << deathShift)
        }
        return LockStorage(object)
    }

    /// Whether its owner may take it again.
    public var isRecursive: Bool { flags.relaxed() & Self.recursiveFlag != 0 }
    /// What becomes of it when its owner dies.
    public var onOwnerDeath: OwnerDeath {
        OwnerDeath(rawValue: flags.relaxed() >> Self.deathShift) ?? .report
    }

    /// Whether some process holds it, dead or alive.
    public var isLocked: Bool { owner.load() != 0 }
    /// Whether a live process holds it.
    public var isHeldByLiving: Bool { ownerRef.isAlive }
    /// Whether this process holds it.
    @inline(__always)
    public var isMine: Bool { owner.relaxed() == ProcessRef.current.rawValue }
    /// How often its owner has acquired it.
    public var count: Int { isLocked ? Int(ownersOwn.relaxed() & Self.depthMask) : 0 }

    /// Name and pid of the process that holds it.
    public var holder: (name: String, pid: pid_t)? {
        let ref = ownerRef
        guard ref != .none else { return nil }
        guard ref.isAlive, let record = ref.slot.currentRecord else {
            let culprit = culprit
            return (culprit.name, culprit.pid)
        }
        return (record.name, record.pid)
    }

    /// Who holds it, dead or alive.
    var ownerRef: ProcessRef { ProcessRef(rawValue: owner.load() & ~Self.briefBit) }

    /// Whether that process holds the lock and lists it in that entry of its slot.
    func isListed(in entry: Int, of process: ProcessRef) -> Bool {
        owner.load() == process.rawValue && ownersOwn.relaxed() >> Self.entryShift == UInt64(entry + 1)
    }

    @inline(__always)
    private func noteTaken(listedIn entry: Int) {
        ownersOwn.storeRelaxed(1 | UInt64(entry + 1) << Self.entryShift)
    }

    /// Takes the lock if it is free, and if that takes no more than a moment.
    ///
    /// - Parameter place: the script line that takes it, for reports; 0 = unknown.
    /// - Returns: whether it is held now. If not, ``acquire(until:place:)`` may do.
    @inline(__always)
    public func acquireQuickly(place: UInt64) -> Bool {
        guard owner.relaxed() == 0 else { return false }
        let entry = HeldLocks.list(object, place)
        guard entry != HeldLocks.none else { return false }
        guard owner.compareExchange(0, ProcessRef.current.rawValue) else {
            HeldLocks.unlist(entry)
            return false
        }
        noteTaken(listedIn: entry)
        return true
    }

    /// Takes the lock, waiting until the deadline.
    ///
    /// - Parameters:
    ///   - deadline: until when it waits.
    ///   - place: the script line that takes it, for reports; 0 = unknown.
    public func acquire(until deadline: Deadline, place: UInt64 = 0) -> Outcome {
        acquireQuickly(place: place) ? .acquired : acquireSlowly(until: deadline, place)
    }

    private func acquireSlowly(until deadline: Deadline, _ place: UInt64) -> Outcome {
        if isMine, isRecursive {
            ownersOwn.storeRelaxed(ownersOwn.relaxed() + 1)
            return .acquired
        }
        let entry = HeldLocks.reserve(for: object, place)
        var predecessor: UInt64 = 0
        let outcome = contend(ProcessRef.current.rawValue, until: deadline, &predecessor)
        switch outcome {
        case .acquired, .inherited:
            HeldLocks.confirm(entry)
            noteTaken(listedIn: entry)
        case .timedOut, .interrupted, .ownerDied: HeldLocks.free(entry)
        }
        return outcome
    }

    /// Brings `me` into the owner word.
    ///
    /// - Parameter predecessor: whom the lock was inherited from.
    private func contend(_ me: UInt64, until deadline: Deadline, _ predecessor: inout UInt64) -> Outcome {
        var outcome = tryAcquire(me, &predecessor)
        if outcome != .timedOut { return outcome }
        var set = WaitSet(waiters)
        // Where a death changes nothing there is nothing to watch.
        if onOwnerDeath != .hang {
            set.processes = { [ownerRef].filter { $0 != .none } }
        }
        set.spinner = spinner
        let owner = owner
        let waited = Waiting.wait(
            Operation(.acquire, on: object), in: &set, until: deadline,
            looksReady: { owner.relaxed() == 0 }, pace: .backingOff
        ) {
            outcome = tryAcquire(me, &predecessor)
            return outcome != .timedOut
        }
        // It gives up: a release may have relied on this process.
        if outcome != .acquired, owner.load() == 0 { wakeNext() }
        return waited == .interrupted ? .interrupted : outcome
    }

    /// One attempt; `timedOut` means taken.
    private func tryAcquire(_ me: UInt64, _ predecessor: inout UInt64) -> Outcome {
        while true {
            let seen = owner.load()
            if seen == 0 {
                guard owner.compareExchange(0, me) else { continue }
                return .acquired
            }
            if ProcessRef(rawValue: seen & ~Self.briefBit).isAlive { return .timedOut }
            if seen & Self.briefBit != 0 {
                guard owner.compareExchange(seen, me) else { continue }
                return .acquired
            }
            switch onOwnerDeath {
            case .report: return .ownerDied
            case .hang: return .timedOut
            case .release:
                guard owner.compareExchange(seen, me) else { continue }
                predecessor = seen
                return .inherited
            }
        }
    }

    /// Gives the lock back if this process holds it, and has acquired it once.
    ///
    /// - Returns: whether that was so. If not, nothing has changed, and ``release()`` may do.
    @inline(__always)
    public func releaseQuickly() -> Bool {
        let state = ownersOwn.relaxed()
        guard isMine, state & Self.depthMask == 1, owner.compareExchange(ProcessRef.current.rawValue, 0)
        else {
            return false
        }
        HeldLocks.unlist(Int(state >> Self.entryShift) - 1)
        if !waiters.isEmpty { wakeNext() }
        return true
    }

    /// Gives the lock back. One that is not recursive may be given back by any process.
    public func release() throws(ReleaseFailure) {
        if !releaseQuickly() { try releaseSlowly() }
    }

    private func releaseSlowly() throws(ReleaseFailure) {
        if isRecursive {
            guard isMine else { throw .notOwner }
            // Not the last time: that is the fast path's.
            ownersOwn.storeRelaxed(ownersOwn.relaxed() - 1)
            return
        }
        // Somebody else's: it stays listed there until its slot needs the entry.
        let seen = owner.load()
        // Held for an operation, it was not acquired.
        guard seen != 0, seen & Self.briefBit == 0, owner.compareExchange(seen, 0) else { throw .notAcquired }
        if !waiters.isEmpty { wakeNext() }
    }

    // MARK: Waking

    private var spinner: SharedWord { object.word(192) }
    private var lastWoken: SharedWord { object.word(200) }
    private var wokenAt: SharedWord { object.word(208) }
    /// How long releases rely on those who are awake, in nanoseconds: until the coarse clock has ticked.
    private static let longestReliance: UInt64 = 1_000_000

    /// The lock has become free, and somebody sleeps for it: wakes who has done so longest, unless one who is awake will see
    /// it. Waking takes as long as twenty short holds, and being woken as long as a thousand.
    ///
    /// One who spins says so, takes that back before it goes to sleep, and tries once more when it is in the list. One that was
    /// woken tries after it has taken its node out. So either it finds the lock free, or taken by somebody who will give it
    /// back; one that gives up looks whether somebody relied on it. The time limit is for those who were stopped meanwhile, and
    /// for the patience of the others.
    @inline(never)
    private func wakeNext() {
        let now = Clock.coarse
        if now < wokenAt.relaxed() + Self.longestReliance,
            ProcessRef(rawValue: spinner.load()).isAlive
                || WaitNode.identified(lastWoken.relaxed())?.isOnItsWay(from: waiters) == true
        {
            return
        }
        if let node = waiters.wakeOne() {
            lastWoken.storeRelaxed(node.id)
            wokenAt.storeRelaxed(now)
        }
    }

    /// Runs `body`, one operation on what the lock guards, holding the lock: as part of what this process does already if
    /// it has the lock, else for that long. A death inside leaves the lock free; who died holding the lock before is still
    /// the next owner's to be told of.
    public func withBriefHold<Result>(_ body: () -> Result) -> (outcome: Outcome, result: Result?) {
        let me = ProcessRef.current.rawValue
        if owner.relaxed() == me { return (.acquired, body()) }
        var predecessor: UInt64 = 0
        if !owner.compareExchange(0, me | Self.briefBit) {
            let outcome = contend(me | Self.briefBit, until: .never, &predecessor)
            if outcome != .acquired, outcome != .inherited { return (outcome, nil) }
        }
        let result = body()
        _ = owner.compareExchange(me | Self.briefBit, predecessor)
        if !waiters.isEmpty { wakeNext() }
        return (.acquired, result)
    }

    /// Gives the lock back whatever its depth. The caller holds it.
    /// - Returns: the depth, for `restore(depth:)`.
    func releaseCompletely() -> UInt64 {
        let state = ownersOwn.relaxed()
        ownersOwn.storeRelaxed(state & ~Self.depthMask | 1)
        // Held by this process alone, it cannot fail.
        try? release()
        return state & Self.depthMask
    }

    /// After the lock was taken again: as deep as before.
    func restore(depth: UInt64) {
        ownersOwn.storeRelaxed(ownersOwn.relaxed() & ~Self.depthMask | depth)
    }
}
