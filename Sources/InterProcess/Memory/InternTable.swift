// Interned bytes: bytecode, names of source files. Each content is stored once for the
// life of the family and is known by its offset.
//
// Layout: 4,096 buckets of chains in the header; an entry is a block {next, hash, length, bytes}.
//
// Invariants: entries are never changed and never freed, so looking up needs no lock.
// Inserting links a block that is in the inserter's hand, in one transaction.
//
// A crash leaves: the entry in the hand of the dead, or in the table.

/// The family's table of interned bytes.
public enum InternTable {
    private static let headerBytes = 24

    /// The id of these bytes, which any process of the family can turn into the bytes again.
    public static func intern(_ bytes: UnsafeRawBufferPointer) throws(SharedMemoryExhausted) -> UInt64 {
        let hash = ContentHash.of(bytes)
        let header = ArenaHeader.shared
        let bucket = header.internBucket(Int(hash % UInt64(ArenaHeader.internBuckets)))
        if let found = find(bytes, hash, bucket.load()) { return found }

        let hand = Hand.freeWord
        let block = try SharedHeap.allocate(headerBytes + bytes.count, into: hand)
        let entry = Arena.pointer(block)
        entry.storeBytes(of: hash, toByteOffset: 8, as: UInt64.self)
        entry.storeBytes(of: UInt64(bytes.count), toByteOffset: 16, as: UInt64.self)
        UnsafeMutableRawBufferPointer(start: entry + headerBytes, count: bytes.count).copyMemory(from: bytes)

        header.internLock.lock()
        let first = bucket.load()
        if let found = find(bytes, hash, first) {
            header.internLock.unlock()
            SharedHeap.free(hand)
            return found
        }
        SharedWord(entry).storeRelaxed(first)
        var change = Transaction(under: header.internLock)
        change.set(bucket, block)
        change.set(hand, 0)
        change.commit()
        header.internLock.unlock()
        return block
    }

    /// The bytes of an id, nil if the family never interned them: an id may come from anywhere.
    public static func bytes(_ id: UInt64) -> UnsafeRawBufferPointer? {
        let header = ArenaHeader.shared
        for index in 0..<ArenaHeader.internBuckets {
            var entry = header.internBucket(index).load()
            while entry != 0 {
                if entry == id { return content(entry) }
                entry = SharedWord(offset: entry).load()
            }
        }
        return nil
    }

    /// The bytes of an id that this process has from shared memory, which is trusted.
    static func trustedBytes(_ id: UInt64) -> UnsafeRawBufferPointer { content(id) }

    private static func content(_ entry: UInt64) -> UnsafeRawBufferPointer {
        let pointer = Arena.pointer(entry)
        let length = pointer.load(fromByteOffset: 16, as: UInt64.self)
        return UnsafeRawBufferPointer(start: pointer + headerBytes, count: Int(length))
    }

    private static func find(_ bytes: UnsafeRawBufferPointer, _ hash: UInt64, _ first: UInt64) -> UInt64? {
        var entry = first
        while entry != 0 {
            let pointer = Arena.pointer(entry)
            if pointer.load(fromByteOffset: 8, as: UInt64.self) == hash,
                content(entry).elementsEqual(bytes)
            {
                return entry
            }
            entry = SharedWord(offset: entry).load()
        }
        return nil
    }
}
