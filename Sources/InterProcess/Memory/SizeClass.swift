/// Sizes the heap deals in: four to a doubling, so that at most a fifth of a block is wasted.
///
/// The same scale counts 64-byte units for small blocks and 64 KiB pages for extents.
enum SizeClass {
    /// Bytes of the smallest block; blocks are aligned to it, so the low bits of an offset can be a tag.
    static let unit = 64
    /// Two blocks of this size fill a page; what is larger is an extent of whole pages.
    static let largestSmall = Arena.pageSize / 2
    static let smallClasses = index(units: largestSmall / unit) + 1
    static let extentClasses = 96

    /// The class whose blocks hold at least `units`.
    static func index(units: Int) -> Int {
        guard units > 4 else { return max(units, 1) - 1 }
        let shift = (Int.bitWidth - 1 - (units - 1).leadingZeroBitCount) - 2
        return shift * 4 + (units - 1) >> shift
    }

    /// Units in a block of the class.
    static func units(_ index: Int) -> Int {
        guard index >= 4 else { return index + 1 }
        return (index % 4 + 5) << (index / 4 - 1)
    }
}
