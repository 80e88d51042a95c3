// Values and arrays of numbers.
//
// Layout, in a shared object of kind `array`:
//
//     64    its lock (handle entry: owns a share), 0 = none
//     72    type of the elements · 80 how many · 88 1 = a value
//     96    block of the elements, for arrays · 104 mutex of the block, for characters
//     192   the element of a value
//
// Invariants: an element is read and written with one load or store, so it is never half changed, with a lock or
// without. Text of a `c` array is written to a fresh block, which then takes the place of the old one in one
// transaction; whoever looks into the block of a `c` array holds the mutex meanwhile.
//
// A crash leaves: elements before or after; text before or after.

import Glibc

/// A value or an array of values of one type in shared memory.
public struct ArrayStorage {
    /// The object of kind `array`.
    public let object: SharedObject

    /// The array that an object is.
    ///
    /// - Parameter object: of kind `array`.
    public init(_ object: SharedObject) { self.object = object }

    private var lockShare: SharedWord { object.word(64) }
    private var typeWord: SharedWord { object.word(72) }
    private var countWord: SharedWord { object.word(80) }
    private var scalarFlag: SharedWord { object.word(88) }
    private var block: SharedWord { object.word(96) }
    private var blockMutex: RobustMutex { RobustMutex(object.word(104)) }
    private var scalar: SharedWord { object.word(192) }

    /// Makes a value or an array, all zero, that this process holds a reference to.
    ///
    /// - Parameters:
    ///   - type: the type of the elements.
    ///   - count: how many elements; nil for a value.
    ///   - lock: what guards it, nil for nothing; it is kept alive.
    ///   - name: for diagnostics.
    ///   - place: the script line that makes it; 0 = unknown.
    public static func create(
        _ type: ElementType, count: Int?, lock: LockStorage?, name: String? = nil, place: UInt64 = 0
    ) throws(SharedMemoryExhausted) -> ArrayStorage {
        let array = ArrayStorage(
            try HandleTable.create(.array, name: name, place: place) { object in
                let array = ArrayStorage(object)
                array.typeWord.storeRelaxed(UInt64(type.rawValue))
                array.countWord.storeRelaxed(UInt64(count ?? 1))
                array.scalarFlag.storeRelaxed(count == nil ? 1 : 0)
            })
        if let lock { _ = HandleTable.own(lock.object.handle, in: array.lockShare) }
        guard let count else { return array }
        do throws(SharedMemoryExhausted) {
            let (bytes, overflows) = count.multipliedReportingOverflow(by: type.size)
            guard !overflows else {
                throw SharedMemoryExhausted(requested: .max, budget: Family.memoryBudget)
            }
            let start = try SharedHeap.allocate(max(bytes, 1), into: array.block)
            memset(Arena.pointer(start), 0, bytes)
        } catch {
            HandleTable.release(array.object)
            throw error
        }
        return array
    }

    func destroyContents() {
        HandleTable.disown(lockShare)
        if block.relaxed() != 0 { SharedHeap.free(block) }
    }

    /// The type of its elements.
    @inline(__always)
    public var type: ElementType {
        ElementType(rawValue: UInt8(truncatingIfNeeded: typeWord.relaxed())) ?? .uint8
    }
    /// How many elements it has, 1 for a value.
    public var count: Int { Int(countWord.relaxed()) }
    /// Whether it is a value and no array.
    public var isScalar: Bool { scalarFlag.relaxed() != 0 }
    /// What guards it.
    public var lock: LockStorage? {
        HandleTable.handle(in: lockShare).map { LockStorage(SharedObject(index: $0.index)) }
    }

    // MARK: Elements

    @inline(__always)
    private func address(_ index: Int) -> UnsafeMutableRawPointer {
        isScalar ? scalar.address : Arena.pointer(block.relaxed()) + index * type.size
    }

    /// The word of an element of an array of 64-bit integers; the index is from 0 and in range.
    public func word(_ index: Int) -> SharedWord { SharedWord(address(index)) }

    /// Reads an element; the index is from 0 and in range.
    public func read(_ index: Int = 0) -> Element {
        type == .character && !isScalar
            ? withText { type.read($0.baseAddress.unsafelyUnwrapped + index) } : type.read(address(index))
    }

    /// Writes an element of the right type and range; the index is from 0 and in range.
    public func write(_ element: Element, at index: Int = 0) {
        if type == .character, !isScalar {
            withText {
                type.write(
                    element, to: UnsafeMutableRawPointer(mutating: $0.baseAddress.unsafelyUnwrapped) + index)
            }
        } else {
            type.write(element, to: address(index))
        }
    }

    /// Replaces the element of a value by what `change` makes of it, nil for nothing, as one step.
    ///
    /// - Returns: the old element and the new.
    public func modify(_ change: (Element) -> Element?) -> (old: Element, new: Element?) {
        while true {
            let seen = scalar.load()
            var bytes = seen
            let old = withUnsafeBytes(of: &bytes) { type.read($0.baseAddress.unsafelyUnwrapped) }
            guard let new = change(old) else { return (old, nil) }
            withUnsafeMutableBytes(of: &bytes) { type.write(new, to: $0.baseAddress.unsafelyUnwrapped) }
            if scalar.compareExchange(seen, bytes) { return (old, new) }
        }
    }

    // MARK: Text

    /// Calls `body` with all characters of a `c` array.
    public func withText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        blockMutex.lock()
        defer { blockMutex.unlock() }
        return body(UnsafeRawBufferPointer(start: Arena.pointer(block.relaxed()), count: count))
    }

    /// Writes the first characters of a `c` array, which has at least so many; the rest stays.
    public func setText(_ text: UnsafeRawBufferPointer) throws(SharedMemoryExhausted) {
        let hand = Hand.freeWord
        let fresh = Arena.pointer(try SharedHeap.allocate(max(count, 1), into: hand))
        blockMutex.lock()
        if let source = text.baseAddress { fresh.copyMemory(from: source, byteCount: text.count) }
        let old = Arena.pointer(block.relaxed())
        (fresh + text.count).copyMemory(from: old + text.count, byteCount: count - text.count)
        let oldBlock = block.relaxed()
        var change = Transaction(under: blockMutex)
        change.set(block, hand.relaxed())
        change.set(hand, oldBlock)
        change.commit()
        blockMutex.unlock()
        Hand.release(hand)
    }
}
