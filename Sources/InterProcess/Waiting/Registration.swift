/// The nodes of one wait, linked into the lists it listens to.
///
/// A wait may run code of the script, which may wait in turn: the nodes of the inner wait come after those of the outer.
final class Registration {
    private let lists: ArraySlice<WaitList>
    private let turns: WaitSet.Turns
    private let first: Int
    private let polls: Bool

    nonisolated(unsafe) private static var nodesInUse = 0
    /// Nodes that are kept for waits that are nothing without one.
    private static let nodesForDecisive = 8

    init(of set: WaitSet) {
        first = Self.nodesInUse
        let available = Slot.nodeCount - first - (set.turns == .decisive ? 0 : Self.nodesForDecisive)
        // Objects beyond that are looked at when the cap is reached.
        lists = set.lists.prefix(max(0, available))
        isComplete = lists.count == set.lists.count
        precondition(
            set.turns != .decisive || !lists.isEmpty, "signal handlers wait inside each other at most so deep"
        )
        turns = set.turns
        polls = !set.descriptors.isEmpty
        Self.nodesInUse += lists.count
    }

    /// Whether all lists have a node. What happens to the others is only noticed by looking.
    let isComplete: Bool

    private func node(_ index: Int) -> WaitNode { Slot.mine.node(first + index) }

    /// Puts the nodes that are in no list, since they are new or had a turn, at the end of theirs.
    func link() {
        if polls { PollSocket.drain() }
        for (index, list) in lists.enumerated() where node(index).list.load() == 0 {
            let isGranted = node(index).granted.load() != 0
            // A hint that came since the last look is followed up by the attempt that comes now.
            if isGranted, turns == .decisive { continue }
            if isGranted, turns == .passedOn, list.leave(node(index)) { list.wakeOne() }
            list.append(node(index))
        }
    }

    /// Whether some list has granted its turn.
    var hasTurn: Bool { lists.indices.contains { node($0).granted.load() != 0 } }

    /// Looks for a turn for a while.
    func spinForTurn(until deadline: Deadline) {
        guard var spinning = Spinning(until: deadline) else { return }
        if spinning.wait({ hasTurn }) { spinning.noteSuccess() }
    }

    /// Takes the nodes out of the lists.
    ///
    /// - Returns: whether one of them had been granted a turn, which is the caller's now.
    func leave() -> Bool {
        var any = false
        for (index, list) in lists.enumerated() where list.leave(node(index)) { any = true }
        return any
    }

    /// Gives hints that this process has been granted, and cannot follow up now, to the next.
    func passOnHints() {
        guard turns == .hints else { return }
        for (index, list) in lists.enumerated() where node(index).granted.load() != 0 {
            if list.leave(node(index)) { list.wakeOne() }
        }
    }

    /// Gives a turn to the next in each list.
    func passOn() { for list in lists { list.wakeOne() } }

    /// The wait is over: turns that came and were not used go to the next.
    func end() {
        for (index, list) in lists.enumerated() where node(index).isInUse { list.remove(node(index)) }
        Self.nodesInUse = first
    }

    /// A forked child waits for nothing.
    static func becomeChild() { nodesInUse = 0 }
}
