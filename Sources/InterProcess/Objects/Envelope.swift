// Messages in blocks of their own: large ones, and all that carry handles.
//
// Layout: number of handles · bytes of content · handles (entries, each owns a share) · content.
//
// Invariant: a block is filled while it is in the sender's hand; every entry that is not
// zero owns a share of its object.
//
// A crash leaves: the envelope in a hand or in a queue, freed with the shares it owns.

import Glibc

/// A message in a block of shared memory, with the handles inside it.
public struct Envelope {
    /// The word that owns the block.
    let owner: SharedWord

    private static let headerBytes = 16

    init(owner: SharedWord) { self.owner = owner }

    private var base: UnsafeMutableRawPointer { Arena.pointer(Hand.offset(owner.relaxed())) }
    var handleCount: Int { Int(base.load(as: UInt64.self)) }

    private func entry(_ index: Int) -> SharedWord { SharedWord(base + Self.headerBytes + index * 8) }

    /// One of the handles it owns shares of; nil beyond the last, and if the object was gone already.
    func handle(_ index: Int) -> Handle? { index < handleCount ? HandleTable.handle(in: entry(index)) : nil }

    /// The content. Valid until the envelope is freed or moved.
    public var bytes: UnsafeRawBufferPointer {
        let length = Int(base.load(fromByteOffset: 8, as: UInt64.self))
        return UnsafeRawBufferPointer(start: base + Self.headerBytes + handleCount * 8, count: length)
    }

    /// Puts a message into a new block in this process's hand.
    static func make(_ message: Message) throws(SharedMemoryExhausted) -> Envelope {
        let hand = Hand.freeWord
        let handles = message.handles.count
        let total = headerBytes + handles * 8 + message.count
        let tag: Hand.Tag = handles == 0 ? .block : .envelope
        // Until its header is written it is a plain block: nothing in it is to be released.
        let block = Arena.pointer(try SharedHeap.allocate(total, into: hand))
        block.storeBytes(of: UInt64(handles), as: UInt64.self)
        block.storeBytes(of: UInt64(message.count), toByteOffset: 8, as: UInt64.self)
        memset(block + headerBytes, 0, handles * 8)
        message.copy(to: block + headerBytes + handles * 8)
        hand.store(hand.relaxed() | tag.rawValue)
        let envelope = Envelope(owner: hand)
        for (index, handle) in message.handles.enumerated() {
            _ = HandleTable.own(handle, in: envelope.entry(index))
        }
        return envelope
    }

    /// Frees the block, giving back the shares it owns.
    public func free() {
        if Hand.tag(owner.relaxed()) == .envelope {
            for index in 0..<handleCount { HandleTable.disown(entry(index)) }
        }
        SharedHeap.free(owner)
    }
}

/// A message on its way into shared memory: pieces of private memory that follow each other,
/// and the handles that occur in them.
public struct Message {
    /// The content, in order; valid as long as whoever made the message says.
    public let pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>
    /// The shared objects that the content names, by position; the envelope will own a share of each.
    public let handles: [Handle]
    /// Bytes of all pieces.
    public let count: Int

    /// A message of these pieces, which it does not copy.
    public init(pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>, handles: [Handle] = []) {
        self.pieces = pieces
        self.handles = handles
        count = pieces.reduce(0) { $0 + $1.count }
    }

    /// A message of one piece.
    public static func withOnePiece<Result, Failure: Error>(
        _ bytes: UnsafeRawBufferPointer, _ body: (Message) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafePointer(to: bytes) { piece throws(Failure) in
            try body(Message(pieces: UnsafeBufferPointer(start: piece, count: 1)))
        }
    }

    func copy(to target: UnsafeMutableRawPointer) {
        var target = target
        for piece in pieces where piece.count > 0 {
            target.copyMemory(from: piece.baseAddress.unsafelyUnwrapped, byteCount: piece.count)
            target += piece.count
        }
    }
}
