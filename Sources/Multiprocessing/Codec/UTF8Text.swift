/// Whether bytes are text.
enum UTF8Text {
    /// Set in every byte that is not ASCII.
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Whether the bytes are valid UTF-8 as RFC 3629 has it: shortest forms, no surrogates, nothing above U+10FFFF.
    @inline(__always)
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard var next = bytes.baseAddress else { return true }
        let end = next + bytes.count
        // ASCII, many bytes at a time, is nearly all there is.
        while end - next >= 32 {
            let words = next.loadUnaligned(as: SIMD4<UInt64>.self)
            let both = words.lowHalf | words.highHalf
            if (both[0] | both[1]) & highBits != 0 { return isValid(next, end) }
            next += 32
        }
        while end - next >= 8 {
            if next.loadUnaligned(as: UInt64.self) & highBits != 0 { return isValid(next, end) }
            next += 8
        }
        while next < end {
            if next.load(as: UInt8.self) >= 0x80 { return isValid(next, end) }
            next += 1
        }
        return true
    }

    @inline(never)
    private static func isValid(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer) -> Bool {
        var next = start
        while next < end {
            let lead = next.load(as: UInt8.self)
            next += 1
            if lead < 0x80 { continue }

            // How many bytes follow, and between which bounds the first of them must lie.
            let following: Int
            var low: UInt8 = 0x80
            var high: UInt8 = 0xbf
            switch lead {
            case 0xc2...0xdf: following = 1
            case 0xe0...0xef:
                following = 2
                if lead == 0xe0 { low = 0xa0 }
                if lead == 0xed { high = 0x9f }
            case 0xf0...0xf4:
                following = 3
                if lead == 0xf0 { low = 0x90 }
                if lead == 0xf4 { high = 0x8f }
            default: return false
            }
            guard end - next >= following else { return false }
            let first = next.load(as: UInt8.self)
            guard first >= low, first <= high else { return false }
            for offset in stride(from: 1, to: following, by: 1)
            where next.load(fromByteOffset: offset, as: UInt8.self) & 0xc0 != 0x80 {
                return false
            }
            next += following
        }
        return true
    }
}
