// The table of handles a process holds.
//
// Layout: in shared memory, a chain of blocks of 512 words, {next block, 511 handles},
// starting in the slot; 0 is a free entry. In private memory, for each object, how often
// this process refers to it and where its entry is.
//
// Invariants: an object's count of owners is the number of entries (of processes and of
// messages) that name it; both change in one transaction under the object lock. A process has
// one entry at most for an object: so no count changes twice in a transaction about several.
//
// A crash leaves: the entries of the dead, which the sweep gives back one by one.

import Glibc

/// Which shared objects this process owns a share of.
public enum HandleTable {
    private static let entriesPerBlock = 511
    private static let blockBytes = 4096

    /// One for each object of the arena, in private memory that is only touched where used.
    private struct Local {
        var references: UInt32
        var position: UInt32
    }

    nonisolated(unsafe) private static var locals = UnsafeMutablePointer<Local>(bitPattern: 8)
        .unsafelyUnwrapped
    nonisolated(unsafe) private static var blocks = BlockChain()
    nonisolated(unsafe) private static var freePositions: [UInt32] = []
    nonisolated(unsafe) private static var nextPosition: UInt32 = 0
    /// A bit for each kind of which this process has held an object.
    nonisolated(unsafe) private static var kindsHeld: UInt64 = 0
    /// How often this process has given all it holds to a child.
    nonisolated(unsafe) private(set) static var timesCopied: UInt64 = 0

    static func prepare() throws(SystemError) {
        let bytes = Arena.objectCount * MemoryLayout<Local>.stride
        let address = mmap(
            nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let address, address != MAP_FAILED else {
            throw SystemError(code: errno, doing: "mapping the handle table")
        }
        locals = address.assumingMemoryBound(to: Local.self)
    }

    // MARK: Objects of this process

    /// Makes a shared object that this process owns, with one reference.
    ///
    /// - Parameters:
    ///   - kind: what it is.
    ///   - name: for diagnostics.
    ///   - place: the script line that makes it; 0 = unknown.
    ///   - setUp: fills the kind's own words, which are zero; it must not allocate.
    public static func create(
        _ kind: SharedObject.Kind, name: String? = nil, place: UInt64 = 0, setUp: (SharedObject) -> Void
    ) throws(SharedMemoryExhausted) -> SharedObject {
        let position = try takePosition()
        let nameHand: SharedWord?
        do throws(SharedMemoryExhausted) {
            nameHand = try allocateName(name)
        } catch {
            freePositions.append(position)
            throw error
        }
        let header = ArenaHeader.shared
        header.objectLock.lock()
        let free = header.freeObjects.relaxed()
        let fresh = header.nextFreshObject.relaxed()
        guard free != 0 || fresh < mostObjects else {
            header.objectLock.unlock()
            if let nameHand { SharedHeap.free(nameHand) }
            freePositions.append(position)
            throw SharedMemoryExhausted(requested: Arena.objectSize, budget: Int(header.budget.relaxed()))
        }
        let object = SharedObject(index: Int(free != 0 ? free - 1 : fresh))
        let nextFree = object.nextInList.relaxed()
        // All but the wait lock, which stays a lock for whoever comes late to the object that was here before.
        for offset in stride(from: 24, to: Arena.objectSize, by: 8)
        where offset != SharedObject.waitLockOffset {
            object.word(offset).storeRelaxed(0)
        }
        object.placeWord.storeRelaxed(place)
        setUp(object)

        let handle = Handle(index: object.index, generation: object.generation)
        var change = Transaction(under: header.objectLock)
        if free != 0 {
            change.set(header.freeObjects, nextFree)
        } else {
            change.set(header.nextFreshObject, fresh + 1)
        }
        change.set(header.objectsAlive, header.objectsAlive.relaxed() + 1)
        change.set(header.objectSerial, header.objectSerial.relaxed() + 1)
        change.set(object.serialWord, header.objectSerial.relaxed() + 1)
        change.set(object.identity, SharedObject.identityValue(object.generation, kind))
        change.set(object.owners, 1)
        change.set(entry(position), handle.rawValue | occupied)
        if let nameHand {
            change.set(object.nameBlock, nameHand.relaxed())
            change.set(nameHand, 0)
        }
        change.commit()
        header.objectLock.unlock()
        noteHeld(object, at: position)
        return object
    }

    /// How many objects there may be. Headers and entries are never given back, so they may take half of the budget:
    /// who has made too many objects and dropped them must still have room for messages.
    private static var mostObjects: UInt64 {
        min(UInt64(Arena.objectCount), ArenaHeader.shared.budget.relaxed() / 2 / UInt64(Arena.objectSize + 8))
    }

    private static func noteHeld(_ object: SharedObject, at position: UInt32) {
        locals[object.index] = Local(references: 1, position: position)
        kindsHeld |= object.kind.bit
    }

    /// One more reference of this process to an object it holds.
    public static func retain(_ object: SharedObject) { locals[object.index].references += 1 }

    /// One reference less; with the last one the process gives its share back, and with the
    /// last share of the family the object goes.
    public static func release(_ object: SharedObject) {
        locals[object.index].references -= 1
        guard locals[object.index].references == 0 else { return }
        let position = locals[object.index].position
        disown(entry(position))
        freePositions.append(position)
    }

    /// Whether this process holds the object.
    static func holds(_ object: SharedObject) -> Bool { locals[object.index].references != 0 }

    /// A reference to the object of a handle that came from somewhere.
    ///
    /// - Returns: nil if the object is gone or never was.
    public static func adopt(_ handle: Handle) throws(SharedMemoryExhausted) -> SharedObject? {
        if let object = handle.object, holds(object) {
            retain(object)
            return object
        }
        let position = try takePosition()
        let header = ArenaHeader.shared
        header.objectLock.lock()
        guard let object = handle.object, object.owners.relaxed() != 0 else {
            header.objectLock.unlock()
            freePositions.append(position)
            return nil
        }
        var change = Transaction(under: header.objectLock)
        change.set(object.owners, object.owners.relaxed() + 1)
        change.set(entry(position), handle.rawValue | occupied)
        change.commit()
        header.objectLock.unlock()
        noteHeld(object, at: position)
        return object
    }

    // MARK: Entries

    /// Set in every entry in use, so that the handle of object 0, generation 0 is not "free".
    private static let occupied: UInt64 = 1 << 63

    /// Makes `entry` own a share of the object of `handle`.
    /// - Returns: false if the object is gone.
    static func own(_ handle: Handle, in entry: SharedWord) -> Bool {
        let header = ArenaHeader.shared
        header.objectLock.lock()
        defer { header.objectLock.unlock() }
        guard let object = handle.object, object.owners.relaxed() != 0 else { return false }
        var change = Transaction(under: header.objectLock)
        change.set(object.owners, object.owners.relaxed() + 1)
        change.set(entry, handle.rawValue | occupied)
        change.commit()
        return true
    }

    /// What `entry` owns a share of.
    static func handle(in entry: SharedWord) -> Handle? {
        let value = entry.relaxed()
        return value == 0 ? nil : Handle(rawValue: value & ~occupied)
    }

    /// Gives back the share that `entry` owns and clears it; the last one destroys the object.
    static func disown(_ entry: SharedWord) {
        let value = entry.relaxed()
        guard value != 0 else { return }
        let object = SharedObject(index: Handle(rawValue: value & ~occupied).index)
        // While there is a share its words can be read.
        let pipeEnd = object.kind == .pipeEnd ? PipeEnd(object).nameOfEnd : nil
        let header = ArenaHeader.shared
        header.objectLock.lock()
        // Taking the lock over may have settled the record of a process that died over this very entry.
        guard entry.relaxed() == value else { return header.objectLock.unlock() }
        let owners = object.owners.relaxed() - 1
        var change = Transaction(under: header.objectLock)
        change.set(entry, 0)
        change.set(object.owners, owners)
        if owners == 0 { Destruction.condemn(object, &change) }
        change.commit()
        header.objectLock.unlock()
        if owners == 0 { Destruction.run() }
        if let pipeEnd { PipeEnd.ownerLeft(pipeEnd) }
    }

    /// The same for entries of a block from number `index` on, as many as fit into one transaction.
    private static func disownSome(of block: UInt64, from index: inout Int) {
        let lock = ArenaHeader.shared.objectLock
        lock.lock()
        var change = Transaction(under: lock)
        // Two words each.
        var room = RedoRecord.capacity / 2
        var special: SharedWord?
        while index <= entriesPerBlock, room > 0, special == nil {
            let entry = SharedWord(offset: block + UInt64(index * 8))
            index += 1
            let value = entry.relaxed()
            if value == 0 { continue }
            let object = SharedObject(index: Handle(rawValue: value & ~occupied).index)
            let owners = object.owners.relaxed()
            // With more to be done than to count.
            if owners == 1 || object.kind == .pipeEnd {
                special = entry
                continue
            }
            change.set(entry, 0)
            change.set(object.owners, owners - 1)
            room -= 1
        }
        change.commit()
        lock.unlock()
        if let special { disown(special) }
    }

    private static func entry(_ position: UInt32) -> SharedWord {
        let block = blocks[Int(position) / entriesPerBlock]
        return SharedWord(offset: block + UInt64(1 + Int(position) % entriesPerBlock) * 8)
    }

    private static func takePosition() throws(SharedMemoryExhausted) -> UInt32 {
        if let position = freePositions.popLast() { return position }
        if Int(nextPosition) == blocks.count * entriesPerBlock {
            let link = blocks.last.map { SharedWord(offset: $0) } ?? Slot.mine.heldHandles
            blocks.append(try addBlock(to: link))
        }
        nextPosition += 1
        return nextPosition - 1
    }

    /// A block of free entries, named by `link` once it is zeroed.
    private static func addBlock(to link: SharedWord) throws(SharedMemoryExhausted) -> UInt64 {
        let hand = Hand.freeWord
        let block = try SharedHeap.allocate(blockBytes, into: hand)
        memset(Arena.pointer(block), 0, blockBytes)
        let lock = ArenaHeader.shared.objectLock
        lock.lock()
        var change = Transaction(under: lock)
        change.set(link, block)
        change.set(hand, 0)
        change.commit()
        lock.unlock()
        return block
    }

    private static func allocateName(_ name: String?) throws(SharedMemoryExhausted) -> SharedWord? {
        guard let name else { return nil }
        let hand = Hand.freeWord
        let length = name.utf8.count
        let block = Arena.pointer(try SharedHeap.allocate(8 + length, into: hand))
        block.storeBytes(of: UInt64(length), as: UInt64.self)
        UnsafeMutableRawBufferPointer(start: block + 8, count: length).copyBytes(from: name.utf8)
        return hand
    }

    // MARK: Fork and death

    /// Gives blocks without a handle at the end of the chain back: what a fork copies follows what is held now, not
    /// what once was.
    private static func trim() {
        let used = Int(nextPosition) - freePositions.count
        guard blocks.count > 1, used < (blocks.count - 1) * entriesPerBlock / 2 else { return }
        while blocks.count > 1, let block = blocks.last, isEmpty(block) {
            blocks.removeLast()
            freeBlock(block, namedBy: SharedWord(offset: blocks[blocks.count - 1]), next: 0)
        }
        nextPosition = min(nextPosition, UInt32(blocks.count * entriesPerBlock))
        // The lowest are handed out first from now on, so that the end becomes empty again.
        freePositions = freePositions.filter { $0 < nextPosition }.sorted(by: >)
    }

    private static func isEmpty(_ block: UInt64) -> Bool {
        (1...entriesPerBlock).allSatisfy { SharedWord(offset: block + UInt64($0 * 8)).relaxed() == 0 }
    }

    /// Takes a block out of a chain and frees it: `link`, which names it, names `next` from now on.
    private static func freeBlock(_ block: UInt64, namedBy link: SharedWord, next: UInt64) {
        let lock = ArenaHeader.shared.objectLock
        let hand = Hand.freeWord
        lock.lock()
        // Taking the lock over may have settled the record of a process that died over this very block.
        guard link.relaxed() == block else { return lock.unlock() }
        var change = Transaction(under: lock)
        change.set(link, next)
        change.set(hand, block)
        change.commit()
        lock.unlock()
        Hand.release(hand)
    }

    /// Gives `slot`, whose process is about to be forked, the same entries at the same positions.
    static func copy(to slot: Slot) throws(SharedMemoryExhausted) {
        trim()
        timesCopied += 1
        let lock = ArenaHeader.shared.objectLock
        var link = slot.heldHandles
        for index in 0..<blocks.count {
            let block = blocks[index]
            let copy = try addBlock(to: link)
            link = SharedWord(offset: copy)
            var entry = 1
            while entry <= entriesPerBlock {
                // As many to a transaction as its record takes: two words each.
                lock.lock()
                var change = Transaction(under: lock)
                var room = RedoRecord.capacity / 2
                while entry <= entriesPerBlock, room > 0 {
                    let value = SharedWord(offset: block + UInt64(entry * 8)).relaxed()
                    if value != 0 {
                        let object = SharedObject(index: Handle(rawValue: value & ~occupied).index)
                        change.set(object.owners, object.owners.relaxed() + 1)
                        change.set(SharedWord(offset: copy + UInt64(entry * 8)), value)
                        room -= 1
                    }
                    entry += 1
                }
                change.commit()
                lock.unlock()
            }
        }
    }

    /// In a forked child: from now on its own entries count, not those of its parent.
    static func becomeCopy() {
        var block = Slot.mine.heldHandles.load()
        for index in 0..<blocks.count {
            blocks[index] = block
            block = SharedWord(offset: block).load()
        }
    }

    /// Gives back this process's shares of all objects of a kind. It will not use them any more.
    static func releaseAll(_ kind: SharedObject.Kind) {
        guard kindsHeld & kind.bit != 0 else { return }
        for position in 0..<nextPosition {
            let entry = entry(position)
            guard let handle = handle(in: entry), SharedObject(index: handle.index).kind == kind else {
                continue
            }
            disown(entry)
        }
    }

    /// Gives back everything a dead process held.
    static func releaseAll(of slot: Slot) {
        let lock = ArenaHeader.shared.objectLock
        // Under the lock: who died adding a block, or taking one out, has done it or has not.
        lock.lock()
        var block = slot.heldHandles.relaxed()
        lock.unlock()
        while block != 0 {
            var index = 1
            while index <= entriesPerBlock { disownSome(of: block, from: &index) }
            let next = SharedWord(offset: block).load()
            freeBlock(block, namedBy: slot.heldHandles, next: next)
            block = next
        }
    }
}

/// The blocks of this process's table, in their order. The first is kept apart from the others, among the variables: most
/// processes have no more, and a child that writes it down copies no page for it.
private struct BlockChain {
    private var first: UInt64 = 0
    private var others: [UInt64] = []

    var count: Int { first == 0 ? 0 : 1 + others.count }
    var last: UInt64? { others.last ?? (first == 0 ? nil : first) }

    subscript(index: Int) -> UInt64 {
        @inline(__always) get { index == 0 ? first : others[index - 1] }
        set { if index == 0 { first = newValue } else { others[index - 1] = newValue } }
    }

    mutating func append(_ block: UInt64) { if first == 0 { first = block } else { others.append(block) } }

    mutating func removeLast() { if others.popLast() == nil { first = 0 } }
}
