// Who has taken tasks from a queue and not yet reported them done.
//
// Layout: a block {capacity, entries × 64 bytes}; an entry is {process (ProcessRef), tasks taken
// minus tasks done, pid, length of name, name (32 bytes)}. The balance may be negative: any
// process may report a task done.
//
// Invariants: guarded by the queue's take lock; a balance changes in the transaction that takes
// the message or counts it done. An entry is reused only when its process is dead and its balance 0.
//
// A crash leaves: the entry of the dead with what it had not done.

import Glibc

struct JoinAccounts {
    /// The word of the queue that owns the block.
    let owner: SharedWord

    private static let headerBytes = 64
    private static let entryBytes = 64
    private static let nameBytes = 32

    struct Entry {
        let base: UnsafeMutableRawPointer
        var process: SharedWord { SharedWord(base) }
        var balance: SharedWord { SharedWord(base + 8) }
        var pid: SharedWord { SharedWord(base + 16) }
        var name: String {
            let length = min(Int(SharedWord(base + 24).relaxed()), JoinAccounts.nameBytes)
            return String(decoding: UnsafeRawBufferPointer(start: base + 32, count: length), as: UTF8.self)
        }
        func setName(_ name: String) {
            let bytes = Array(name.utf8.prefix(JoinAccounts.nameBytes))
            SharedWord(base + 24).storeRelaxed(UInt64(bytes.count))
            (base + 32).copyMemory(from: bytes, byteCount: bytes.count)
        }
    }

    private var capacity: Int {
        let block = owner.relaxed()
        return block == 0 ? 0 : Int(SharedWord(offset: block).relaxed())
    }

    var entries: some Sequence<Entry> {
        (0..<capacity).lazy.map { entry($0) }
    }

    // Where this process found its entry last, in whichever queue: most often it is there again.
    nonisolated(unsafe) private static var lastPlace = 0

    private func entry(_ place: Int) -> Entry {
        Entry(base: Arena.pointer(owner.relaxed()) + Self.headerBytes + place * Self.entryBytes)
    }

    private var entryOfCaller: Entry? {
        let me = ProcessRef.current.rawValue
        let capacity = capacity
        if Self.lastPlace < capacity, entry(Self.lastPlace).process.relaxed() == me {
            return entry(Self.lastPlace)
        }
        guard let place = (0..<capacity).first(where: { entry($0).process.relaxed() == me }) else {
            return nil
        }
        Self.lastPlace = place
        return entry(place)
    }

    var hasEntryOfCaller: Bool { entryOfCaller != nil }

    /// Adds to the caller's balance in the transaction.
    func add(_ amount: Int64, _ change: inout Transaction) {
        guard let entry = entryOfCaller else { return }
        change.set(entry.balance, UInt64(bitPattern: Int64(bitPattern: entry.balance.relaxed()) + amount))
    }

    /// Makes an entry for the caller. Returns false if there is no memory for it.
    func addEntryOfCaller(under lock: RobustMutex) -> Bool {
        let isFree = { (entry: Entry) in
            entry.balance.relaxed() == 0 && !ProcessRef(rawValue: entry.process.relaxed()).isAlive
        }
        var entry = entries.first(where: isFree)
        if entry == nil {
            guard grow(under: lock) else { return false }
            entry = entries.first(where: isFree)
        }
        guard let entry else { return false }
        // Not an entry of anybody until the store of the process.
        entry.process.store(0)
        entry.pid.storeRelaxed(UInt64(getpid()))
        entry.setName(Family.currentRecord.name)
        entry.process.store(ProcessRef.current.rawValue)
        return true
    }

    private func grow(under lock: RobustMutex) -> Bool {
        let newCapacity = max(7, capacity * 2 + 1)
        let hand = Hand.freeWord
        let bytes = Self.headerBytes + newCapacity * Self.entryBytes
        guard let block = try? SharedHeap.allocate(bytes, into: hand) else { return false }
        let target = Arena.pointer(block)
        memset(target, 0, bytes)
        let old = owner.relaxed()
        if old != 0 {
            target.copyMemory(
                from: Arena.pointer(old), byteCount: Self.headerBytes + capacity * Self.entryBytes)
        }
        SharedWord(target).storeRelaxed(UInt64(newCapacity))
        var change = Transaction(under: lock)
        change.set(owner, block)
        change.set(hand, old)
        change.commit()
        Hand.release(hand)
        return true
    }

    func free() {
        if owner.relaxed() != 0 { SharedHeap.free(owner) }
    }
}
