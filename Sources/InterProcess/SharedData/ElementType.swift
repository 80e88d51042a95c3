/// The type of the elements of a shared array, by its code in Python's `array` and `multiprocessing`.
public enum ElementType: UInt8, CaseIterable, Sendable {
    /// `b`: 8 bits, signed.
    case int8 = 0x62
    /// `B`: 8 bits, unsigned.
    case uint8 = 0x42
    /// `h`: 16 bits, signed.
    case int16 = 0x68
    /// `H`: 16 bits, unsigned.
    case uint16 = 0x48
    /// `i`: 32 bits, signed.
    case int32 = 0x69
    /// `I`: 32 bits, unsigned.
    case uint32 = 0x49
    /// `l`: C's `long`, 64 bits.
    case long = 0x6c
    /// `L`: C's `unsigned long`, 64 bits.
    case unsignedLong = 0x4c
    /// `q`: 64 bits, signed.
    case int64 = 0x71
    /// `Q`: 64 bits, unsigned.
    case uint64 = 0x51
    /// `f`: a float of 32 bits.
    case float = 0x66
    /// `d`: a float of 64 bits.
    case double = 0x64
    /// `?`: a byte, 0 or 1.
    case bool = 0x3f
    /// `c`: a byte of text.
    case character = 0x63

    /// The type of a code, nil for an unknown one.
    public init?(code: Character) {
        guard let byte = code.asciiValue, let type = ElementType(rawValue: byte) else { return nil }
        self = type
    }

    /// The code.
    public var code: Character { Character(Unicode.Scalar(rawValue)) }

    /// Bytes of an element; it is aligned to as many.
    public var size: Int {
        switch self {
        case .int8, .uint8, .bool, .character: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float: 4
        case .long, .unsignedLong, .int64, .uint64, .double: 8
        }
    }

    /// The integers it can hold, nil if it holds something else. Lua's integers end at 2^63 - 1, so unsigned ones do too.
    public var integers: ClosedRange<Int64>? {
        switch self {
        case .int8: Int64(Int8.min)...Int64(Int8.max)
        case .uint8: 0...Int64(UInt8.max)
        case .int16: Int64(Int16.min)...Int64(Int16.max)
        case .uint16: 0...Int64(UInt16.max)
        case .int32: Int64(Int32.min)...Int64(Int32.max)
        case .uint32: 0...Int64(UInt32.max)
        case .long, .int64: Int64.min...Int64.max
        case .unsignedLong, .uint64: 0...Int64.max
        case .float, .double, .bool, .character: nil
        }
    }
}

/// A value of an element.
public enum Element: Equatable, Sendable {
    /// Of any type that ``ElementType/integers`` is not nil for.
    case integer(Int64)
    /// Of `float` and `double`.
    case float(Double)
    /// Of `bool`.
    case bool(Bool)
    /// Of `character`.
    case character(UInt8)
}

extension ElementType {
    /// Reads an element at an address aligned for it, with one load.
    public func read(_ address: UnsafeRawPointer) -> Element {
        switch self {
        case .int8: .integer(Int64(address.load(as: Int8.self)))
        case .uint8: .integer(Int64(address.load(as: UInt8.self)))
        case .int16: .integer(Int64(address.load(as: Int16.self)))
        case .uint16: .integer(Int64(address.load(as: UInt16.self)))
        case .int32: .integer(Int64(address.load(as: Int32.self)))
        case .uint32: .integer(Int64(address.load(as: UInt32.self)))
        case .long, .unsignedLong, .int64, .uint64: .integer(address.load(as: Int64.self))
        case .float: .float(Double(address.load(as: Float.self)))
        case .double: .float(address.load(as: Double.self))
        case .bool: .bool(address.load(as: UInt8.self) != 0)
        case .character: .character(address.load(as: UInt8.self))
        }
    }

    /// Writes an element of this type, whose value is in range, with one store.
    public func write(_ element: Element, to address: UnsafeMutableRawPointer) {
        switch element {
        case .integer(let value):
            switch size {
            case 1: address.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            case 2: address.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
            case 4: address.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
            default: address.storeBytes(of: value, as: Int64.self)
            }
        case .float(let value):
            if self == .float {
                address.storeBytes(of: Float(value), as: Float.self)
            } else {
                address.storeBytes(of: value, as: Double.self)
            }
        case .bool(let value): address.storeBytes(of: value ? 1 : 0, as: UInt8.self)
        case .character(let value): address.storeBytes(of: value, as: UInt8.self)
        }
    }
}
