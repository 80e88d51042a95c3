// The heap: blocks of shared memory, each owned by one word.
//
// Layout: small blocks (up to 32 KiB) are carved from 64 KiB pages of one size class;
// pages with room form a doubly linked list a class. Larger blocks are extents of whole
// pages; free extents of a class form a warm list (memory kept) and a cold one (memory
// given back, reads as zero).
//
// Invariants: a block in use is named by exactly one word, its owner: an entry of some
// process's hand (Hand), or a field of a shared object. `allocate(into:)` and `free` change
// the owner and the heap in one transaction; moving a block is a transaction of the two
// owners. So there is no instant at which a block belongs to nobody. What is in a block stays until it is free, or
// becomes zero before (extents): who takes up what a dead process was freeing looks into it.
//
// A crash leaves: blocks in the hand of the dead, which the sweep frees. The heap itself
// is before or after.

/// Shared memory in blocks. Every change is all or nothing.
enum SharedHeap {
    /// Free extents kept with their memory, in bytes. Giving 1 MiB back and touching it again
    /// costs about twenty times what copying into it does.
    static let cacheLimit: UInt64 = 64 << 20

    private static var header: ArenaHeader { .shared }

    /// Takes a block of at least `bytes` and makes `owner`, whose value must be 0, name it.
    ///
    /// - Parameters:
    ///   - tag: ored into the owner's value; below `SizeClass.unit`.
    /// - Returns: the block's offset. Its content is undefined.
    @discardableResult
    static func allocate(_ bytes: Int, into owner: SharedWord, tag: UInt64 = 0) throws(SharedMemoryExhausted)
        -> UInt64
    {
        if bytes <= SizeClass.largestSmall {
            return try allocateSmall(
                SizeClass.index(units: (bytes + SizeClass.unit - 1) / SizeClass.unit), owner, tag)
        }
        return try allocateExtent(bytes, owner, tag)
    }

    /// Frees the block that `owner` names (any tag is dropped). `owner` goes from the block to 0 in one step, so whoever
    /// frees several things one by one can be followed by another who goes on.
    static func free(_ owner: SharedWord) {
        let offset = owner.relaxed() & ~UInt64(SizeClass.unit - 1)
        let page = Page(containing: offset)
        if let sizeClass = page.extentClass {
            freeExtent(page, sizeClass, owner)
        } else {
            freeSmall(page, offset, owner)
        }
    }

    /// Moves the block that `owner` names into `hand`; `owner` names `successor`, which the block named, instead. For
    /// chains that belong to this process alone; others are changed under the mutex of their object.
    static func move(from owner: SharedWord, leaving successor: UInt64, into hand: SharedWord) {
        header.heapLock.lock()
        var change = Transaction(under: header.heapLock, level: .heap)
        change.set(hand, owner.relaxed())
        change.set(owner, successor)
        change.commit()
        header.heapLock.unlock()
    }

    /// How many bytes the block at `offset` holds.
    static func capacity(of offset: UInt64) -> Int { Page(containing: offset).blockSize }

    /// Bytes of all blocks in use.
    static var liveBytes: Int { Int(header.liveBytes.load()) }

    // MARK: Small blocks

    private static func allocateSmall(
        _ sizeClass: Int, _ owner: SharedWord, _ tag: UInt64
    ) throws(SharedMemoryExhausted) -> UInt64 {
        let list = header.partialPages(sizeClass)
        let size = UInt64(SizeClass.units(sizeClass) * SizeClass.unit)
        header.heapLock.lock()
        while list.relaxed() == 0 {
            header.heapLock.unlock()
            try addPage(sizeClass)
            header.heapLock.lock()
        }
        let page = Page(index: list.relaxed() - 1)
        var change = Transaction(under: header.heapLock, level: .heap)
        let free = page.firstFree.relaxed()
        let block: UInt64
        var nextFree = free
        var carved = page.carved.relaxed()
        if free != 0 {
            block = free
            nextFree = SharedWord(offset: free).relaxed()
            change.set(page.firstFree, nextFree)
        } else {
            block = carved
            carved += size
            change.set(page.carved, carved)
        }
        change.set(page.blocksUsed, page.blocksUsed.relaxed() + 1)
        if nextFree == 0, carved + size > page.end { unlink(page, from: list, &change) }
        change.set(owner, block | tag)
        change.set(header.liveBytes, header.liveBytes.relaxed() + size)
        change.commit()
        header.heapLock.unlock()
        return block
    }

    private static func freeSmall(_ page: Page, _ block: UInt64, _ owner: SharedWord) {
        let sizeClass = page.smallClass
        let size = UInt64(SizeClass.units(sizeClass) * SizeClass.unit)
        let list = header.partialPages(sizeClass)
        header.heapLock.lock()
        let free = page.firstFree.relaxed()
        let used = page.blocksUsed.relaxed() - 1
        let wasFull = free == 0 && page.carved.relaxed() + size > page.end
        var change = Transaction(under: header.heapLock, level: .heap)
        let live = header.liveBytes.relaxed() - size
        let isOnlyPage =
            wasFull ? list.relaxed() == 0 : list.relaxed() == page.link && page.next.relaxed() == 0
        if used == 0, !isOnlyPage {
            if !wasFull { unlink(page, from: list, &change) }
            // The page becomes an extent in this process's hand, to be given back as such: warm or cold. The owner is rid
            // of its block from here on: it never names anything else.
            let onePage = SizeClass.index(units: 1)
            let hand = Hand.freeWord(besides: owner)
            change.set(page.use, Page.useOfExtent(onePage))
            change.set(owner, 0)
            change.set(hand, page.start)
            change.set(header.liveBytes, live + UInt64(Arena.pageSize))
            change.commit()
            header.heapLock.unlock()
            freeExtent(page, onePage, hand)
            return
        } else {
            change.set(owner, 0)
            change.set(header.liveBytes, live)
            change.set(SharedWord(offset: block), free)
            change.set(page.firstFree, block)
            change.set(page.blocksUsed, used)
            if wasFull { link(page, into: list, &change) }
        }
        change.commit()
        header.heapLock.unlock()
    }

    /// Makes an empty page of a class.
    private static func addPage(_ sizeClass: Int) throws(SharedMemoryExhausted) {
        let list = header.partialPages(sizeClass)
        try takeExtent(SizeClass.index(units: 1)) { page, change in
            change.set(page.use, Page.useOfSmall(sizeClass))
            change.set(page.blocksUsed, 0)
            change.set(page.firstFree, 0)
            change.set(page.carved, page.start)
            link(page, into: list, &change)
        }
    }

    private static func link(_ page: Page, into list: SharedWord, _ change: inout Transaction) {
        let first = list.relaxed()
        change.set(page.next, first)
        change.set(page.previous, 0)
        if let first = Page.linked(first) { change.set(first.previous, page.link) }
        change.set(list, page.link)
    }

    private static func unlink(_ page: Page, from list: SharedWord, _ change: inout Transaction) {
        let next = page.next.relaxed()
        let previous = page.previous.relaxed()
        if let previous = Page.linked(previous) {
            change.set(previous.next, next)
        } else {
            change.set(list, next)
        }
        if let next = Page.linked(next) { change.set(next.previous, previous) }
    }

    // MARK: Extents

    private static func allocateExtent(
        _ bytes: Int, _ owner: SharedWord, _ tag: UInt64
    ) throws(SharedMemoryExhausted) -> UInt64 {
        guard UInt64(bytes) <= header.budget.relaxed() else { throw exhausted(bytes) }
        let sizeClass = SizeClass.index(units: (bytes + Arena.pageSize - 1) / Arena.pageSize)
        let size = UInt64(SizeClass.units(sizeClass) * Arena.pageSize)
        return try takeExtent(sizeClass) { page, change in
            change.set(owner, page.start | tag)
            change.set(header.liveBytes, header.liveBytes.relaxed() + size)
        }.start
    }

    private static func freeExtent(_ page: Page, _ sizeClass: Int, _ owner: SharedWord) {
        let bytes = SizeClass.units(sizeClass) * Arena.pageSize
        // Giving memory back is slow: it is done while the extent is still the owner's, unlocked.
        let keep = header.cachedBytes.relaxed() + UInt64(bytes) <= cacheLimit
        if !keep { Arena.discard(page.start, bytes: bytes) }
        header.heapLock.lock()
        var change = Transaction(under: header.heapLock, level: .heap)
        change.set(owner, 0)
        change.set(header.liveBytes, header.liveBytes.relaxed() - UInt64(bytes))
        if keep { pushWarm(page, sizeClass, &change) } else { pushCold(page, sizeClass, &change) }
        change.commit()
        header.heapLock.unlock()
    }

    private static func pushWarm(_ page: Page, _ sizeClass: Int, _ change: inout Transaction) {
        let list = header.warmExtents(sizeClass)
        let bytes = UInt64(SizeClass.units(sizeClass) * Arena.pageSize)
        change.set(page.next, list.relaxed())
        change.set(list, page.link)
        change.set(header.cachedBytes, header.cachedBytes.relaxed() + bytes)
    }

    private static func pushCold(_ page: Page, _ sizeClass: Int, _ change: inout Transaction) {
        let list = header.coldExtents(sizeClass)
        let bytes = UInt64(SizeClass.units(sizeClass) * Arena.pageSize)
        change.set(page.next, list.relaxed())
        change.set(list, page.link)
        change.set(header.residentBytes, header.residentBytes.relaxed() - bytes)
    }

    /// Takes a free extent, warm before cold before fresh; `use` adds to the same transaction who has it now.
    @discardableResult
    private static func takeExtent(
        _ sizeClass: Int, use: (Page, inout Transaction) -> Void
    ) throws(SharedMemoryExhausted) -> Page {
        let pages = SizeClass.units(sizeClass)
        let bytes = UInt64(pages * Arena.pageSize)
        header.heapLock.lock()
        while true {
            if let page = Page.linked(header.warmExtents(sizeClass).relaxed()) {
                var change = Transaction(under: header.heapLock, level: .heap)
                change.set(header.warmExtents(sizeClass), page.next.relaxed())
                change.set(header.cachedBytes, header.cachedBytes.relaxed() - bytes)
                use(page, &change)
                change.commit()
                header.heapLock.unlock()
                return page
            }
            let resident = header.residentBytes.relaxed() + bytes
            let occupied = resident + header.nextFreshObject.relaxed() * UInt64(Arena.objectSize)
            let cold = Page.linked(header.coldExtents(sizeClass).relaxed())
            let fresh = header.nextFreshPage.relaxed()
            let hasAddresses = cold != nil || fresh + UInt64(pages) <= Arena.dataPages
            if occupied <= header.budget.relaxed(), hasAddresses {
                let page = cold ?? Page(index: fresh)
                var change = Transaction(under: header.heapLock, level: .heap)
                if cold != nil {
                    change.set(header.coldExtents(sizeClass), page.next.relaxed())
                } else {
                    change.set(header.nextFreshPage, fresh + UInt64(pages))
                    change.set(page.use, Page.useOfExtent(sizeClass))
                }
                change.set(header.residentBytes, resident)
                use(page, &change)
                change.commit()
                header.heapLock.unlock()
                return page
            }
            header.heapLock.unlock()
            // No garbage is collected from here: the caller may hold a lock, and finalizers take some.
            guard emptyCaches() else { throw exhausted(Int(bytes)) }
            header.heapLock.lock()
        }
    }

    /// Gives the memory of all cached extents back. Returns whether there was any.
    private static func emptyCaches() -> Bool {
        var any = false
        for sizeClass in 0..<SizeClass.extentClasses {
            while let hand = takeWarm(sizeClass) {
                any = true
                let page = Page(containing: hand.relaxed())
                let bytes = SizeClass.units(sizeClass) * Arena.pageSize
                Arena.discard(page.start, bytes: bytes)
                header.heapLock.lock()
                var change = Transaction(under: header.heapLock, level: .heap)
                change.set(hand, 0)
                change.set(header.liveBytes, header.liveBytes.relaxed() - UInt64(bytes))
                pushCold(page, sizeClass, &change)
                change.commit()
                header.heapLock.unlock()
            }
        }
        return any
    }

    /// Moves a cached extent into this process's hand.
    private static func takeWarm(_ sizeClass: Int) -> SharedWord? {
        header.heapLock.lock()
        defer { header.heapLock.unlock() }
        guard let page = Page.linked(header.warmExtents(sizeClass).relaxed()) else { return nil }
        let bytes = UInt64(SizeClass.units(sizeClass) * Arena.pageSize)
        let hand = Hand.freeWord
        var change = Transaction(under: header.heapLock, level: .heap)
        change.set(header.warmExtents(sizeClass), page.next.relaxed())
        change.set(header.cachedBytes, header.cachedBytes.relaxed() - bytes)
        change.set(header.liveBytes, header.liveBytes.relaxed() + bytes)
        change.set(hand, page.start)
        change.commit()
        return hand
    }

    private static func exhausted(_ bytes: Int) -> SharedMemoryExhausted {
        SharedMemoryExhausted(requested: bytes, budget: Int(header.budget.relaxed()))
    }
}
