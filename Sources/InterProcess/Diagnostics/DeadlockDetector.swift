// Finding out that nothing will ever happen again.
//
// A process that is roused tries again what it waits for, and counts that (WaitRecord). So there is nothing to be evaluated
// here: if every live process is blocked, and each has tried again and failed since that was seen, with none of them having
// done anything else, then nobody can give what another waits for.
//
//   1. The lookout (Lookout), in its own wait, sees that all are blocked, notes the sequence and the rounds of each, and
//      rouses them.
//   2. It looks again, and rouses them again. When every sequence is unchanged and every process two rounds further, that is
//      a deadlock: the second round began after the note.
//
// Whoever computes, forks, sleeps, waits with a deadline, for a descriptor or with a handler for signals can act; so do
// processes that are stopped, whose rounds stand still. There is no false report. What it does not see: a wait for a pipe
// or a file that only a blocked process could fill.
//
// Nothing here is in shared memory but verdicts, and which wait was reported, in the slots of those they are about: the
// sequence of the wait, so that they concern no other. A crash leaves: a verdict that came to some, and the others look again.

import CInterProcess
import Glibc

/// What is done about a deadlock.
public enum DeadlockResponse: Sendable {
    /// Nothing; nobody looks.
    case off
    /// It is reported.
    case report
    /// It is reported, and the waits it consists of end as interrupted.
    case abort
}

/// Looks for deadlocks from inside the waits of the family.
public enum DeadlockDetector {
    /// For this process and those it forks from now on.
    nonisolated(unsafe) public static var response = DeadlockResponse.off {
        didSet { notesPlaces = response != .off }
    }
    /// Whether it is to be noted where a script takes what it holds.
    nonisolated(unsafe) public private(set) static var notesPlaces = false
    /// Shows a deadlock to the user. Set by the language layer.
    nonisolated(unsafe) public static var show: (@convention(thin) (Deadlock) -> Void)?

    /// A process as it was seen.
    private struct Sight: Equatable {
        let ref: ProcessRef
        let sequence: UInt64
    }

    /// What this process remembers of its last look.
    private struct Memory {
        var seen: [Sight] = []
        var roundsSeen: [UInt64] = []
        /// Whether what was seen has been reported.
        var isReported = false
        var suspected: [Sight] = []
        var reportedSuspicion: [Sight] = []
    }

    nonisolated(unsafe) private static var memory = Memory()

    /// Whether what this process saw last might be a deadlock: it should look again soon.
    static var isSuspicious: Bool {
        (!memory.seen.isEmpty && !memory.isReported)
            || (!memory.suspected.isEmpty && memory.suspected != memory.reportedSuspicion)
    }

    /// Called by a process that looks around in a wait.
    static func look() {
        guard response != .off else { return }
        guard Slot.mine.waitRecord.isBlocked else {
            memory.seen = []
            memory.suspected = []
            return
        }
        guard let sights = blockedProcesses() else {
            memory.seen = []
            return lookForCycle()
        }
        memory.suspected = []
        // Only now: a round that is counted from here on began after all were seen to be blocked.
        let rounds = sights.map { $0.ref.slot.waitRecord.rounds.load() }
        // One of them tells the others.
        guard Lookout.isMine else {
            memory.seen = []
            return
        }
        memory.isReported = sights.allSatisfy { $0.ref.slot.reportedWait.load() == $0.sequence }
        if memory.isReported || sights != memory.seen {
            memory.seen = sights
            memory.roundsSeen = rounds
        } else if zip(rounds, memory.roundsSeen).allSatisfy({ $0 >= $1 + 2 }) {
            return report(sights)
        }
        if !memory.isReported { rouse(sights) }
    }

    private static func rouse(_ sights: [Sight]) {
        for sight in sights { sight.ref.slot.rouse() }
    }

    /// All live processes, if all are blocked; nil if one can act, or has died and its death may have consequences.
    private static func blockedProcesses() -> [Sight]? {
        var sights: [Sight] = []
        for slot in Slot.everUsed {
            switch slot.phase {
            case .free, .swept: continue
            case .live where !slot.isDead && slot.waitRecord.isBlocked:
                sights.append(Sight(ref: slot.ref, sequence: slot.waitRecord.sequence.load()))
            case .live, .forking, .abandoned: return nil
            }
        }
        return sights
    }

    private static func report(_ sights: [Sight]) {
        let processes = sights.compactMap { BlockedProcess($0.ref.slot) }
        // Killed or interrupted in this moment.
        guard processes.map({ Sight(ref: $0.ref, sequence: $0.sequence) }) == sights else { return }
        let deadlock = Deadlock(certain: processes)
        show?(deadlock)
        for sight in sights { sight.ref.slot.reportedWait.store(sight.sequence) }
        memory.isReported = true
        // Writing takes its time: somebody may have been killed meanwhile, and the others can go on.
        guard response == .abort, blockedProcesses() == sights else { return }
        for sight in sights {
            let slot = sight.ref.slot
            slot.verdict.kind.store(deadlock.kind.rawValue)
            slot.verdict.sequence.store(sight.sequence)
            slot.attention.setBits(Attention.Request.deadlock.rawValue)
        }
        rouse(sights)
    }

    /// Whether this process is part of a cycle of lock holders while others can act. The first in the table tells, once it
    /// has seen the same twice.
    private static func lookForCycle() {
        let before = memory.suspected
        memory.suspected = []
        var path: [Slot] = []
        var slot = Slot.mine
        repeat {
            guard path.count <= Slot.heldLocksCount, let holder = lockHolder(blocking: slot) else { return }
            path.append(slot)
            slot = holder.slot
            // Another one of the cycle is first. It may not know that there is one now.
            if slot.index < Slot.mine.index {
                if slot.activity == .relieved, lockHolder(blocking: slot) != nil { slot.rouse() }
                return
            }
            // This process only waits for one of the cycle.
            if path.dropFirst().contains(slot) { return }
        } while slot != Slot.mine
        // A lock that its holder wants, and another process releases, is a gate: people use it so.
        guard path.count > 1 else { return }
        let cycle = path.compactMap { BlockedProcess($0) }
        guard cycle.count == path.count else { return }
        let sights = cycle.map { Sight(ref: $0.ref, sequence: $0.sequence) }
        memory.suspected = sights
        guard sights == before, sights != memory.reportedSuspicion else { return }
        memory.reportedSuspicion = sights
        show?(Deadlock(suspected: cycle))
    }

    /// The live process that holds the lock which the process of a slot is blocked by; nil if it is not, or by something else.
    private static func lockHolder(blocking slot: Slot) -> ProcessRef? {
        guard slot.waitRecord.isBlocked, let wait = WaitView(slot.waitRecord), wait.operation == .acquire
        else {
            return nil
        }
        let holder = wait.holder
        return holder.isAlive ? holder : nil
    }

    /// Before a fork: so that not each child finds out what its own is to look like.
    static func prepareForChild() { _ = memory.isReported }

    /// A forked child has seen nothing yet.
    static func becomeChild() { memory = Memory() }
}
