// Dictionaries: messages found by messages, in the order in which their keys were first put.
//
// Layout, in a shared object of kind `dictionary`:
//
//     64    mutex · 72 contents (ContainerContents), 0 = empty · 80 serial of the next entry · 88 variant
//
// of the contents: 1 entries · 2 first entry · 3 last entry · 4 buckets; the array has the heads of the chains.
// An entry is a block, see DictionaryEntry.
//
// The table grows by linear hashing: with n buckets, 2^k ≤ n < 2^(k+1), an entry is in the bucket of the low k + 1
// bits of its hash if there is such a bucket, else of the low k bits. To add bucket n, one chain, that of bucket
// n - 2^k, is divided between the two. So there is no moment at which the whole table is built anew.
//
// Invariants: everything changes under the mutex; putting, replacing, removing an entry and dividing a chain are
// one transaction each. A chain owns its entries, an entry its value.
//
// A crash leaves: the dictionary as before or as after; blocks that it would not have needed any more in the hand.

/// A table of messages in shared memory, found by messages.
public struct DictionaryStorage {
    /// The object of kind `dictionary`.
    public let object: SharedObject

    /// The dictionary that an object is.
    ///
    /// - Parameter object: of kind `dictionary`.
    public init(_ object: SharedObject) { self.object = object }

    /// What scripts see it as.
    public enum Variant: UInt64, Sendable {
        /// A `dict`: its entries are got by methods and by indexing.
        case dictionary = 0
        /// A `Namespace`: its entries are its fields.
        case namespace
    }

    /// Names an entry with the value it had: what `replace` compares.
    public struct Version: Equatable, BitwiseCopyable, Sendable {
        let serial: UInt64
        let changes: UInt64
        /// There was no entry of that key.
        public static let absent = Version(serial: .max, changes: 0)
    }

    var mutex: RobustMutex { RobustMutex(object.word(64)) }
    var contents: ContainerContents { ContainerContents(owner: object.word(72)) }
    var nextSerial: SharedWord { object.word(80) }
    private var variantWord: SharedWord { object.word(88) }

    /// Makes an empty dictionary that this process holds a reference to.
    public static func create(
        _ variant: Variant, name: String? = nil, place: UInt64 = 0
    ) throws(SharedMemoryExhausted) -> DictionaryStorage {
        DictionaryStorage(
            try HandleTable.create(.dictionary, name: name, place: place) { object in
                DictionaryStorage(object).variantWord.storeRelaxed(variant.rawValue)
            })
    }

    func destroyContents() { if !isEmpty { contents.free() } }

    /// What scripts see it as.
    public var variant: Variant { Variant(rawValue: variantWord.relaxed()) ?? .dictionary }

    var isEmpty: Bool { contents.owner.relaxed() == 0 }

    /// How many entries it has at this instant.
    public var count: Int {
        mutex.lock()
        defer { mutex.unlock() }
        return isEmpty ? 0 : Int(entryCount.relaxed())
    }

    // Of the contents, if there are any.
    private var entryCount: SharedWord { contents.field(1) }
    var firstEntry: SharedWord { contents.field(2) }
    private var lastEntry: SharedWord { contents.field(3) }
    private var bucketCount: SharedWord { contents.field(4) }

    // MARK: Reading

    /// Adds a copy of the value of `key` to `buffer`.
    ///
    /// - Returns: which value it was; nil, with nothing added, if there is none.
    public func get(_ key: UnsafeRawBufferPointer, into buffer: MessageBuffer) -> Version? {
        let hash = ContentHash.of(key)
        mutex.lock()
        defer { mutex.unlock() }
        guard let entry = find(key, hash)?.entry else { return nil }
        StoredValue(word: entry.value).copy(to: buffer)
        return entry.version
    }

    /// Whether there is an entry of `key`.
    public func contains(_ key: UnsafeRawBufferPointer) -> Bool {
        let hash = ContentHash.of(key)
        mutex.lock()
        defer { mutex.unlock() }
        return find(key, hash) != nil
    }

    /// The entry of a key, and the word that owns it. Under the mutex.
    func find(_ key: UnsafeRawBufferPointer, _ hash: UInt64) -> (owner: SharedWord, entry: DictionaryEntry)? {
        guard !isEmpty else { return nil }
        var owner = contents.word(bucket(of: hash))
        while owner.relaxed() != 0 {
            let entry = DictionaryEntry(offset: owner.relaxed())
            if entry.hash.relaxed() == hash, entry.hasKey(key) { return (owner, entry) }
            owner = entry.chain
        }
        return nil
    }

    private func bucket(of hash: UInt64) -> Int {
        Self.bucket(of: hash, amongFirst: Int(bucketCount.relaxed()))
    }

    private static func bucket(of hash: UInt64, amongFirst count: Int) -> Int {
        let half = highestPowerOfTwo(in: count)
        let bucket = Int(truncatingIfNeeded: hash & UInt64(2 * half - 1))
        return bucket < count ? bucket : bucket - half
    }

    private static func highestPowerOfTwo(in count: Int) -> Int {
        1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
    }

    // MARK: Changing

    /// Makes `message` the value of `key`.
    public func set(_ key: UnsafeRawBufferPointer, _ message: Message) throws(SharedMemoryExhausted) {
        _ = try set(key, message, if: nil)
    }

    /// Makes `message` the value of `key`, nil for none, if that still is as it was.
    ///
    /// - Returns: false, with nothing changed, if somebody else changed it.
    public func replace(
        _ key: UnsafeRawBufferPointer, _ version: Version, with message: Message?
    ) throws(SharedMemoryExhausted) -> Bool {
        if let message { return try set(key, message, if: version) }
        return remove(key, into: nil, if: version) != .changed
    }

    private func set(
        _ key: UnsafeRawBufferPointer, _ message: Message, if version: Version?
    ) throws(SharedMemoryExhausted) -> Bool {
        let hash = ContentHash.of(key)
        let new = try NewValue(message)
        var outcome = Result<(isDone: Bool, old: SharedWord?), SharedMemoryExhausted>.success((true, nil))
        mutex.lock()
        let found = find(key, hash)
        if let version, version != found?.entry.version ?? .absent {
            outcome = .success((false, nil))
        } else if let entry = found?.entry {
            outcome = .success((true, replaceValue(of: entry, with: new)))
        } else {
            do throws(SharedMemoryExhausted) {
                try insert(key, hash, new)
            } catch { outcome = .failure(error) }
        }
        mutex.unlock()
        switch outcome {
        case .success(let result):
            if !result.isDone { new.discard() }
            if let old = result.old { Hand.release(old) }
            return result.isDone
        case .failure(let error):
            new.discard()
            throw error
        }
    }

    private func replaceValue(of entry: DictionaryEntry, with new: NewValue) -> SharedWord? {
        var change = Transaction(under: mutex)
        let old = new.replace(entry.value, &change)
        entry.noteChange(&change)
        change.commit()
        return old
    }

    /// Shows `body` the value of `key`, nil if there is none, and does with it what it says, as one operation.
    ///
    /// - Parameters:
    ///   - key: the key's bytes.
    ///   - body: gives the new value, nil to leave the entry as it is; must neither block nor use shared objects.
    public func update(
        _ key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer?) -> UnsafeRawBufferPointer?
    ) throws(SharedMemoryExhausted) {
        let hash = ContentHash.of(key)
        var old: SharedWord?
        mutex.lock()
        let entry = find(key, hash)?.entry
        let bytes = entry.map { StoredValue(word: $0.value).withBytes(body) } ?? body(nil)
        var failure: SharedMemoryExhausted?
        if let bytes {
            do throws(SharedMemoryExhausted) {
                let new = try Message.withOnePiece(bytes) { message throws(SharedMemoryExhausted) in
                    try NewValue(message)
                }
                if let entry {
                    old = replaceValue(of: entry, with: new)
                } else {
                    do throws(SharedMemoryExhausted) {
                        try insert(key, hash, new)
                    } catch {
                        new.discard()
                        throw error
                    }
                }
            } catch { failure = error }
        }
        mutex.unlock()
        if let old { Hand.release(old) }
        if let failure { throw failure }
    }

    /// Adds an entry at the end. Under the mutex.
    private func insert(
        _ key: UnsafeRawBufferPointer, _ hash: UInt64, _ new: NewValue
    ) throws(SharedMemoryExhausted) {
        if isEmpty { try addContents() }
        let entry = try DictionaryEntry.make(key, hash, serial: nextSerial.relaxed())
        let bucket = contents.word(bucket(of: hash))
        let last = lastEntry.relaxed()
        // In the hand until the commit: nobody sees these yet.
        entry.entry.chain.storeRelaxed(bucket.relaxed())
        entry.entry.previous.storeRelaxed(last)
        var change = Transaction(under: mutex)
        _ = new.replace(entry.entry.value, &change)
        change.set(bucket, entry.entry.offset)
        change.set(entry.hand, 0)
        change.set(last == 0 ? firstEntry : DictionaryEntry(offset: last).next, entry.entry.offset)
        change.set(lastEntry, entry.entry.offset)
        change.set(entryCount, entryCount.relaxed() + 1)
        change.set(nextSerial, nextSerial.relaxed() + 1)
        change.commit()
        if entryCount.relaxed() > bucketCount.relaxed() { addBucket() }
    }

    private func addContents() throws(SharedMemoryExhausted) {
        let made = try ContainerContents.make(.dictionary)
        do throws(SharedMemoryExhausted) {
            try made.reserve(0, under: nil)
        } catch {
            Hand.release(made.owner)
            throw error
        }
        made.field(4).store(1)
        var change = Transaction(under: mutex)
        change.set(contents.owner, made.owner.relaxed())
        change.set(made.owner, 0)
        change.commit()
    }

    /// Divides one chain between its bucket and a new one. Without memory, and where a transaction does not take the
    /// chain, the table stays as it is: slower, not wrong.
    private func addBucket() {
        let count = Int(bucketCount.relaxed())
        guard (try? contents.reserve(count, under: mutex)) != nil else { return }
        let buckets = [
            contents.word(count - Self.highestPowerOfTwo(in: count)), contents.word(count),
        ]
        // Where the next entry of each of the two chains is to be named.
        var ends = buckets
        var changes: [(SharedWord, UInt64)] = []
        var offset = buckets[0].relaxed()
        while offset != 0 {
            let entry = DictionaryEntry(offset: offset)
            let side = Self.bucket(of: entry.hash.relaxed(), amongFirst: count + 1) == count ? 1 : 0
            if ends[side].relaxed() != offset { changes.append((ends[side], offset)) }
            ends[side] = entry.chain
            offset = entry.chain.relaxed()
        }
        for end in ends where end.relaxed() != 0 { changes.append((end, 0)) }
        guard changes.count < RedoRecord.capacity else { return }
        var change = Transaction(under: mutex)
        for (word, value) in changes { change.set(word, value) }
        change.set(bucketCount, UInt64(count + 1))
        change.commit()
    }

    // MARK: Removing

    /// How removing ended.
    public enum Removal {
        /// The entry is gone.
        case removed
        /// There was none.
        case absent
        /// Somebody else has changed the value.
        case changed
    }

    /// Removes the entry of `key`.
    ///
    /// - Parameters:
    ///   - key: the key's bytes.
    ///   - buffer: gets the value.
    /// - Returns: whether there was one.
    public func remove(_ key: UnsafeRawBufferPointer, into buffer: MessageBuffer? = nil) -> Bool {
        remove(key, into: buffer, if: nil) == .removed
    }

    private func remove(
        _ key: UnsafeRawBufferPointer, into buffer: MessageBuffer?, if version: Version?
    ) -> Removal {
        let hash = ContentHash.of(key)
        mutex.lock()
        let found = find(key, hash)
        if let version, version != found?.entry.version ?? .absent {
            mutex.unlock()
            return .changed
        }
        guard let found else {
            mutex.unlock()
            return .absent
        }
        if let buffer { StoredValue(word: found.entry.value).copy(to: buffer) }
        let hands = unlink(found.entry, ownedBy: found.owner)
        mutex.unlock()
        for hand in hands { Hand.release(hand) }
        return .removed
    }

    /// Removes the entry that was put last; `buffer` gets its key and its value. False if there is none.
    public func removeLast(into buffer: MessageBuffer) -> Bool {
        mutex.lock()
        guard !isEmpty, lastEntry.relaxed() != 0 else {
            mutex.unlock()
            return false
        }
        let entry = DictionaryEntry(offset: lastEntry.relaxed())
        buffer.append(entry.key)
        StoredValue(word: entry.value).copy(to: buffer)
        var owner = contents.word(bucket(of: entry.hash.relaxed()))
        while owner.relaxed() != entry.offset { owner = DictionaryEntry(offset: owner.relaxed()).chain }
        let hands = unlink(entry, ownedBy: owner)
        mutex.unlock()
        for hand in hands { Hand.release(hand) }
        return true
    }

    /// Takes an entry out. Under the mutex.
    ///
    /// - Returns: the entries of the hand that have entry and value.
    private func unlink(_ entry: DictionaryEntry, ownedBy owner: SharedWord) -> [SharedWord] {
        let entryHand = Hand.freeWord
        let previous = entry.previous.relaxed()
        let next = entry.next.relaxed()
        let block = StoredValue.block(in: entry.value.relaxed())
        var change = Transaction(under: mutex)
        change.set(owner, entry.chain.relaxed())
        change.set(previous == 0 ? firstEntry : DictionaryEntry(offset: previous).next, next)
        change.set(next == 0 ? lastEntry : DictionaryEntry(offset: next).previous, previous)
        change.set(entryCount, entryCount.relaxed() - 1)
        change.set(entryHand, entry.offset)
        var hands = [entryHand]
        if block != 0 {
            let valueHand = Hand.freeWord(besides: entryHand)
            change.set(valueHand, block)
            hands.append(valueHand)
        }
        change.commit()
        return hands
    }

    /// Removes all entries at once.
    public func clear() {
        mutex.lock()
        guard !isEmpty else { return mutex.unlock() }
        let hand = Hand.freeWord
        var change = Transaction(under: mutex)
        change.set(hand, contents.owner.relaxed())
        change.set(contents.owner, 0)
        change.commit()
        mutex.unlock()
        Hand.release(hand)
    }
}
