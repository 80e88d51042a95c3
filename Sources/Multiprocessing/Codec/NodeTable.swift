/// The nodes of one message by identity: what was met before, and under which number.
///
/// Almost every message has a handful of nodes, for which looking through a list is fastest. Only when there are more
/// is a hash table built.
struct NodeTable {
    /// The nodes' addresses in order of their numbers.
    private var nodes = PlainStack<UnsafeRawPointer>(capacity: 64)
    /// Open addressing: numbers of nodes, 0 for free. The size is a power of two, at least twice the number of nodes.
    private var slots: UnsafeMutablePointer<UInt32>?
    private var mask = 0
    /// How many slots there is memory for.
    private var capacity = 0

    private static let longestList = 12
    private static let smallestSize = 64
    /// Memory for up to this many slots is kept from message to message.
    private static let usualCapacity = 1 << 12

    /// Enters a node.
    ///
    /// - Returns: The number it has already, from 1; 0 if it is new, and has the next number now.
    @inline(__always)
    mutating func enter(_ node: UnsafeRawPointer) -> Int {
        if nodes.count >= Self.longestList { return enterHashed(node) }
        for index in 0..<nodes.count where nodes.base[index] == node { return index + 1 }
        nodes.push(node)
        return 0
    }

    @inline(__always)
    mutating func reset() {
        if nodes.count > Self.longestList { resetHashed() }
        nodes.truncate(to: 0)
    }

    @inline(never)
    private mutating func enterHashed(_ node: UnsafeRawPointer) -> Int {
        if nodes.count == Self.longestList || nodes.count * 2 > mask { rehash() }
        guard let slots else { fatalError("a hash table was just made") }
        var slot = hash(node)
        while slots[slot] != 0 {
            let number = Int(slots[slot])
            if nodes.base[number - 1] == node { return number }
            slot = (slot + 1) & mask
        }
        nodes.push(node)
        slots[slot] = UInt32(truncatingIfNeeded: nodes.count)
        return 0
    }

    /// Addresses differ in their middle bits; multiplying carries those to the top.
    private func hash(_ node: UnsafeRawPointer) -> Int {
        let mixed = UInt64(UInt(bitPattern: node)) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: mixed >> 32) & mask
    }

    private mutating func rehash() {
        let size = nodes.count == Self.longestList ? Self.smallestSize : (mask + 1) * 4
        if size > capacity {
            slots?.deallocate()
            slots = .allocate(capacity: size)
            capacity = size
        }
        mask = size - 1
        guard let slots else { fatalError("a hash table was just made") }
        slots.initialize(repeating: 0, count: size)
        for index in 0..<nodes.count {
            var slot = hash(nodes.base[index])
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(truncatingIfNeeded: index + 1)
        }
    }

    private mutating func resetHashed() {
        if capacity <= Self.usualCapacity { return }
        slots?.deallocate()
        slots = nil
        capacity = 0
        nodes.free()
        nodes = PlainStack(capacity: 64)
    }
}
