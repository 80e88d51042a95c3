// The sweep: putting away what a dead process left.
//
// Invariant: every step is whole and can be repeated, and one process sweeps a slot at a
// time (its sweep lock). A sweeper that dies is swept itself, and another goes on.

import CInterProcess
import Glibc

/// Cleans up after the dead.
enum Sweeper {
    /// Sweeps every slot whose process has died. No mutex may be held.
    static func sweepTheDead() {
        for slot in Slot.everUsed where slot != Slot.mine {
            switch slot.phase {
            case .live where slot.isDead: sweep(slot)
            case .forking, .abandoned: abandon(slot)
            case .swept: reapAdopted(slot)
            default: break
            }
        }
        Destruction.run()
    }

    /// Sweeps what is left of children of this process that died before they were live: nobody else knows of them.
    static func sweepUnbornChildren() {
        guard ChildProcess.hasForked else { return }
        for slot in Slot.everUsed
        where slot.phase == .forking && slot.parent.load() == ProcessRef.current.rawValue {
            abandon(slot)
        }
    }

    /// Sweeps a slot if its process is dead and nobody has yet.
    ///
    /// Until its zombie is reaped the slot is not free, so that its pid is not forgotten.
    ///
    /// - Parameters:
    ///   - process: the one to be swept, and no later one.
    ///   - isReaped: the caller is its parent, and there is no zombie any more, or never was.
    static func sweep(_ slot: Slot, of process: ProcessRef? = nil, isReaped: Bool = false) {
        // Who only looks changes nothing.
        if Arena.isObserved { return }
        slot.announceDeath()
        // Its own mutex rank: nothing is held, and everything inside ranks below.
        let sweeperDied = slot.sweepLock.lock()
        defer { slot.sweepLock.unlock() }
        // Decided here, where nobody else can free the slot: since the caller looked, another may
        // have swept it and a new process may live in it.
        let state = slot.state.load()
        guard slot.isDead || state & 0xff == Slot.Phase.abandoned.rawValue else { return }
        if let process, process.generation != state >> 8 { return }
        Settlement.settle(slot)
        if sweeperDied { settleOthers(than: slot) }
        let wasKilled = recordCause(slot)
        HeldLocks.settle(slot)
        releaseNodes(slot)
        for index in 0..<Hand.count { Hand.release(slot.handWord(index)) }
        // It had none before it was live; whoever reaps it finds it here.
        if !isReaped, slot.pid.load() == 0, let pid = slot.currentRecord?.pid { slot.pid.store(UInt64(pid)) }
        // The record goes with the handles: who takes this sweep up again must not find another object there.
        slot.record.store(0)
        HandleTable.releaseAll(of: slot)
        let hasParent = ProcessRef(rawValue: slot.parent.load()).isAlive
        // The main process adopts orphans.
        let next: Slot.Phase = !isReaped && (hasParent || mainIsAlive) ? .swept : .free
        slot.state.store(Slot.stateValue((state >> 8) + 1, next))
        if next == .free {
            slot.noteFree()
        } else if !hasParent {
            reapAdopted(slot)
            ProcessRef(rawValue: ArenaHeader.shared.mainProcess.load()).slot.ask(.reap)
        }
        // What it was about to tell somebody, nobody will.
        if wasKilled { Lookout.noteKill() }
    }

    private static var mainIsAlive: Bool {
        ProcessRef(rawValue: ArenaHeader.shared.mainProcess.load()).isAlive
    }

    /// A slot whose parent, or whose child itself, died between the claim and the child's being live.
    private static func abandon(_ slot: Slot) {
        let state = slot.state.load()
        let parent = ProcessRef(rawValue: slot.parent.load())
        guard !parent.isAlive ? !isOnItsWay(slot) : parent == ProcessRef.current && isZombie(slot) else {
            return
        }
        let abandoned = Slot.stateValue(state >> 8, .abandoned)
        // A child that becomes live in this moment wins, and is found dead or alive later.
        if state & 0xff == Slot.Phase.forking.rawValue, !slot.state.compareExchange(state, abandoned) {
            return
        }
        // It may have been killed while it gave the slot something.
        settle(parent.slot)
        sweep(slot)
    }

    /// An earlier sweeper of a slot has died at it: what that had committed about it is done before anything is looked at.
    private static func settleOthers(than slot: Slot) {
        for other in Slot.everUsed where other != slot && other != .mine { settle(other) }
    }

    /// Makes sure that a process, if it is dead, has no committed record left. Where somebody sweeps it that is done first.
    private static func settle(_ slot: Slot) {
        while slot.isDead, Settlement.isDue(slot) {
            guard let sweeperDied = slot.sweepLock.tryLock() else {
                sched_yield()
                continue
            }
            if slot.isDead { Settlement.settle(slot) }
            // The next sweeper of that slot will not be told.
            if sweeperDied { settleOthers(than: slot) }
            return slot.sweepLock.unlock()
        }
    }

    /// Whether the child of a dead parent has still to become live: `start` may have returned before that, and such a process
    /// goes on. A process of somebody else's that has got its pid meanwhile only delays the sweep.
    private static func isOnItsWay(_ slot: Slot) -> Bool {
        guard slot.phase == .forking, let pid = slot.currentRecord?.pid, pid > 0 else { return false }
        return ip_runs_same_program(pid)
    }

    /// Whether a child of this process has died and was not reaped; without a lifeline only its zombie tells.
    private static func isZombie(_ slot: Slot) -> Bool {
        // The slot has no pid before its process is live; its parent owns a share of the record.
        guard let pid = slot.currentRecord?.pid, pid > 0 else { return false }
        return ip_is_zombie(pid)
    }

    /// The main process gives an adopted zombie its last rites.
    private static func reapAdopted(_ slot: Slot) {
        let state = slot.state.load()
        guard state & 0xff == Slot.Phase.swept.rawValue else { return }
        // A parent reaps its children itself.
        if ProcessRef(rawValue: slot.parent.load()).isAlive { return }
        if ArenaHeader.shared.mainProcess.load() == ProcessRef.current.rawValue {
            let pid = pid_t(truncatingIfNeeded: slot.pid.load())
            // Its death is known before the kernel is done with it. Still dying, or not ours yet because its parent is: the next
            // look will find the zombie.
            if pid > 0, !ip_reap(pid, DepartedChildren.patience) || kill(pid, 0) == 0 { return }
        } else if mainIsAlive {
            return
        }
        free(slot, state)
    }

    /// Reaps what other processes have put away. For the main process.
    static func reapOrphans() {
        for slot in Slot.everUsed where slot.phase == .swept { reapAdopted(slot) }
    }

    private static func free(_ slot: Slot, _ state: UInt64) {
        if slot.state.compareExchange(state, Slot.stateValue(state >> 8, .free)) { slot.noteFree() }
    }

    /// Whether a child of this process was swept and its zombie is still to be reaped.
    static func awaitsReaping(_ child: ProcessRef) -> Bool {
        child.slot.state.load() == sweptState(of: child)
    }

    /// Frees the slot of a child of this process that was swept, when it has been reaped.
    static func free(_ child: ProcessRef) {
        if awaitsReaping(child) { free(child.slot, sweptState(of: child)) }
    }

    private static func sweptState(of process: ProcessRef) -> UInt64 {
        Slot.stateValue(process.generation + 1, .swept)
    }

    /// Where nobody has reaped the process, the kernel still tells how it ended.
    ///
    /// - Returns: whether it did not end by itself, as far as is known.
    private static func recordCause(_ slot: Slot) -> Bool {
        guard let record = slot.currentRecord else { return true }
        if record.exitCode == nil {
            let status = ip_dying_status(record.pid)
            if status >= 0 { record.setExitCode(ip_exit_code(status)) }
        }
        // 255 stands for a code that is lost as well.
        return record.exitCode.map { $0 < 0 || $0 == 255 } ?? true
    }

    /// Unlinks the wait nodes of the dead; a grant it did not use goes to the next.
    private static func releaseNodes(_ slot: Slot) {
        for index in 0..<Slot.nodeCount {
            let node = slot.node(index)
            let list = node.list.load() | node.granted.load()
            // It is in the list, or was granted by it: never both of different lists.
            if list != 0 { WaitList(offset: list).remove(node) }
        }
    }
}
