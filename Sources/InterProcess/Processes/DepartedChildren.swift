// Children that have ended, and are known to, before the kernel has put them away.
//
// A process that ends by itself has closed its descriptors and written down its exit code when the kernel marks its lifeline
// (ProcessRecord.isDeparting). What follows, putting its memory away, takes the kernel longer than all before, and nobody
// needs to wait for it: its parent knows how it ended, and reaps the zombie when it comes by.
//
// Layout: in private memory, a few words of pid and slot.
//
// Invariants: the slot of such a child is in the phase swept, with its pid, until its zombie is reaped. So the main process
// finds it if this process is killed. A word is only acted upon while its slot still says so.
//
// A crash leaves: slots in the phase swept whose parent is dead, which the main process reaps (Sweeper.reapAdopted).

import CInterProcess
import Glibc

/// The zombies this process has to reap, and those about to become such.
public enum DepartedChildren {
    private static let capacity = 8
    // In place, not in an array: children would copy the page that it lies in.
    nonisolated(unsafe) private static var words = SIMD8<UInt64>()
    nonisolated(unsafe) private static var count = 0

    static func becomeChild() { count = 0 }

    /// Puts away what a child that has departed left in its slot, and takes over its zombie.
    ///
    /// - Returns: false if somebody else has swept the slot. Then the child is to be reaped as any other.
    static func take(_ child: ProcessRef, _ pid: pid_t) -> Bool {
        guard Sweeper.sweep(child.slot, leaving: child) else { return false }
        if count == capacity { reap(waits: true, atMost: 1) }
        words[count] = UInt64(child.slot.index) << 32 | UInt64(UInt32(bitPattern: pid))
        count += 1
        return true
    }

    /// Reaps those that have become zombies.
    @inline(__always)
    public static func reapFinished() { if count > 0 { reap(waits: false) } }

    /// Reaps all. They have nothing to do any more, so that takes a moment.
    ///
    /// - Returns: whether there were any.
    @discardableResult
    public static func reapAll() -> Bool {
        guard count > 0 else { return false }
        reap(waits: true)
        return true
    }

    private static func reap(waits: Bool, atMost most: Int = capacity) {
        var left = 0
        for index in 0..<count {
            let slot = Slot(index: Int(words[index] >> 32))
            let pid = pid_t(truncatingIfNeeded: words[index])
            if index < most, Sweeper.freeDeparted(slot, pid, { ip_reap(pid, waits) }) { continue }
            words[left] = words[index]
            left += 1
        }
        count = left
    }
}
