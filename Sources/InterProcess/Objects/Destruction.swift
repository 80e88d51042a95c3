// Destruction: what happens to an object that nobody owns any more.
//
// Layout: condemned objects form a list through their `nextInList`, starting in the arena's header.
//
// Invariant: giving up the last share and entering the list is one transaction; so is going
// from the list into the hand of the process that destroys it.
//
// A crash leaves: objects in the list, which the next process to destroy something takes, and
// at most one in the hand of the dead, which the sweep finishes. Every step of finishing is
// whole, so it can be taken up after any of them.

/// Destroys objects. A queue may hold the last handle of another queue, and that of a third:
/// the list makes a loop of what would be a recursion.
enum Destruction {
    nonisolated(unsafe) private static var isRunning = false

    /// Adds to the transaction in which `object` lost its last owner. Under the object lock.
    static func condemn(_ object: SharedObject, _ change: inout Transaction) {
        let list = ArenaHeader.shared.condemnedObjects
        change.set(object.nextInList, list.relaxed())
        change.set(list, UInt64(object.index + 1))
    }

    /// Destroys all condemned objects.
    static func run() {
        guard !isRunning else { return }
        isRunning = true
        defer { isRunning = false }
        while let entry = takeCondemned() { Hand.release(entry) }
    }

    private static func takeCondemned() -> SharedWord? {
        let header = ArenaHeader.shared
        guard header.condemnedObjects.load() != 0 else { return nil }
        header.objectLock.lock()
        defer { header.objectLock.unlock() }
        let first = header.condemnedObjects.relaxed()
        guard first != 0 else { return nil }
        let object = SharedObject(index: Int(first - 1))
        let hand = Hand.freeWord
        var change = Transaction(under: header.objectLock)
        change.set(header.condemnedObjects, object.nextInList.relaxed())
        change.set(hand, object.offset | Hand.Tag.object.rawValue)
        change.commit()
        return hand
    }

    /// Gives back what the object owns, piece by piece, then its place in the table.
    ///
    /// - Parameter entry: the word of some process's hand that holds the object.
    static func finish(_ object: SharedObject, heldBy entry: SharedWord) {
        switch object.kind {
        case .process: ProcessRecord(object).destroyContents()
        case .queue: QueueStorage(object).destroyContents()
        case .pipe: PipeStorage(object).destroyContents()
        case .pipeEnd: PipeEnd(object).destroyContents()
        case .condition: ConditionStorage(object).destroyContents()
        case .barrier: BarrierStorage(object).destroyContents()
        case .array: ArrayStorage(object).destroyContents()
        case .list: ListStorage(object).destroyContents()
        case .dictionary: DictionaryStorage(object).destroyContents()
        case .segment: SegmentStorage(object).destroyContents()
        case .lock, .semaphore, .event, .free: break
        }
        if object.nameBlock.relaxed() != 0 { SharedHeap.free(object.nameBlock) }
        let header = ArenaHeader.shared
        header.objectLock.lock()
        // Somebody who died doing this may have come as far as that; taking the lock over has settled it.
        guard entry.relaxed() != 0 else { return header.objectLock.unlock() }
        var change = Transaction(under: header.objectLock)
        change.set(object.identity, SharedObject.identityValue(object.generation + 1, .free))
        change.set(object.nextInList, header.freeObjects.relaxed())
        change.set(header.freeObjects, UInt64(object.index + 1))
        change.set(header.objectsAlive, header.objectsAlive.relaxed() - 1)
        change.set(entry, 0)
        change.commit()
        header.objectLock.unlock()
    }
}
