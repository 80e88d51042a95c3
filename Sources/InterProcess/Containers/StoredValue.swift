// Values inside containers: words that own a message.
//
// Layout of the word: 0 = nothing; else a block, tagged as in a hand; or the message itself, if it has at most
// 7 bytes: 3 | length << 3 | bytes << 8.
//
// Invariant: a word changes in a transaction that also says what becomes of the old value and where the new one
// came from.

/// A word of a container that owns a message.
struct StoredValue {
    let word: SharedWord

    private static let mostImmediateBytes = 7
    private static let immediateTag: UInt64 = 3
    private static let lengthShift: UInt64 = 3
    private static let bytesShift: UInt64 = 8

    private static func isImmediate(_ value: UInt64) -> Bool { value & 7 == immediateTag }

    /// The block that a word of this value owns, as a hand holds it; 0 for none.
    static func block(in value: UInt64) -> UInt64 { isImmediate(value) ? 0 : value }

    /// The word's value for a message that fits; nil for one that needs a block.
    static func immediate(of message: Message) -> UInt64? {
        guard message.handles.isEmpty, message.pieces.count == 1, message.count <= mostImmediateBytes else {
            return nil
        }
        return immediate(message.pieces[0])
    }

    private static func immediate(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var value: UInt64 = 0
        for (index, byte) in bytes.enumerated() { value |= UInt64(byte) << (bytesShift + UInt64(index) * 8) }
        return value | UInt64(bytes.count) << lengthShift | immediateTag
    }

    /// Calls `body` with the content. The container's mutex is held, or it is nobody else's.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let value = word.relaxed()
        guard Self.isImmediate(value) else { return body(Envelope(owner: word).bytes) }
        return withUnsafeBytes(of: (value >> Self.bytesShift).littleEndian) { bytes in
            body(UnsafeRawBufferPointer(rebasing: bytes[..<Int(value >> Self.lengthShift & 7)]))
        }
    }

    /// Adds a copy of the content to `buffer`.
    func copy(to buffer: MessageBuffer) {
        if Hand.tag(word.relaxed()) == .envelope, !Self.isImmediate(word.relaxed()) {
            buffer.append(copyOf: Envelope(owner: word))
        } else {
            withBytes { buffer.append($0) }
        }
    }

    /// Frees what the word owns, which nobody else can reach any more.
    func free() {
        let value = word.relaxed()
        if Self.block(in: value) == 0 { word.store(0) } else { Envelope(owner: word).free() }
    }
}

/// A message that is to become a value: in the word itself, or a block in the hand of this process.
struct NewValue {
    private let value: UInt64
    private let hand: SharedWord?

    init(_ message: Message) throws(SharedMemoryExhausted) {
        if let immediate = StoredValue.immediate(of: message) {
            value = immediate
            hand = nil
        } else {
            let envelope = try Envelope.make(message)
            hand = envelope.owner
            value = envelope.owner.relaxed()
        }
    }

    /// Adds to a transaction that it replaces what `word` owns.
    ///
    /// - Returns: the entry of the hand that has the old value afterwards, to be released after unlocking.
    func replace(_ word: SharedWord, _ change: inout Transaction) -> SharedWord? {
        let old = StoredValue.block(in: word.relaxed())
        change.set(word, value)
        if let hand {
            change.set(hand, old)
            return old == 0 ? nil : hand
        }
        guard old != 0 else { return nil }
        let freeHand = Hand.freeWord
        change.set(freeHand, old)
        return freeHand
    }

    /// Drops a value that was not stored.
    func discard() {
        if let hand { Hand.release(hand) }
    }
}
