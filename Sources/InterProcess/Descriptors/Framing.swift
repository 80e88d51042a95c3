// Framing: how messages follow each other in a stream.
//
// Layout of one message, the same as that of CPython's Connection:
//
//     length, 4 bytes big-endian, and so many bytes            up to 0x7fff_ffff
//     -1 as 4 bytes, length, 8 bytes big-endian, and so many   beyond
//
// Content that needs shared objects (Parcel) begins with ten bytes more:
//
//     0xd7 0x09 parcel's number, 8 bytes big-endian
//
// which to a MessagePack reader is a value of extension type 9 in front of the message. No
// message begins so by itself: type 9 never is a whole value.

/// What stands in front of the content of a message.
struct MessageHeader {
    /// The longest there is: long length and parcel.
    static let capacity = longestLength + parcelMarkBytes
    static let shortBytes = 4
    static let longBytes = 8
    /// Of the length alone.
    static let longestLength = shortBytes + longBytes
    static let parcelMarkBytes = 10

    private static let longestShort = 0x7fff_ffff
    private static let longMark: UInt32 = 0xffff_ffff
    private static let parcelMark: UInt16 = 0xd709

    /// Writes the header of a message.
    ///
    /// - Returns: how many bytes it takes.
    static func write(contentBytes: Int, parcel: UInt64?, to target: UnsafeMutableRawPointer) -> Int {
        let length = contentBytes + (parcel == nil ? 0 : parcelMarkBytes)
        var end = shortBytes
        if length <= longestShort {
            target.storeBytes(of: UInt32(length).bigEndian, as: UInt32.self)
        } else {
            target.storeBytes(of: longMark, as: UInt32.self)
            target.storeBytes(of: UInt64(length).bigEndian, toByteOffset: end, as: UInt64.self)
            end += longBytes
        }
        if let parcel {
            target.storeBytes(of: parcelMark.bigEndian, toByteOffset: end, as: UInt16.self)
            target.storeBytes(of: parcel.bigEndian, toByteOffset: end + 2, as: UInt64.self)
            end += parcelMarkBytes
        }
        return end
    }

    enum Length {
        case bytes(Int)
        /// Eight bytes follow that tell.
        case long
        /// No length of any message.
        case invalid
    }

    /// Reads the first four bytes.
    static func length(short bytes: UnsafeRawPointer) -> Length {
        let value = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
        if value == longMark { return .long }
        return value <= UInt32(longestShort) ? .bytes(Int(value)) : .invalid
    }

    /// Reads the eight bytes of a long length.
    static func length(long bytes: UnsafeRawPointer) -> Length {
        Int(exactly: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))).map { .bytes($0) } ?? .invalid
    }

    /// The number of the parcel that content begins with, if it does.
    static func parcel(of content: UnsafeRawBufferPointer) -> UInt64? {
        guard content.count >= parcelMarkBytes,
            UInt16(bigEndian: content.loadUnaligned(as: UInt16.self)) == parcelMark
        else { return nil }
        return UInt64(bigEndian: content.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
    }
}
