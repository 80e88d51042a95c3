// One entry of a dictionary: a block
//
//     0     the next entry of the chain, which this one owns
//     8     the entry put before, 16 the one put after it
//     24    hash of the key · 32 serial, never reused in its dictionary
//     40    how often its value was changed << 32 | length of the key
//     48    value (StoredValue) · 56 the key
//
// All but chain, neighbours, changes and value stay as they are.

import Glibc

struct DictionaryEntry {
    let offset: UInt64

    private static let headerBytes = 56
    private static let lengthMask: UInt64 = 0xffff_ffff

    var chain: SharedWord { SharedWord(offset: offset) }
    var previous: SharedWord { SharedWord(offset: offset + 8) }
    var next: SharedWord { SharedWord(offset: offset + 16) }
    var hash: SharedWord { SharedWord(offset: offset + 24) }
    var serial: SharedWord { SharedWord(offset: offset + 32) }
    private var keyWord: SharedWord { SharedWord(offset: offset + 40) }
    var value: SharedWord { SharedWord(offset: offset + 48) }

    var key: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: Arena.pointer(offset) + Self.headerBytes, count: Int(keyWord.relaxed() & Self.lengthMask))
    }

    func hasKey(_ other: UnsafeRawBufferPointer) -> Bool {
        let key = key
        guard key.count == other.count, let left = key.baseAddress, let right = other.baseAddress else {
            return false
        }
        return memcmp(left, right, key.count) == 0
    }

    var version: DictionaryStorage.Version {
        .init(serial: serial.relaxed(), changes: keyWord.relaxed() >> 32)
    }

    /// Adds to a transaction that the value is another one.
    func noteChange(_ change: inout Transaction) { change.set(keyWord, keyWord.relaxed() &+ 1 << 32) }

    /// An entry without a value or neighbours, in this process's hand.
    static func make(
        _ key: UnsafeRawBufferPointer, _ hash: UInt64, serial: UInt64
    ) throws(SharedMemoryExhausted) -> (entry: DictionaryEntry, hand: SharedWord) {
        let hand = Hand.freeWord
        let block = try SharedHeap.allocate(headerBytes + key.count, into: hand)
        let entry = DictionaryEntry(offset: block)
        let memory = Arena.pointer(block)
        memset(memory, 0, headerBytes)
        entry.hash.storeRelaxed(hash)
        entry.serial.storeRelaxed(serial)
        entry.keyWord.storeRelaxed(UInt64(key.count))
        UnsafeMutableRawBufferPointer(start: memory + headerBytes, count: key.count).copyMemory(from: key)
        return (entry, hand)
    }
}
