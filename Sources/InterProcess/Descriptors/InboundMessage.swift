import Glibc

/// A message that was received, with what came along. Whoever has it calls `release`.
public final class InboundMessage {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0
    fileprivate(set) var count = 0
    private var descriptors: [Int32] = []
    private var parcel: Envelope?

    /// Everything that was sent, the mark of a parcel included.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// What was sent as a message. The handles in it are valid until `release`.
    public var content: UnsafeRawBufferPointer {
        parcel == nil ? bytes : UnsafeRawBufferPointer(rebasing: bytes[MessageHeader.parcelMarkBytes...])
    }

    /// How many descriptors came along.
    public var descriptorCount: Int { descriptors.count }

    /// Hands a descriptor over to the caller; nil if there is none, or no more.
    public func takeDescriptor(_ index: Int = 0) -> Int32? {
        guard descriptors.indices.contains(index), descriptors[index] >= 0 else { return nil }
        defer { descriptors[index] = -1 }
        return descriptors[index]
    }

    /// Hands a channel that travelled along over to the caller; nil if there is none of that number.
    public func takeChannel(_ index: Int) throws(SharedMemoryExhausted) -> Channel? {
        guard descriptors.indices.contains(index), descriptors[index] >= 0,
            let handle = parcel?.handle(index), let end = try PipeEnd.adopt(handle),
            let descriptor = takeDescriptor(index)
        else { return nil }
        return Channel(socket: StreamSocket(descriptor: descriptor), end: end)
    }

    init() {}

    deinit { release() }

    /// Lets go of everything that was not taken.
    public func release() {
        free(memory)
        memory = nil
        count = 0
        capacity = 0
        for descriptor in descriptors where descriptor >= 0 { Glibc.close(descriptor) }
        descriptors = []
        parcel?.free()
        parcel = nil
    }

    // MARK: While it is received

    /// The most memory taken before any of the content has arrived: a length may be a lie.
    private static let mostOnTrust = 1 << 20

    /// Room for the bytes that come next, of a message of `total` bytes; nil if there is no memory.
    func room(of total: Int) -> UnsafeMutableRawBufferPointer? {
        if count == capacity {
            let larger = min(total, max(Self.mostOnTrust, capacity * 2))
            guard let grown = realloc(memory, larger) else { return nil }
            memory = grown
            capacity = larger
        }
        return UnsafeMutableRawBufferPointer(start: memory.unsafelyUnwrapped + count, count: capacity - count)
    }

    func noteReceived(_ bytes: Int) { count += bytes }

    func add(_ descriptors: [Int32]) { self.descriptors += descriptors }

    func attach(_ parcel: Envelope?) { self.parcel = parcel }
}
