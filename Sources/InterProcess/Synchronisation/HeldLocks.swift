// What a process holds, as its slot tells: who asks what a process holds, or what a dead one held, looks here.
//
// Layout: 64 × {handle of the object, script line that took it} in the slot. Which entries are in use, only their process
// knows.
//
// Invariants: the entry of a lock is written before the lock is taken and cleared after it is given back. The lock's own
// word decides who owns it; an entry alone says nothing. The entry of a semaphore stands for one permit of it; both
// change in one transaction. An entry names an object for ever: what was dropped while it was held is not mistaken for
// what came to its place.
//
// A crash leaves: the entries, for the sweep.

/// The locks and permits that this process holds.
enum HeldLocks {
    /// No entry: a process that holds more than 64 things has none for the rest.
    static let none = -1

    /// A bit for each entry that is not in use.
    nonisolated(unsafe) private static var free: UInt64 = .max
    /// A bit for each entry that is in use for something this process is about to take.
    nonisolated(unsafe) private static var pending: UInt64 = 0

    /// Notes that this process is about to take a lock, and where. Returns the entry; `none` if there is none to be had
    /// without looking for it, as `reserve` does.
    @inline(__always)
    static func list(_ object: SharedObject, _ place: UInt64) -> Int {
        guard free != 0 else { return none }
        let entry = free.trailingZeroBitCount
        let listing = Slot.mine.heldLock(entry)
        listing.place.storeRelaxed(place)
        listing.object.store(object.handle.rawValue)
        free &= free &- 1
        return entry
    }

    /// Notes that this process has given a lock back.
    @inline(__always)
    static func unlist(_ entry: Int) {
        guard entry != none else { return }
        word(entry).store(0)
        free |= 1 &<< UInt64(entry)
    }

    /// An entry to be used after a wait, in which code of the script may take other things.
    static func reserve(for object: SharedObject? = nil, _ place: UInt64) -> Int {
        if free == 0 { dropStale() }
        guard free != 0 else { return none }
        let entry = free.trailingZeroBitCount
        let listing = Slot.mine.heldLock(entry)
        listing.place.storeRelaxed(place)
        if let object { listing.object.store(object.handle.rawValue) }
        free &= free &- 1
        pending |= 1 << UInt64(entry)
        return entry
    }

    /// What the entry was reserved for has been taken.
    static func confirm(_ entry: Int) {
        if entry != none { pending &= ~(1 << UInt64(entry)) }
    }

    /// Lets go of a reserved entry, or of one that a transaction has cleared.
    static func free(_ entry: Int) {
        confirm(entry)
        unlist(entry)
    }

    /// The word of an entry of this process.
    @inline(__always)
    static func word(_ entry: Int) -> SharedWord { Slot.mine.heldLock(entry).object }

    /// What a process holds, and where its script took it. For a report: by the time it is read it may be otherwise.
    static func held(by slot: Slot) -> [(object: SharedObject, place: UInt64)] {
        let ref = slot.ref
        return (0..<Slot.heldLocksCount).compactMap { entry in
            let (word, place) = slot.heldLock(entry)
            guard let object = object(in: word) else { return nil }
            // Listed, but not taken yet.
            if object.kind == .lock, !LockStorage(object).isListed(in: entry, of: ref) { return nil }
            return (object, place.load())
        }
    }

    /// A forked child holds nothing.
    static func becomeChild() {
        free = .max
        pending = 0
    }

    private static func object(in word: SharedWord) -> SharedObject? {
        let value = word.load()
        return value == 0 ? nil : Handle(rawValue: value).object
    }

    /// Locks that other processes have given back for us, and what is gone, are still listed.
    private static func dropStale() {
        for entry in 0..<Slot.heldLocksCount where pending & 1 << UInt64(entry) == 0 {
            switch object(in: word(entry)) {
            case let object? where object.kind == .semaphore: break
            case let object?
            where object.kind == .lock && LockStorage(object).isListed(in: entry, of: .current): break
            default: unlist(entry)
            }
        }
    }

    /// Does for a dead process what it cannot do any more: says in its locks who held them, gives its permits back.
    static func settle(_ slot: Slot) {
        for entry in 0..<Slot.heldLocksCount {
            let word = slot.heldLock(entry).object
            if let object = object(in: word) {
                switch object.kind {
                case .lock: LockStorage(object).noteDeath(of: slot.ref, slot.currentRecord)
                case .semaphore: SemaphoreStorage(object).giveBack(permit: word)
                default: break
                }
            }
            word.store(0)
        }
    }
}
