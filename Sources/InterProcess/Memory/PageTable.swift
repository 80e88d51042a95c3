/// What the heap knows of one 64 KiB data page: an entry of the type-stable page table.
///
/// Layout: 0 what the page is (0 = never used, 1…32 = small blocks of class n-1,
/// 0x100 + class = first page of an extent) · 8 blocks in use · 16 first free block ·
/// 24 offset not yet carved into blocks · 32 next page of the list it is in · 40 previous ·
/// 48 bytes in use by the owner (extents).
struct Page: Equatable {
    let index: UInt64

    private static let extentMark: UInt64 = 0x100

    @inline(__always)
    init(index: UInt64) { self.index = index }

    /// The page that a block lies in.
    @inline(__always)
    init(containing offset: UInt64) { index = (offset - Arena.dataStart) / UInt64(Arena.pageSize) }

    @inline(__always)
    private func word(_ offset: Int) -> SharedWord {
        SharedWord(Arena.base + Arena.pageTableStart + Int(index) * Arena.pageEntrySize + offset)
    }

    var use: SharedWord { word(0) }
    var blocksUsed: SharedWord { word(8) }
    var firstFree: SharedWord { word(16) }
    var carved: SharedWord { word(24) }
    /// Page index + 1; 0 = none.
    var next: SharedWord { word(32) }
    var previous: SharedWord { word(40) }

    var start: UInt64 { Arena.dataStart + index * UInt64(Arena.pageSize) }
    var end: UInt64 { start + UInt64(Arena.pageSize) }

    /// A page in a list word: index + 1, so that 0 is none.
    var link: UInt64 { index + 1 }

    static func linked(_ link: UInt64) -> Page? { link == 0 ? nil : Page(index: link - 1) }

    static func useOfSmall(_ sizeClass: Int) -> UInt64 { UInt64(sizeClass + 1) }
    static func useOfExtent(_ sizeClass: Int) -> UInt64 { extentMark + UInt64(sizeClass) }

    /// The class of the extent that starts here, nil for a page of small blocks.
    var extentClass: Int? {
        let use = use.relaxed()
        return use >= Self.extentMark ? Int(use - Self.extentMark) : nil
    }

    var smallClass: Int { Int(use.relaxed()) - 1 }

    /// Bytes a block in this page holds.
    var blockSize: Int {
        if let extentClass { return SizeClass.units(extentClass) * Arena.pageSize }
        return SizeClass.units(smallClass) * SizeClass.unit
    }
}
