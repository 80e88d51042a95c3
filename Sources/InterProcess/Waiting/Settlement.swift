// What a process owes after taking over a mutex from a dead owner.

/// Applies what the dead had committed under a mutex.
enum Settlement {
    /// The caller has just taken `mutex` over. Every committed record of a dead process that
    /// names it is applied. All slots are searched, not only the last owner's: the taker
    /// before us may have been killed before it got here.
    static func settle(_ mutex: RobustMutex) {
        let heapLock = ArenaHeader.shared.heapLock
        for slot in Slot.everUsed {
            apply(slot, .object, under: mutex)
            if mutex.word.offset == heapLock.word.offset {
                apply(slot, .heap, under: mutex)
            } else if slot.redoRecord(.heap).isCommitted, slot.isDead {
                // Killed in the heap with our object locked: words of the object may be in that
                // record. Taking the heap lock over settles it.
                heapLock.lock()
                heapLock.unlock()
            }
        }
    }

    private static func apply(_ slot: Slot, _ level: RedoRecord.Level, under mutex: RobustMutex) {
        let record = slot.redoRecord(level)
        let words = record.count.load()
        guard words != 0, record.lock.load() == mutex.word.offset, slot.isDead else { return }
        record.apply(Int(words))
    }

    /// Whether the process of `slot` has a committed record.
    static func isDue(_ slot: Slot) -> Bool {
        slot.redoRecord(.object).isCommitted || slot.redoRecord(.heap).isCommitted
    }

    /// Makes sure that `slot`, whose process is dead, has no committed record left.
    static func settle(_ slot: Slot) {
        for level in [RedoRecord.Level.object, .heap] {
            let record = slot.redoRecord(level)
            guard record.isCommitted else { continue }
            // Its owner died holding this mutex: locking takes over, and that settles.
            let mutex = RobustMutex(SharedWord(offset: record.lock.load()))
            mutex.lock()
            mutex.unlock()
        }
    }
}
