// What a process holds, as its slot tells: who asks what a process holds, or what a dead one held, looks here.
//
// Layout: 64 × {object (arena offset), script line} in the slot. Which entries are in use, only their process knows.
//
// Invariants: the entry of a lock is written before the lock is taken and cleared after it is given back. The lock's own
// word decides who owns it; an entry alone says nothing. The entry of a semaphore stands for one permit of it; both
// change in one transaction.
//
// A crash leaves: the entries, for the sweep.

/// The locks and permits that this process holds.
enum HeldLocks {
    /// No entry: a process that holds more than 64 things has none for the rest.
    static let none = -1

    /// A bit for each entry not in use.
    nonisolated(unsafe) private static var free: UInt64 = .max

    /// Notes that this process is about to take a lock. Returns the entry.
    @inline(__always)
    static func begin(_ object: SharedObject) -> Int {
        if free == 0 { dropStale() }
        guard free != 0 else { return none }
        let entry = free.trailingZeroBitCount
        word(entry).store(object.offset)
        free &= free &- 1
        return entry
    }

    /// Notes that this process has given a lock back.
    @inline(__always)
    static func end(_ entry: Int) {
        guard entry != none else { return }
        word(entry).store(0)
        free |= 1 << UInt64(entry)
    }

    /// A free entry for a permit, to be written by the transaction that takes it.
    static func reserve() -> Int {
        if free == 0 { dropStale() }
        guard free != 0 else { return none }
        let entry = free.trailingZeroBitCount
        free &= free &- 1
        return entry
    }

    /// Lets go of an entry that a transaction has cleared, or never wrote.
    static func giveBack(_ entry: Int) {
        if entry != none { free |= 1 << UInt64(entry) }
    }

    /// The word of an entry of this process.
    @inline(__always)
    static func word(_ entry: Int) -> SharedWord { Slot.mine.heldLock(entry).object }

    /// A forked child holds nothing.
    static func becomeChild() { free = .max }

    /// Locks that other processes have given back for us are still listed.
    private static func dropStale() {
        for entry in 0..<Slot.heldLocksCount {
            let object = SharedObject(offset: word(entry).relaxed())
            if object.kind == .semaphore { continue }
            if object.kind != .lock || !LockStorage(object).isListed(in: entry) { end(entry) }
        }
    }

    /// Does for a dead process what it cannot do any more: says in its locks who held them, gives its permits back.
    static func settle(_ slot: Slot) {
        for entry in 0..<Slot.heldLocksCount {
            let word = slot.heldLock(entry).object
            let offset = word.load()
            guard offset != 0 else { continue }
            let object = SharedObject(offset: offset)
            switch object.kind {
            case .lock: LockStorage(object).noteDeath(of: slot.ref, slot.currentRecord)
            case .semaphore: SemaphoreStorage(object).giveBack(permit: word)
            default: break
            }
            word.store(0)
        }
    }
}
