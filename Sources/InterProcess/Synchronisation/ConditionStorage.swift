// Condition variables.
//
// Layout, in a shared object of kind `condition`:
//
//     48    wait list of those who wait to be notified
//     64    its lock (handle entry: owns a share)
//
// Invariants: a process enters the list while it holds the lock, and a turn that the list grants is its
// notification. A notification is its sleeper's when the sleeper has left the list; until then death, Ctrl-C
// and the end of its time give it to the next.
//
// A crash leaves: a node of the dead, as with every wait list (WaitList), or a lock whose owner died. The
// notification of a process that dies before it runs goes to another.

/// What processes wait for that others tell them about, under a lock.
public struct ConditionStorage {
    /// The object of kind `condition`.
    public let object: SharedObject

    /// The condition that an object is.
    ///
    /// - Parameter object: of kind `condition`.
    public init(_ object: SharedObject) { self.object = object }

    /// How waiting ended.
    public enum Outcome {
        /// The lock is held again, as after `timedOut`.
        case notified
        /// The time to wait is over.
        case timedOut
        /// The lock is held if it was free.
        case interrupted
        /// The lock cannot be taken again: its owner died.
        case ownerDied
    }

    private var waiters: WaitList { object.waitList(at: 48) }
    private var lockShare: SharedWord { object.word(64) }

    /// Makes a condition that this process holds a reference to.
    ///
    /// - Parameters:
    ///   - lock: what its users hold; the condition keeps it alive.
    ///   - name: for diagnostics.
    ///   - place: the script line that makes it; 0 = unknown.
    public static func create(_ lock: LockStorage, name: String? = nil, place: UInt64 = 0)
        throws(SharedMemoryExhausted) -> ConditionStorage
    {
        let condition = ConditionStorage(
            try HandleTable.create(.condition, name: name, place: place) { _ in })
        // The caller holds the lock's object: it cannot be gone.
        _ = HandleTable.own(lock.object.handle, in: condition.lockShare)
        return condition
    }

    func destroyContents() { HandleTable.disown(lockShare) }

    /// The lock that guards what the condition is about.
    public var lock: LockStorage {
        LockStorage(SharedObject(index: HandleTable.handle(in: lockShare).unsafelyUnwrapped.index))
    }

    /// Lets go of the lock, which this process holds, waits to be notified and takes the lock again.
    ///
    /// - Parameters:
    ///   - deadline: until when it waits to be notified; taking the lock again may take longer.
    ///   - inherited: set if the lock was taken over from a process that died holding it.
    public func wait(until deadline: Deadline, inherited: inout Bool) -> Outcome {
        let lock = lock
        var depth: UInt64?
        let letGo = { depth = lock.releaseCompletely() }
        var outcome = Outcome.timedOut
        if deadline.isNow {
            letGo()
        } else {
            // In the list before the lock is free: whoever has it next can notify us.
            switch Waiting.waitForTurn(
                Operation(.waitCondition, on: object), in: waiters, until: deadline, onceListed: letGo)
            {
            case .ready: outcome = .notified
            case .timedOut: outcome = .timedOut
            case .interrupted: outcome = .interrupted
            }
        }
        // Interrupted before it was in the list.
        guard let depth else { return outcome }
        // Who is interrupted takes what it gets: its error is more urgent.
        let isUrgent = if case .interrupted = outcome { true } else { false }
        switch lock.acquire(
            until: isUrgent ? .now : .never,
            place: DeadlockDetector.notesPlaces ? Operation.currentPlace() : 0)
        {
        case .acquired: lock.restore(depth: depth)
        case .inherited:
            lock.restore(depth: depth)
            inherited = true
        case .ownerDied: return .ownerDied
        case .interrupted: return .interrupted
        case .timedOut: break
        }
        return outcome
    }

    /// Notifies the `count` processes that have waited longest, or as many as there are. The caller holds the lock. It does
    /// not wait for them.
    public func notify(_ count: Int) {
        waiters.wake(count)
    }

    /// Notifies all who wait now.
    public func notifyAll() { waiters.wakeAll() }
}
