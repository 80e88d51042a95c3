// Semaphores.
//
// Layout, in a shared object of kind `semaphore`:
//
//     48    wait list of those who want a permit
//     64    mutex · 72 permits left · 80 the most there may be
//
// Invariants: permits change under the mutex, by one store, or together with an entry of a slot in one
// transaction: a process that takes a permit for the length of a scope lists it, and the permit is then
// given back by that process or by the sweep, never by both.
//
// A crash leaves: the count as before or as after. Listed permits come back with the sweep; others stay
// taken, since nobody can tell who was to give them back.

/// A counter of permits that processes take and give back.
public struct SemaphoreStorage {
    /// The object of kind `semaphore`.
    public let object: SharedObject

    /// The semaphore that an object is.
    ///
    /// - Parameter object: of kind `semaphore`.
    public init(_ object: SharedObject) { self.object = object }

    /// The most permits a semaphore can have, as POSIX has it (SEM_VALUE_MAX).
    public static let largestValue = Int(Int32.max)

    /// A permit that comes back when this process gives it back or dies.
    public struct Permit: BitwiseCopyable, Sendable {
        fileprivate let entry: Int
    }

    private var waiters: WaitList { object.waitList(at: 48) }
    private var mutex: RobustMutex { RobustMutex(object.word(64)) }
    private var permits: SharedWord { object.word(72) }
    private var limit: SharedWord { object.word(80) }

    /// Makes a semaphore that this process holds a reference to.
    ///
    /// - Parameters:
    ///   - value: permits to begin with, 0…`largestValue`.
    ///   - isBounded: it never has more permits than it began with.
    ///   - name: for diagnostics.
    ///   - place: the script line that makes it.
    public static func create(
        value: Int, isBounded: Bool, name: String? = nil, place: UInt64 = 0
    ) throws(SharedMemoryExhausted) -> SemaphoreStorage {
        SemaphoreStorage(
            try HandleTable.create(.semaphore, name: name, place: place) { object in
                let semaphore = SemaphoreStorage(object)
                semaphore.permits.storeRelaxed(UInt64(value))
                semaphore.limit.storeRelaxed(
                    UInt64(isBounded ? value : largestValue) << 1 | (isBounded ? 1 : 0))
            })
    }

    /// Permits left at this instant.
    public var value: Int { Int(permits.load()) }
    /// Whether it never has more permits than it began with.
    public var isBounded: Bool { limit.relaxed() & 1 != 0 }
    /// The most permits there may be.
    public var largestValue: Int { Int(limit.relaxed() >> 1) }

    /// Takes a permit, waiting until the deadline.
    public func acquire(until deadline: Deadline) -> WaitOutcome {
        acquire(until: deadline) { permits.store(permits.relaxed() - 1) }
    }

    /// Takes a permit, waiting until the deadline, that comes back if this process dies. (Beyond 64 locks and permits that
    /// a process holds at a time, it stays taken.)
    public func hold(until deadline: Deadline) -> (outcome: WaitOutcome, permit: Permit?) {
        let entry = HeldLocks.reserve(DeadlockDetector.notesPlaces ? Operation.currentPlace() : 0)
        let outcome = acquire(until: deadline) {
            var change = Transaction(under: mutex)
            change.set(permits, permits.relaxed() - 1)
            if entry != HeldLocks.none { change.set(HeldLocks.word(entry), object.handle.rawValue) }
            change.commit()
        }
        if case .ready = outcome {
            HeldLocks.confirm(entry)
            return (outcome, Permit(entry: entry))
        }
        HeldLocks.free(entry)
        return (outcome, nil)
    }

    /// - Parameter take: takes one, under the mutex.
    private func acquire(until deadline: Deadline, _ take: () -> Void) -> WaitOutcome {
        if attempt(take) { return .ready }
        var set = WaitSet(waiters)
        return Waiting.wait(
            Operation(.acquire, on: object), in: &set, until: deadline,
            looksReady: { permits.relaxed() > 0 }, pace: .backingOff, attempt: { attempt(take) })
    }

    private func attempt(_ take: () -> Void) -> Bool {
        guard permits.load() > 0 else { return false }
        mutex.lock()
        guard permits.relaxed() > 0 else {
            mutex.unlock()
            return false
        }
        take()
        let isMore = permits.relaxed() > 0
        mutex.unlock()
        // Who was woken for the rest may have died or been overtaken: pass it on.
        if isMore, !waiters.isEmpty { waiters.wakeOne() }
        return true
    }

    /// Gives `count` permits back. Returns false, with nothing changed, if there would be more than there may be.
    public func release(_ count: Int = 1) -> Bool {
        mutex.lock()
        let value = permits.relaxed() + UInt64(count)
        guard value <= limit.relaxed() >> 1 else {
            mutex.unlock()
            return false
        }
        permits.store(value)
        mutex.unlock()
        waiters.wake(count)
        return true
    }

    /// Gives back a permit that `hold` gave to this process.
    public func release(_ permit: Permit) -> Bool {
        guard permit.entry != HeldLocks.none else { return release() }
        let isBack = giveBack(permit: HeldLocks.word(permit.entry))
        HeldLocks.free(permit.entry)
        return isBack
    }

    /// Gives back the permit that an entry stands for. There may be as many permits as there can be already, if others
    /// gave back what they had not taken: then it is only forgotten.
    @discardableResult
    func giveBack(permit entry: SharedWord) -> Bool {
        mutex.lock()
        // Taking the mutex over may have settled the record of a process that died over this very entry.
        guard entry.relaxed() != 0 else {
            mutex.unlock()
            return true
        }
        let value = permits.relaxed() + 1
        let fits = value <= limit.relaxed() >> 1
        var change = Transaction(under: mutex)
        if fits { change.set(permits, value) }
        change.set(entry, 0)
        change.commit()
        mutex.unlock()
        if !waiters.isEmpty { waiters.wakeOne() }
        return fits
    }
}
