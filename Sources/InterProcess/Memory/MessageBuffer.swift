import Glibc

/// Private memory for the messages taken from a queue in one go, reused from call to call.
public final class MessageBuffer {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var capacity: Int
    private var end = 0
    private var ranges: [Range<Int>] = []
    /// A message in a block of its own that was taken last; it stays in shared memory until `clear`.
    private var envelope: Envelope?
    /// Objects that messages name and that this process refers to until `clear`.
    private var named: [SharedObject] = []

    /// - Parameter capacity: bytes to begin with; the buffer grows as needed.
    public init(capacity: Int = 4096) {
        base = malloc(capacity)
        self.capacity = capacity
    }

    deinit { Glibc.free(base) }

    /// How many messages there are.
    public var count: Int { ranges.count + (envelope == nil ? 0 : 1) }

    /// Bytes of the messages that were copied in.
    public var byteCount: Int { end }

    /// The content of a message, valid until the next change of the buffer.
    public subscript(index: Int) -> UnsafeRawBufferPointer {
        if index < ranges.count {
            return UnsafeRawBufferPointer(start: base, count: end)[rebasing: ranges[index]]
        }
        return envelope.unsafelyUnwrapped.bytes
    }

    /// Forgets all messages and frees those in shared memory.
    public func clear() {
        envelope?.free()
        envelope = nil
        if !named.isEmpty { releaseNamed() }
        ranges.removeAll(keepingCapacity: true)
        end = 0
    }

    /// Copies a message in.
    public func append(_ bytes: UnsafeRawBufferPointer) {
        if end + bytes.count > capacity { grow(to: end + bytes.count) }
        if let source = bytes.baseAddress { (base + end).copyMemory(from: source, byteCount: bytes.count) }
        ranges.append(end..<end + bytes.count)
        end += bytes.count
    }

    /// Copies the message of an envelope in, which may be gone the next moment: what it names is kept until `clear`.
    func append(copyOf envelope: Envelope) {
        for handle in (0..<envelope.handleCount).compactMap({ envelope.handle($0) }) {
            // Without memory for another handle the reader of the message runs out of it as well, and says so.
            if let object = try? HandleTable.adopt(handle) { named.append(object) }
        }
        append(envelope.bytes)
    }

    private func releaseNamed() {
        for object in named { HandleTable.release(object) }
        named.removeAll(keepingCapacity: true)
    }

    /// Takes a message over that lies in this process's hand; nothing can be appended after it.
    func close(with envelope: Envelope) { self.envelope = envelope }

    var isClosed: Bool { envelope != nil }

    private func grow(to needed: Int) {
        capacity = max(needed, capacity * 2)
        guard let grown = realloc(base, capacity) else {
            fatalError("not enough memory for a message of \(needed) bytes")
        }
        base = grown
    }
}

extension UnsafeRawBufferPointer {
    fileprivate subscript(rebasing range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }
}
