import Atomics

/// One 8-byte word of shared memory, the unit of everything processes see of each
/// other. A store of a word is atomic, so a process killed around it leaves the old
/// value or the new one.
@frozen public struct SharedWord {
    @usableFromInline let storage: UnsafeAtomic<UInt64>

    /// The word at an address.
    ///
    /// - Parameter address: 8-byte aligned memory that stays mapped.
    @inlinable @inline(__always)
    public init(_ address: UnsafeMutableRawPointer) {
        storage = UnsafeAtomic(at: address.assumingMemoryBound(to: UnsafeAtomic<UInt64>.Storage.self))
    }

    /// The word at a place in the arena.
    @inline(__always)
    init(offset: UInt64) { self.init(Arena.pointer(offset)) }

    @inline(__always)
    var address: UnsafeMutableRawPointer {
        // UnsafeAtomic is one pointer and offers no way to ask for it.
        unsafeBitCast(storage, to: UnsafeMutableRawPointer.self)
    }

    /// Where the word lies in the arena.
    @inline(__always)
    var offset: UInt64 { Arena.offset(of: address) }

    /// The half of the word that the kernel compares when a process sleeps on it (the low one).
    @inline(__always)
    var futex: UnsafeMutablePointer<UInt32> { address.assumingMemoryBound(to: UInt32.self) }

    /// Reads; what the writer did before its `store` is visible afterwards.
    @inlinable @inline(__always)
    public func load() -> UInt64 { storage.load(ordering: .acquiring) }

    /// Reads a word that only this process changes, or whose value is a mere hint.
    @inlinable @inline(__always)
    public func relaxed() -> UInt64 { storage.load(ordering: .relaxed) }

    /// Publishes: pairs with `load`.
    @inlinable @inline(__always)
    public func store(_ value: UInt64) { storage.store(value, ordering: .releasing) }

    /// Writes a word that only this process reads, or whose value is a mere hint. Publishes nothing.
    @inlinable @inline(__always)
    public func storeRelaxed(_ value: UInt64) { storage.store(value, ordering: .relaxed) }

    /// A full barrier as well.
    @inlinable @inline(__always)
    func exchange(_ value: UInt64) -> UInt64 { storage.exchange(value, ordering: .sequentiallyConsistent) }

    /// A full barrier as well. Returns whether the word was `expected` and is now `desired`.
    @inlinable @inline(__always)
    func compareExchange(_ expected: UInt64, _ desired: UInt64) -> Bool {
        storage.compareExchange(expected: expected, desired: desired, ordering: .sequentiallyConsistent)
            .exchanged
    }

    @inlinable @inline(__always)
    @discardableResult
    func add(_ value: UInt64) -> UInt64 {
        storage.loadThenWrappingIncrement(by: value, ordering: .sequentiallyConsistent)
    }

    @inlinable @inline(__always)
    func setBits(_ bits: UInt64) {
        _ = storage.loadThenBitwiseOr(with: bits, ordering: .sequentiallyConsistent)
    }

    @inlinable @inline(__always)
    func clearBits(_ bits: UInt64) {
        _ = storage.loadThenBitwiseAnd(with: ~bits, ordering: .sequentiallyConsistent)
    }
}
