// The mutex inside shared objects.
//
// Layout: one word. 0 = free; else the owner's ProcessRef, with bit 0 set while
// somebody sleeps on it.
//
// Invariants: only the owner stores zero; only a process that saw the owner dead
// replaces the owner by itself. Because the word names slot and generation of its
// owner, a dead owner is recognised for ever, whatever has become of its slot and pid.
//
// A crash leaves: a word that names the dead. The next to lock takes it over, applies
// the committed redo records that name this mutex, and goes on. A process killed
// between freeing the word and waking a sleeper, or between being woken and running,
// strands the sleepers for one slice at most.

import CInterProcess

/// A mutual exclusion lock in shared memory that survives the death of its owner.
/// Ranks: object, then heap; never two of a rank.
public struct RobustMutex {
    let word: SharedWord

    private static let sleepersBit: UInt64 = 1
    /// Longest sleep before the word is looked at again: what a lost wake-up costs.
    private static let slice: UInt64 = 50_000_000
    /// Critical sections take tens of nanoseconds; this is a few of them.
    private static let spins = 200

    @inline(__always)
    init(_ word: SharedWord) { self.word = word }

    /// Locks it. Returns whether its owner had died.
    @discardableResult @inline(__always)
    func lock() -> Bool {
        word.compareExchange(0, ProcessRef.current.rawValue) ? false : lockSlowly()
    }

    /// Locks it if it is free, or if its owner has died. Returns whether the owner had died; nil if it is not locked.
    func tryLock() -> Bool? {
        let seen = word.load()
        if seen == 0 { return word.compareExchange(0, ProcessRef.current.rawValue) ? false : nil }
        guard !ProcessRef(rawValue: seen & ~Self.sleepersBit).isAlive else { return nil }
        return takeOver(from: seen) ? true : nil
    }

    private func takeOver(from dead: UInt64) -> Bool {
        guard word.compareExchange(dead, ProcessRef.current.rawValue | Self.sleepersBit) else { return false }
        Settlement.settle(self)
        return true
    }

    @inline(__always)
    func unlock() {
        // A full barrier: who unlocks and then looks for waiters sees those who enqueued before.
        let old = word.exchange(0)
        if old & Self.sleepersBit != 0 { ip_futex_wake(word.futex, 1) }
    }

    @inline(never)
    private func lockSlowly() -> Bool {
        let me = ProcessRef.current.rawValue
        for _ in 0..<Self.spins {
            if word.relaxed() == 0, word.compareExchange(0, me) { return false }
            ip_cpu_relax()
        }
        while true {
            let seen = word.load()
            if seen == 0 {
                // Others may sleep too: keep the bit, so that unlocking wakes the next.
                if word.compareExchange(0, me | Self.sleepersBit) { return false }
                continue
            }
            let owner = ProcessRef(rawValue: seen & ~Self.sleepersBit)
            precondition(owner != ProcessRef.current, "a process does not lock a mutex it holds")
            guard let lifeline = owner.lifeline else {
                if takeOver(from: seen) { return true }
                continue
            }
            if seen & Self.sleepersBit == 0, !word.compareExchange(seen, seen | Self.sleepersBit) { continue }
            Futex.sleep(
                on: word.futex, whileEqual: UInt32(truncatingIfNeeded: seen | Self.sleepersBit),
                watching: lifeline, until: Clock.now + Self.slice)
            // The kernel wakes one watcher of a death; if that was us, others may wait for it: to join the process, say.
            if !owner.isAlive { owner.slot.announceDeath() }
        }
    }
}
