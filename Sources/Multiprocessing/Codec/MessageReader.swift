import LuaBridge

/// A place in a message, and MessagePack's forms as read from there. Nothing is read beyond the end.
struct MessageReader {
    private let start: UnsafeRawPointer
    private let end: UnsafeRawPointer
    private var next: UnsafeRawPointer

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
        end = start + bytes.count
        next = start
    }

    /// Bytes that were read.
    var offset: Int { next - start }

    /// Bytes that are left.
    @inline(__always)
    var remaining: Int { end - next }

    @inline(__always)
    var isAtEnd: Bool { next == end }

    /// The byte that comes next. There must be one.
    @inline(__always)
    var peeked: UInt8 { next.load(as: UInt8.self) }

    @inline(__always)
    mutating func skip(_ bytes: Int) { next += bytes }

    /// Reads an integer, most significant byte first; nil if there are not as many bytes.
    @inline(__always)
    mutating func read<Integer: FixedWidthInteger & BitwiseCopyable>(_ type: Integer.Type) -> Integer? {
        guard remaining >= MemoryLayout<Integer>.size else { return nil }
        defer { next += MemoryLayout<Integer>.size }
        return Integer(bigEndian: next.loadUnaligned(as: Integer.self))
    }

    /// Reads that many bytes, or nil if there are fewer.
    @inline(__always)
    mutating func read(bytes count: Int) -> UnsafeRawBufferPointer? {
        guard count <= remaining else { return nil }
        defer { next += count }
        return UnsafeRawBufferPointer(start: next, count: count)
    }

    /// Reads an integer of `width` bytes as a length or number; nil if they are not there.
    mutating func readCount(width: Int) -> Int? {
        switch width {
        case 1: read(UInt8.self).map(Int.init)
        case 2: read(UInt16.self).map(Int.init)
        default: read(UInt32.self).map(Int.init)
        }
    }

    // MARK: Scalars

    /// Whether a value without contents comes next, complete or not.
    var startsWithScalar: Bool {
        var copy = self
        return copy.scalar() != nil
    }

    /// A value without contents.
    enum Scalar {
        case `nil`
        case boolean(Bool)
        case integer(Int64)
        case float(Double)
        case string(UnsafeRawBufferPointer)
    }

    /// Reads a value without contents; nil, with nothing read, if something else comes next or it is not complete.
    @inline(__always)
    mutating func scalar() -> Scalar? {
        guard !isAtEnd else { return nil }
        let lead = peeked
        if lead < 0x80 {
            next += 1
            return .integer(Int64(lead))
        }
        if lead >= 0xe0 {
            next += 1
            return .integer(Int64(Int8(bitPattern: lead)))
        }
        if lead & 0xe0 == 0xa0 {
            let count = Int(lead & 0x1f)
            guard remaining > count else { return nil }
            next += 1 + count
            return .string(UnsafeRawBufferPointer(start: next - count, count: count))
        }
        return longScalar(lead)
    }

    @inline(__always)
    private mutating func longScalar(_ lead: UInt8) -> Scalar? {
        let before = next
        next += 1
        var value: Scalar?
        switch lead {
        case 0xc0: value = .nil
        case 0xc2: value = .boolean(false)
        case 0xc3: value = .boolean(true)
        case 0xcb: value = read(UInt64.self).map { .float(Double(bitPattern: $0)) }
        case 0xca: value = read(UInt32.self).map { .float(Double(Float(bitPattern: $0))) }
        case 0xcc: value = read(UInt8.self).map { .integer(Int64($0)) }
        case 0xcd: value = read(UInt16.self).map { .integer(Int64($0)) }
        case 0xce: value = read(UInt32.self).map { .integer(Int64($0)) }
        case 0xcf: value = read(UInt64.self).flatMap(Int64.init(exactly:)).map { .integer($0) }
        case 0xd0: value = read(Int8.self).map { .integer(Int64($0)) }
        case 0xd1: value = read(Int16.self).map { .integer(Int64($0)) }
        case 0xd2: value = read(Int32.self).map { .integer(Int64($0)) }
        case 0xd3: value = read(Int64.self).map { .integer($0) }
        case 0xc4, 0xd9: value = readString(lengthWidth: 1)
        case 0xc5, 0xda: value = readString(lengthWidth: 2)
        case 0xc6, 0xdb: value = readString(lengthWidth: 4)
        default: break
        }
        if value == nil { next = before }
        return value
    }

    private mutating func readString(lengthWidth: Int) -> Scalar? {
        guard let count = readCount(width: lengthWidth) else { return nil }
        return read(bytes: count).map { .string($0) }
    }

    /// Pushes a value without contents, or nothing, with nothing read.
    @inline(__always)
    mutating func pushScalar(_ lua: Lua) -> Bool {
        guard let scalar = scalar() else { return false }
        switch scalar {
        case .nil: lua.pushNil()
        case .boolean(let value): lua.push(value)
        case .integer(let value): lua.push(value)
        case .float(let value): lua.push(value)
        case .string(let bytes): lua.push(bytes)
        }
        return true
    }

    // MARK: Containers and extensions

    /// What a container or extension begins with.
    enum Header {
        case array(Int)
        case map(Int)
        case `extension`(type: UInt8, length: Int)
    }

    /// Reads the beginning of a container or extension; nil if it is not complete or none.
    mutating func header() -> Header? {
        guard let lead = read(UInt8.self) else { return nil }
        switch lead {
        case 0x80...0x8f: return .map(Int(lead & 0x0f))
        case 0x90...0x9f: return .array(Int(lead & 0x0f))
        case 0xdc: return readCount(width: 2).map { .array($0) }
        case 0xdd: return readCount(width: 4).map { .array($0) }
        case 0xde: return readCount(width: 2).map { .map($0) }
        case 0xdf: return readCount(width: 4).map { .map($0) }
        case 0xd4...0xd8: return extensionHeader(1 << Int(lead - 0xd4))
        case 0xc7: return readCount(width: 1).flatMap { extensionHeader($0) }
        case 0xc8: return readCount(width: 2).flatMap { extensionHeader($0) }
        case 0xc9: return readCount(width: 4).flatMap { extensionHeader($0) }
        default: return nil
        }
    }

    private mutating func extensionHeader(_ length: Int) -> Header? {
        guard let type = read(UInt8.self), length <= remaining else { return nil }
        return .extension(type: type, length: length)
    }

    /// Reads a string of either kind.
    mutating func string() -> UnsafeRawBufferPointer? {
        guard case .string(let bytes) = scalar() else { return nil }
        return bytes
    }

    /// Reads an integer.
    mutating func integer() -> Int64? {
        guard case .integer(let value) = scalar() else { return nil }
        return value
    }
}
