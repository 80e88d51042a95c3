// What a list or a dictionary has in it, as one block that one word owns, so that it can be replaced at once.
//
// Layout: 0 kind (1 = list, 2 = dictionary) · 8…56 the kind's own · 64 directory: 28 words, each owns a segment
// of an array of words. Segment 0 has 8 words, segment s > 0 has 4 << s: together they grow without a word ever
// moving.
//
// Invariants: a word of the array that is not zero owns a value (list) or the first entry of a chain
// (dictionary). Beyond what the container says it has, words are zero, but for what is named here as under way.
//
// A crash leaves: contents in the hand of the dead, which the sweep frees piece by piece; each piece is freed and
// forgotten in one transaction, so it can be taken up after any of them.

import Glibc

/// The contents of a container: the block that `owner` names.
struct ContainerContents {
    let owner: SharedWord

    enum Kind: UInt64 {
        case list = 1
        case dictionary = 2
    }

    private static let directoryStart: UInt64 = 64
    private static let segmentCount = 28
    private static let bytes = 64 + 28 * 8
    private static let firstSegment = 8

    private var offset: UInt64 { Hand.offset(owner.relaxed()) }
    var kind: Kind? { Kind(rawValue: field(0).relaxed()) }

    /// A word of the kind's own, 1…7.
    @inline(__always)
    func field(_ index: Int) -> SharedWord { SharedWord(offset: offset + UInt64(index * 8)) }

    /// Makes empty contents in this process's hand.
    static func make(_ kind: Kind) throws(SharedMemoryExhausted) -> ContainerContents {
        let hand = Hand.freeWord
        let block = try SharedHeap.allocate(bytes, into: hand)
        memset(Arena.pointer(block), 0, bytes)
        let contents = ContainerContents(owner: hand)
        contents.field(0).store(kind.rawValue)
        // From now on what is in it counts.
        hand.store(block | Hand.Tag.contents.rawValue)
        return contents
    }

    // MARK: The array of words

    private func directory(_ segment: Int) -> SharedWord {
        SharedWord(offset: offset + Self.directoryStart + UInt64(segment * 8))
    }

    @inline(__always)
    private static func segment(of index: Int) -> Int {
        index < firstSegment ? 0 : Int.bitWidth - index.leadingZeroBitCount - 3
    }

    /// How many words lie before a segment, and how many are in it.
    private static func range(of segment: Int) -> (start: Int, count: Int) {
        segment == 0 ? (0, firstSegment) : (4 << segment, 4 << segment)
    }

    /// A word of the array, whose segment there is.
    @inline(__always)
    func word(_ index: Int) -> SharedWord {
        let segment = Self.segment(of: index)
        let start = segment == 0 ? 0 : 4 << segment
        return SharedWord(offset: directory(segment).relaxed() + UInt64((index - start) * 8))
    }

    /// Makes sure that there is a word `index`, and all before it.
    ///
    /// - Parameter mutex: guards the contents; held. Nil if they are in this process's hand.
    func reserve(_ index: Int, under mutex: RobustMutex?) throws(SharedMemoryExhausted) {
        let segment = Self.segment(of: index)
        guard segment < Self.segmentCount else {
            throw SharedMemoryExhausted(
                requested: index * 8, budget: Int(ArenaHeader.shared.budget.relaxed()))
        }
        // From below: where one is, those before it are.
        guard directory(segment).relaxed() == 0 else { return }
        for missing in 0...segment where directory(missing).relaxed() == 0 {
            try addSegment(missing, under: mutex)
        }
    }

    private func addSegment(_ segment: Int, under mutex: RobustMutex?) throws(SharedMemoryExhausted) {
        let bytes = Self.range(of: segment).count * 8
        let hand = Hand.freeWord
        let block = try SharedHeap.allocate(bytes, into: hand)
        memset(Arena.pointer(block), 0, bytes)
        if let mutex {
            var change = Transaction(under: mutex)
            change.set(directory(segment), block)
            change.set(hand, 0)
            change.commit()
        } else {
            SharedHeap.move(from: hand, leaving: 0, into: directory(segment))
        }
    }

    // MARK: The end

    /// Frees everything in it and the block itself.
    func free() {
        switch kind {
        case .list: ListStorage.forgetHole(self)
        case .dictionary: freeChains()
        case nil: break
        }
        for segment in (0..<Self.segmentCount).reversed() where directory(segment).relaxed() != 0 {
            let range = Self.range(of: segment)
            for index in range.start..<range.start + range.count where word(index).relaxed() != 0 {
                StoredValue(word: word(index)).free()
            }
            SharedHeap.free(directory(segment))
        }
        SharedHeap.free(owner)
    }

    private func freeChains() {
        for segment in 0..<Self.segmentCount where directory(segment).relaxed() != 0 {
            let range = Self.range(of: segment)
            for index in range.start..<range.start + range.count {
                let bucket = word(index)
                while bucket.relaxed() != 0 {
                    let entry = DictionaryEntry(offset: bucket.relaxed())
                    if entry.value.relaxed() != 0 { StoredValue(word: entry.value).free() }
                    let hand = Hand.freeWord
                    SharedHeap.move(from: bucket, leaving: entry.chain.relaxed(), into: hand)
                    SharedHeap.free(hand)
                }
            }
        }
    }
}
