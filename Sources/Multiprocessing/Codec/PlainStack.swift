import Glibc

/// A growable stack of plain values in memory of its own, for the innermost loops: unlike Array it checks neither
/// bounds nor sharing, and copying it does not copy its contents. Whoever makes one frees it.
struct PlainStack<Element: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private(set) var capacity: Int

    init(capacity: Int) {
        base = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    func free() { base.deallocate() }

    @inline(__always)
    var isEmpty: Bool { count == 0 }

    /// Where the topmost value lies; valid until the next push. There must be one.
    @inline(__always)
    var last: UnsafeMutablePointer<Element> { base + (count - 1) }

    @inline(__always)
    mutating func push(_ element: Element) {
        if count == capacity { grow() }
        (base + count).initialize(to: element)
        count += 1
    }

    @inline(__always)
    mutating func pop() { count -= 1 }

    /// Drops all values beyond the first `newCount`.
    @inline(__always)
    mutating func truncate(to newCount: Int) { count = newCount }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        larger.initialize(from: base, count: count)
        base.deallocate()
        base = larger
        capacity *= 2
    }
}
