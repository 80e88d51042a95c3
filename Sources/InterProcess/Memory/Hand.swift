// The hand: what a process is holding between two shared objects.
//
// Layout: 16 words in its slot. 0 = empty; else a block's offset, its low bits telling
// what must be done when the process dies with it: nothing but free it (`block`), release
// the handles in it first (`envelope`), finish destroying an object (`object`), or free what a
// container had in it (`contents`).
//
// Invariant: a process moves things in and out of its own hand only; the sweeper empties
// the hand of a dead process.
//
// A crash leaves: the entries, each of them whole.

enum Hand {
    static let count = 16

    /// What an entry names: the low bits of the word.
    enum Tag: UInt64 {
        case block = 0
        case envelope = 1
        case object = 2
        case contents = 4
    }

    static let tagMask = UInt64(SizeClass.unit - 1)

    static func offset(_ entry: UInt64) -> UInt64 { entry & ~tagMask }
    static func tag(_ entry: UInt64) -> Tag { Tag(rawValue: entry & tagMask) ?? .block }

    /// An empty entry of this process's hand. It must be filled, by allocating or moving into
    /// it, before the next one is asked for.
    static var freeWord: SharedWord { freeWord(besides: nil) }

    /// An empty entry other than `reserved`, for a transaction that fills two.
    static func freeWord(besides reserved: SharedWord?) -> SharedWord {
        for index in 0..<count {
            let word = Slot.mine.handWord(index)
            if word.relaxed() == 0, word.address != reserved?.address { return word }
        }
        fatalError("an operation holds at most \(count) things at a time")
    }

    /// Puts away whatever `entry` names.
    static func release(_ entry: SharedWord) {
        let value = entry.relaxed()
        guard value != 0 else { return }
        switch tag(value) {
        case .block: SharedHeap.free(entry)
        case .envelope: Envelope(owner: entry).free()
        case .contents: ContainerContents(owner: entry).free()
        case .object: Destruction.finish(SharedObject(offset: offset(value)), heldBy: entry)
        }
    }
}
