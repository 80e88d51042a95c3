/// Hashes of bytes, the same in all processes of a family.
enum ContentHash {
    /// FNV-1a with a final mix, as its low bits are what tables go by. For short inputs without an adversary: whoever
    /// chooses the bytes runs in the family.
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ hash >> 32) &* 0xd6e8_feb8_6659_fd93
        return hash ^ hash >> 32
    }
}
