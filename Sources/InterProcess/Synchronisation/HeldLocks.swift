// The locks a process holds, as its slot tells: who asks what a process holds, or what a dead
// one held, looks here.
//
// Layout: 64 × {object (arena offset), script line} in the slot.
//
// Invariant: an entry is written before its lock is taken and cleared after it is given back.
// The lock's own word decides who owns it; an entry alone says nothing.
//
// A crash leaves: the entries, for the sweep.

enum HeldLocks {
    /// Notes that this process is about to take a lock. Returns the entry, or nil beyond 64.
    static func begin(_ object: SharedObject) -> Int? {
        if let entry = freeEntry(for: object) { return entry }
        // Locks that other processes have given back for us are still listed.
        for index in 0..<Slot.heldLocksCount {
            let entry = Slot.mine.heldLock(index).object
            if !LockStorage(SharedObject(offset: entry.relaxed())).isMine { entry.store(0) }
        }
        return freeEntry(for: object)
    }

    private static func freeEntry(for object: SharedObject) -> Int? {
        let slot = Slot.mine
        for index in 0..<Slot.heldLocksCount {
            let entry = slot.heldLock(index).object
            if entry.relaxed() == 0 || entry.relaxed() == object.offset {
                entry.store(object.offset)
                return index
            }
        }
        return nil
    }

    static func end(_ entry: Int?) {
        if let entry { Slot.mine.heldLock(entry).object.store(0) }
    }

    /// Notes that this process has given a lock back.
    static func end(_ object: SharedObject) {
        let slot = Slot.mine
        for index in 0..<Slot.heldLocksCount {
            let entry = slot.heldLock(index).object
            if entry.relaxed() == object.offset {
                entry.store(0)
                return
            }
        }
    }

    /// A forked child holds nothing.
    static func clear(_ slot: Slot) {
        for index in 0..<Slot.heldLocksCount { slot.heldLock(index).object.storeRelaxed(0) }
    }

    /// Writes into the locks of a dead process who held them.
    static func noteDeath(_ slot: Slot) {
        for index in 0..<Slot.heldLocksCount {
            let offset = slot.heldLock(index).object.load()
            guard offset != 0 else { continue }
            let object = SharedObject(offset: offset)
            if object.kind == .lock { LockStorage(object).noteDeath(of: slot.ref, slot.currentRecord) }
        }
        clear(slot)
    }
}
