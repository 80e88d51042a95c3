// MessagePack's forms. Integers and lengths always take the shortest one.
extension ByteBuffer {
    @inline(__always)
    mutating func appendNil() {
        reserve(1)
        put(0xc0)
    }

    @inline(__always)
    mutating func append(_ value: Bool) {
        reserve(1)
        put(value ? 0xc3 : 0xc2)
    }

    /// Always as float64: what was a float stays one, bit by bit.
    @inline(__always)
    mutating func append(_ value: Double) {
        reserve(9)
        put(0xcb)
        put(bigEndian: value.bitPattern)
    }

    @inline(__always)
    mutating func append(_ value: Int64) {
        reserve(9)
        if value >= -32 && value < 128 {
            put(UInt8(truncatingIfNeeded: value))
        } else if value >= 0 {
            put(unsigned: UInt64(bitPattern: value))
        } else {
            put(negative: value)
        }
    }

    private mutating func put(unsigned value: UInt64) {
        if value <= 0xff {
            put(0xcc)
            put(UInt8(truncatingIfNeeded: value))
        } else if value <= 0xffff {
            put(0xcd)
            put(bigEndian: UInt16(truncatingIfNeeded: value))
        } else if value <= 0xffff_ffff {
            put(0xce)
            put(bigEndian: UInt32(truncatingIfNeeded: value))
        } else {
            put(0xcf)
            put(bigEndian: value)
        }
    }

    private mutating func put(negative value: Int64) {
        if value >= -0x80 {
            put(0xd0)
            put(UInt8(truncatingIfNeeded: value))
        } else if value >= -0x8000 {
            put(0xd1)
            put(bigEndian: UInt16(truncatingIfNeeded: value))
        } else if value >= -0x8000_0000 {
            put(0xd2)
            put(bigEndian: UInt32(truncatingIfNeeded: value))
        } else {
            put(0xd3)
            put(bigEndian: UInt64(bitPattern: value))
        }
    }

    /// Appends a string that is copied, short as it is.
    @inline(__always)
    mutating func append(string bytes: UnsafeRawBufferPointer) {
        reserve(5 + bytes.count)
        putStringHeader(bytes)
        put(bytes)
    }

    /// Appends the header of a string alone: its bytes follow from elsewhere.
    mutating func append(headerOf bytes: UnsafeRawBufferPointer) {
        reserve(5)
        putStringHeader(bytes)
    }

    /// Short text is str, everything else bin.
    @inline(__always)
    private mutating func putStringHeader(_ bytes: UnsafeRawBufferPointer) {
        let count = bytes.count
        if count <= CodecLimits.longestText, UTF8Text.isValid(bytes) {
            if count < 32 {
                put(0xa0 | UInt8(truncatingIfNeeded: count))
            } else if count <= 0xff {
                put(0xd9)
                put(UInt8(truncatingIfNeeded: count))
            } else {
                put(0xda)
                put(bigEndian: UInt16(truncatingIfNeeded: count))
            }
        } else if count <= 0xff {
            put(0xc4)
            put(UInt8(truncatingIfNeeded: count))
        } else if count <= 0xffff {
            put(0xc5)
            put(bigEndian: UInt16(truncatingIfNeeded: count))
        } else {
            put(0xc6)
            put(bigEndian: UInt32(truncatingIfNeeded: count))
        }
    }

    /// Appends a name, as str whatever it is.
    mutating func append(name bytes: UnsafeRawBufferPointer) {
        reserve(5 + bytes.count)
        if bytes.count < 32 {
            put(0xa0 | UInt8(truncatingIfNeeded: bytes.count))
        } else {
            put(0xdb)
            put(bigEndian: UInt32(truncatingIfNeeded: bytes.count))
        }
        put(bytes)
    }

    @inline(__always)
    mutating func append(arrayOf count: Int) {
        reserve(5)
        if count < 16 {
            put(0x90 | UInt8(truncatingIfNeeded: count))
        } else if count <= 0xffff {
            put(0xdc)
            put(bigEndian: UInt16(truncatingIfNeeded: count))
        } else {
            put(0xdd)
            put(bigEndian: UInt32(truncatingIfNeeded: count))
        }
    }

    /// Appends the header of an extension with a payload of known length.
    mutating func append(_ type: ExtensionType, payload count: Int) {
        reserve(6 + count)
        switch count {
        case 1: put(0xd4)
        case 2: put(0xd5)
        case 4: put(0xd6)
        case 8: put(0xd7)
        case 16: put(0xd8)
        default:
            if count <= 0xff {
                put(0xc7)
                put(UInt8(truncatingIfNeeded: count))
            } else {
                put(0xc9)
                put(bigEndian: UInt32(truncatingIfNeeded: count))
            }
        }
        put(type.rawValue)
    }

    /// Bytes of the header of an extension whose length is filled in later.
    static let extensionHeaderBytes = 6

    /// Writes such a header at `offset`.
    func overwrite(at offset: Int, header type: ExtensionType, payload count: UInt32) {
        overwrite(at: offset, bigEndian: UInt8(0xc9))
        overwrite(at: offset + 1, bigEndian: count)
        overwrite(at: offset + 5, bigEndian: type.rawValue)
    }
}
