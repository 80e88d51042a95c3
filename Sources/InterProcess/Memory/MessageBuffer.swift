import Glibc

/// Private memory for the messages taken from a queue or a container in one go, reused from call to call.
public final class MessageBuffer {
    /// At a fixed address, so that no access to it is checked for exclusivity.
    private struct State {
        var base: UnsafeMutableRawPointer
        var capacity: Int
        var byteCount = 0
        /// Where each message ends; it begins where the one before ends.
        var ends: UnsafeMutablePointer<Int>
        var endsCapacity = 16
        var count = 0
        /// A message in a block of its own that was taken last; it stays in shared memory until `clear`.
        var envelope: Envelope?
        /// Objects that messages name and that this process refers to until `clear`.
        var named: [SharedObject] = []
    }

    private let state: UnsafeMutablePointer<State>

    /// Makes an empty buffer.
    ///
    /// - Parameter capacity: bytes to begin with; the buffer grows as needed.
    public init(capacity: Int = 4096) {
        state = .allocate(capacity: 1)
        state.initialize(
            to: State(base: malloc(capacity), capacity: capacity, ends: .allocate(capacity: 16)))
    }

    deinit {
        clear()
        Glibc.free(state.pointee.base)
        state.pointee.ends.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// How many messages there are.
    public var count: Int { state.pointee.count + (state.pointee.envelope == nil ? 0 : 1) }

    /// Bytes of the messages that were copied in.
    public var byteCount: Int { state.pointee.byteCount }

    /// The content of a message, valid until the next change of the buffer.
    public subscript(index: Int) -> UnsafeRawBufferPointer {
        guard index < state.pointee.count else { return state.pointee.envelope.unsafelyUnwrapped.bytes }
        let start = index == 0 ? 0 : state.pointee.ends[index - 1]
        return UnsafeRawBufferPointer(
            start: state.pointee.base + start, count: state.pointee.ends[index] - start)
    }

    /// Forgets all messages and frees those in shared memory.
    public func clear() {
        let state = state
        if let envelope = state.pointee.envelope {
            envelope.free()
            state.pointee.envelope = nil
        }
        if !state.pointee.named.isEmpty { releaseNamed() }
        state.pointee.count = 0
        state.pointee.byteCount = 0
    }

    /// Copies a message in.
    public func append(_ bytes: UnsafeRawBufferPointer) {
        let state = state
        let end = state.pointee.byteCount + bytes.count
        if end > state.pointee.capacity { grow(to: end) }
        if let source = bytes.baseAddress {
            (state.pointee.base + state.pointee.byteCount).copyMemory(from: source, byteCount: bytes.count)
        }
        if state.pointee.count == state.pointee.endsCapacity { growEnds() }
        state.pointee.ends[state.pointee.count] = end
        state.pointee.count += 1
        state.pointee.byteCount = end
    }

    /// Copies the message of an envelope in, which may be gone the next moment: what it names is kept until `clear`.
    func append(copyOf envelope: Envelope) {
        for handle in (0..<envelope.handleCount).compactMap({ envelope.handle($0) }) {
            // Without memory for another handle the reader of the message runs out of it as well, and says so.
            if let object = try? HandleTable.adopt(handle) { state.pointee.named.append(object) }
        }
        append(envelope.bytes)
    }

    /// Takes a message over that lies in this process's hand; nothing can be appended after it.
    func close(with envelope: Envelope) { state.pointee.envelope = envelope }

    var isClosed: Bool { state.pointee.envelope != nil }

    private func releaseNamed() {
        for object in state.pointee.named { HandleTable.release(object) }
        state.pointee.named.removeAll(keepingCapacity: true)
    }

    private func grow(to needed: Int) {
        let capacity = max(needed, state.pointee.capacity * 2)
        guard let grown = realloc(state.pointee.base, capacity) else {
            fatalError("not enough memory for a message of \(needed) bytes")
        }
        state.pointee.base = grown
        state.pointee.capacity = capacity
    }

    private func growEnds() {
        let capacity = state.pointee.endsCapacity * 2
        let grown = UnsafeMutablePointer<Int>.allocate(capacity: capacity)
        grown.moveInitialize(from: state.pointee.ends, count: state.pointee.count)
        state.pointee.ends.deallocate()
        state.pointee.ends = grown
        state.pointee.endsCapacity = capacity
    }
}
