// What a process waits for, for those who ask why nothing moves.
//
// Layout, in the slot: sequence (odd while waiting) · operation · object offset · since · deadline · place · rounds ·
// whether somebody outside of the family can end the wait.
//
// Invariants: only the process itself writes. While the sequence keeps one odd value, the process does nothing but look
// whether its wait is over, and sleep: who runs code of the script inside a wait ends the record first.
//
// A crash leaves: the record of a dead process, which nobody reads.

import CInterProcess

/// The record of the innermost wait of a process.
struct WaitRecord {
    let base: UnsafeMutableRawPointer

    private func word(_ index: Int) -> SharedWord { SharedWord(base + index * 8) }

    var sequence: SharedWord { word(0) }
    var operation: SharedWord { word(1) }
    var object: SharedWord { word(2) }
    var since: SharedWord { word(3) }
    var deadline: SharedWord { word(4) }
    var place: SharedWord { word(5) }
    /// How often the process has looked whether its wait is over, and found that it is not.
    var rounds: SharedWord { word(6) }
    private var isOpen: SharedWord { word(7) }

    /// - Parameters:
    ///   - since: when the wait began, of which this may be a later part.
    ///   - isOpen: somebody outside of the family may end the wait.
    func begin(_ operation: Operation, until deadline: Deadline, since begun: UInt64, isOpen: Bool) {
        self.operation.storeRelaxed(operation.kind.rawValue)
        object.storeRelaxed(operation.object?.offset ?? 0)
        since.storeRelaxed(begun)
        self.deadline.storeRelaxed(deadline.nanoseconds)
        place.storeRelaxed(Operation.currentPlace())
        self.isOpen.storeRelaxed(isOpen ? 1 : 0)
        sequence.store(sequence.relaxed() | 1)
    }

    /// The process is about to sleep.
    func noteRound() { rounds.store(rounds.relaxed() &+ 1) }

    func end() { sequence.store((sequence.relaxed() | 1) &+ 1) }

    /// For a process that begins. The sequence goes on: a verdict about a wait of the one before is about no other.
    func clear() { end() }

    /// Whether the process waits for something that only the family can give, for however long it takes.
    var isBlocked: Bool {
        sequence.load() & 1 != 0 && deadline.relaxed() == Deadline.never.nanoseconds && isOpen.relaxed() == 0
    }
}
