// Children that have ended, and are known to, before the kernel has put them away.
//
// A process that ends by itself has closed its descriptors and written down its exit code when the kernel marks its lifeline
// (ProcessRecord.isDeparting). What follows, putting its memory away, takes the kernel longer than all before, and nobody
// needs to wait for it: its parent knows how it ended, and reaps the zombie when it comes by.
//
// Layout: in private memory, a few pids and ProcessRefs.
//
// Invariants: the slot of such a child is in the phase swept, with its pid, until its zombie is reaped. So the main process
// finds it if this process is killed. Where another process needed the slot, only this list knows of the zombie.
//
// A crash leaves: slots in the phase swept whose parent is dead, which the main process reaps (Sweeper.reapAdopted).

import CInterProcess
import Glibc

/// The zombies this process has to reap, and those about to become such.
public enum DepartedChildren {
    private static let capacity = 4
    /// Milliseconds that are waited for one; it takes less than one, but where somebody traces it.
    static let patience: Int32 = 50

    // In place, not in arrays: children would copy the pages that these lie in.
    nonisolated(unsafe) private static var pids = SIMD4<Int32>()
    nonisolated(unsafe) private static var refs = SIMD4<UInt64>()
    nonisolated(unsafe) private static var count = 0
    /// Whose children these are: C modules fork as well, and then two processes have this list.
    nonisolated(unsafe) private static var owner: pid_t = 0

    static func becomeChild() { count = 0 }

    /// Puts away what a child that has departed left in its slot, and takes over its zombie.
    ///
    /// - Returns: false if the child is to be reaped as any other.
    static func take(_ child: ProcessRef, _ pid: pid_t) -> Bool {
        if count == capacity { reapFinished() }
        guard count < capacity else { return false }
        Sweeper.sweep(child.slot, of: child)
        guard Sweeper.awaitsReaping(child) else { return false }
        if ip_reap(pid, 0) {
            Sweeper.free(child)
        } else {
            pids[count] = pid
            refs[count] = child.rawValue
            count += 1
            owner = getpid()
        }
        return true
    }

    /// Reaps those that have become zombies.
    @inline(__always)
    public static func reapFinished() { if count > 0 { reap(patience: 0) } }

    /// Reaps all. They have nothing to do any more, so that takes a moment.
    ///
    /// - Returns: whether there were any.
    @discardableResult
    public static func reapAll() -> Bool {
        guard count > 0 else { return false }
        reap(patience: patience)
        return true
    }

    private static func reap(patience: Int32) {
        guard owner == getpid() else { return }
        var left = 0
        for index in 0..<count {
            if ip_reap(pids[index], patience) {
                Sweeper.free(ProcessRef(rawValue: refs[index]))
            } else {
                pids[left] = pids[index]
                refs[left] = refs[index]
                left += 1
            }
        }
        count = left
    }
}
