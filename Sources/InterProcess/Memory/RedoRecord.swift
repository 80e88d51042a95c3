// Redo records: how a change of several words becomes all or nothing.
//
// Layout, in the slot of the process that makes the change:
//
//     0    the mutex it is made under (arena offset)
//     8    how many words follow; not zero = committed
//     16   (word's arena offset, new value) × count
//
// The writer fills the pairs, stores the count — that store is the commit —, applies
// them, stores zero, and only then unlocks. Values are absolute, so applying twice
// does no harm.
//
// The words are applied in the order in which they were set. Where somebody reads some of them
// without the mutex, they are set in the order of publication: first what a word announces, then
// the word.
//
// Invariant: a committed record whose process is dead names a mutex that this process
// held when it died. Whoever holds that mutex next applies the record first
// (`RobustMutex.lock`), so nobody ever sees the words half changed.
//
// A crash leaves: before the commit, nothing; after it, a record to apply. The slot is
// not reused while it has one.

struct RedoRecord {
    /// Bytes of one record in a slot.
    static let size = 512
    static let capacity = (size - 16) / 16

    /// A process may hold the lock of an object and, inside, that of the heap; each level has its record.
    enum Level: Int {
        case object = 0
        case heap = 1
    }

    let base: UnsafeMutableRawPointer

    var lock: SharedWord { SharedWord(base) }
    var count: SharedWord { SharedWord(base + 8) }
    var isCommitted: Bool { count.load() != 0 }

    @inline(__always)
    private func pair(_ index: Int) -> UnsafeMutablePointer<UInt64> {
        (base + 16 + index * 16).assumingMemoryBound(to: UInt64.self)
    }

    @inline(__always)
    func set(_ index: Int, _ word: SharedWord, _ value: UInt64) {
        let pair = pair(index)
        pair[0] = word.offset
        pair[1] = value
    }

    /// Makes the recorded changes and forgets them. The caller holds the record's mutex.
    @inline(__always)
    func apply(_ words: Int) {
        for index in 0..<words {
            let pair = pair(index)
            SharedWord(offset: pair[0]).store(pair[1])
        }
        count.store(0)
    }
}

/// A change of several shared words under one mutex, made whole or not at all.
///
/// Words read during the transaction still have their old values; `commit` changes them together.
struct Transaction: ~Copyable {
    private let record: RedoRecord
    private var words = 0

    /// - Parameter lock: the mutex the caller holds that guards the words.
    @inline(__always)
    init(under lock: RobustMutex, level: RedoRecord.Level = .object) {
        record = Slot.mine.redoRecord(level)
        record.lock.storeRelaxed(lock.word.offset)
    }

    @inline(__always)
    mutating func set(_ word: SharedWord, _ value: UInt64) {
        precondition(words < RedoRecord.capacity, "a transaction fits its record")
        record.set(words, word, value)
        words += 1
    }

    @inline(__always)
    consuming func commit() {
        record.count.store(UInt64(words))
        record.apply(words)
    }
}
