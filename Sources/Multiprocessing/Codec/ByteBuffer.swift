import Glibc

/// Growing private memory that messages are written to.
struct ByteBuffer {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    /// What a buffer shrinks to after a giant message.
    private static let usualCapacity = 1 << 20

    init(capacity: Int = 1024) {
        base = Self.allocate(nil, capacity)
        self.capacity = capacity
    }

    func free() { Glibc.free(base) }

    /// Makes sure that `room` more bytes can be written.
    @inline(__always)
    mutating func reserve(_ room: Int) {
        if capacity - count < room { grow(by: room) }
    }

    /// Writes one byte. Reserve first, as for all that are called `put`.
    @inline(__always)
    mutating func put(_ byte: UInt8) {
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Writes an integer, most significant byte first.
    @inline(__always)
    mutating func put<Integer: FixedWidthInteger & BitwiseCopyable>(bigEndian value: Integer) {
        base.storeBytes(of: value.bigEndian, toByteOffset: count, as: Integer.self)
        count += MemoryLayout<Integer>.size
    }

    /// Writes bytes.
    @inline(__always)
    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        memcpy(base + count, start, bytes.count)
        count += bytes.count
    }

    /// Leaves room to be filled in later.
    mutating func skip(_ bytes: Int) {
        reserve(bytes)
        count += bytes
    }

    /// Overwrites what was written before.
    func overwrite<Integer: FixedWidthInteger & BitwiseCopyable>(at offset: Int, bigEndian value: Integer) {
        base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Integer.self)
    }

    /// Moves everything from `offset` on up by `bytes`.
    mutating func openGap(at offset: Int, bytes: Int) {
        reserve(bytes)
        memmove(base + offset + bytes, base + offset, count - offset)
        count += bytes
    }

    /// Forgets what was written after the first `newCount` bytes.
    @inline(__always)
    mutating func truncate(to newCount: Int) { count = newCount }

    /// Forgets everything, and gives back what an unusually large message took.
    @inline(__always)
    mutating func reset() {
        count = 0
        if capacity > Self.usualCapacity { shrink() }
    }

    @inline(never)
    private mutating func grow(by room: Int) {
        capacity = max(capacity * 2, count + room)
        base = Self.allocate(base, capacity)
    }

    @inline(never)
    private mutating func shrink() {
        capacity = Self.usualCapacity
        base = Self.allocate(base, capacity)
    }

    private static func allocate(_ old: UnsafeMutableRawPointer?, _ bytes: Int) -> UnsafeMutableRawPointer {
        guard let memory = realloc(old, bytes) else {
            fatalError("not enough memory for a message of \(bytes) bytes")
        }
        return memory
    }
}
