// Wait lists: who sleeps for what, in the order they came.
//
// Layout: a list is one word of a shared object, first node | last node << 32, guarded by
// the object's wait lock. A node (64 bytes, in the slot of the sleeper) is
//
//     0    the list it is in (arena offset), 0 = none
//     8    previous node | next node << 32
//     16   sleeper (ProcessRef)
//     24   the list that woke it, until it has looked: a grant
//
// Invariants: linking, unlinking and granting are transactions. A grant names its sleeper;
// the sweep passes the grant of a dead sleeper on. A node whose sleeper lives is in its list, or
// granted, or its sleeper is awake.
//
// A crash leaves: nodes of the dead in the list, which wakers skip and the sweep unlinks.
// A waker killed between granting and waking: the sleeper looks up when somebody has swept the waker.

import CInterProcess

struct WaitNode: Equatable {
    let slot: Slot
    let index: Int

    /// A node in a list word; 0 is none.
    var id: UInt64 { UInt64(slot.index * Slot.nodeCount + index + 1) }

    static func identified(_ id: UInt64) -> WaitNode? {
        guard id != 0 else { return nil }
        let place = Int(id) - 1
        return WaitNode(slot: Slot(index: place / Slot.nodeCount), index: place % Slot.nodeCount)
    }

    private func word(_ offset: Int) -> SharedWord { SharedWord(slot.base + 4096 + index * 64 + offset) }

    var list: SharedWord { word(0) }
    var links: SharedWord { word(8) }
    var sleeper: SharedWord { word(16) }
    var granted: SharedWord { word(24) }

    /// Whether it is in a list, or was granted a turn that nobody has taken.
    var isInUse: Bool { list.load() != 0 || granted.load() != 0 }

    /// Whether its sleeper, another process, lives, has been granted a turn by that list, and has not looked since.
    func isOnItsWay(from list: WaitList) -> Bool {
        granted.load() == list.word.offset && slot != .mine && ProcessRef(rawValue: sleeper.relaxed()).isAlive
    }

    /// Makes the sleeper look.
    func wake() { slot.rouse() }
}

/// A queue of sleeping processes inside a shared object.
public struct WaitList {
    let lock: RobustMutex
    let word: SharedWord

    private static let half: UInt64 = 0xffff_ffff

    /// The list whose word lies at `offset`, which is inside an object.
    init(offset: UInt64) {
        lock = SharedObject(containing: offset).waitLock
        word = SharedWord(offset: offset)
    }

    init(lock: RobustMutex, word: SharedWord) {
        self.lock = lock
        self.word = word
    }

    /// A hint; exact for who has just passed a full barrier after publishing.
    @inline(__always)
    var isEmpty: Bool { word.load() == 0 }

    func append(_ node: WaitNode) {
        lock.lock()
        // Under the lock: a transaction of somebody who died while granting to this node is settled by now.
        node.sleeper.storeRelaxed(ProcessRef.current.rawValue)
        node.granted.storeRelaxed(0)
        let ends = word.relaxed()
        let last = WaitNode.identified(ends >> 32)
        var change = Transaction(under: lock)
        change.set(node.links, last?.id ?? 0)
        change.set(node.list, word.offset)
        if let last {
            change.set(last.links, last.links.relaxed() & Self.half | node.id << 32)
            change.set(word, ends & Self.half | node.id << 32)
        } else {
            change.set(word, node.id | node.id << 32)
        }
        change.commit()
        lock.unlock()
    }

    /// Takes `node` of the calling process out, if it is still in.
    ///
    /// - Returns: whether it has been granted a turn, which is its sleeper's now.
    func leave(_ node: WaitNode) -> Bool {
        guard node.isInUse else { return false }
        lock.lock()
        defer { lock.unlock() }
        if node.list.relaxed() == word.offset {
            var change = Transaction(under: lock)
            unlink(node, &change)
            change.commit()
        }
        guard node.granted.relaxed() != 0 else { return false }
        node.granted.store(0)
        return true
    }

    /// Takes out the node of a process that will not use a turn, since it is dead or waits no more. A turn that it had been
    /// granted goes to the next, in the transaction that takes it away.
    func remove(_ node: WaitNode) {
        lock.lock()
        if node.list.relaxed() == word.offset {
            var change = Transaction(under: lock)
            unlink(node, &change)
            change.commit()
        }
        lock.unlock()
        guard node.granted.load() != 0 else { return }
        if let next = grantFirst(inPlaceOf: node) { next.wake() } else { node.granted.store(0) }
    }

    /// Wakes the process that has waited longest and is alive. The caller has made true what it waits for.
    ///
    /// - Returns: its node, if there is one.
    @discardableResult
    func wakeOne() -> WaitNode? {
        guard !isEmpty, let node = grantFirst() else { return nil }
        node.wake()
        return node
    }

    /// Wakes the `count` processes that have waited longest, or as many as there are.
    func wake(_ count: Int) {
        var left = count
        while left > 0, !isEmpty, let node = grantFirst() {
            node.wake()
            left -= 1
        }
    }

    /// Wakes all who are in the list now; not those who come back while we are at it.
    func wakeAll() {
        if !isEmpty { wake(length) }
    }

    /// How many nodes are in the list.
    private var length: Int {
        lock.lock()
        defer { lock.unlock() }
        var length = 0
        var node = WaitNode.identified(word.relaxed() & Self.half)
        while let current = node {
            length += 1
            node = WaitNode.identified(current.links.relaxed() >> 32)
        }
        return length
    }

    private func grantFirst(inPlaceOf dead: WaitNode? = nil) -> WaitNode? {
        lock.lock()
        defer { lock.unlock() }
        var next = WaitNode.identified(word.relaxed() & Self.half)
        while let node = next {
            // The dead stay in the list until they are swept: a node is taken out without a grant only by its sleeper or who
            // sweeps that. So no record of anybody else is about a node of a slot that is free.
            guard ProcessRef(rawValue: node.sleeper.relaxed()).isAlive else {
                next = WaitNode.identified(node.links.relaxed() >> 32)
                continue
            }
            var change = Transaction(under: lock)
            // Before it leaves the list: its sleeper, who looks without our lock, is always listed or granted.
            change.set(node.granted, word.offset)
            if let dead { change.set(dead.granted, 0) }
            unlink(node, &change)
            change.commit()
            return node
        }
        return nil
    }

    private func unlink(_ node: WaitNode, _ change: inout Transaction) {
        let links = node.links.relaxed()
        let previous = WaitNode.identified(links & Self.half)
        let next = WaitNode.identified(links >> 32)
        var ends = word.relaxed()
        if let previous {
            change.set(previous.links, previous.links.relaxed() & Self.half | (links >> 32) << 32)
        } else {
            ends = ends & ~Self.half | links >> 32
        }
        if let next {
            change.set(next.links, next.links.relaxed() & ~Self.half | links & Self.half)
        } else {
            ends = ends & Self.half | (links & Self.half) << 32
        }
        change.set(word, ends)
        change.set(node.list, 0)
    }
}
