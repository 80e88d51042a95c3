import Glibc
import InterProcess

/// Locks whose holders and waiters are killed.
enum Locks {
    static func run(_ report: inout Report) {
        everyWaiterHearsOfADeath(&report)
        killedWhileContending(&report)
        stoppedAndKilledWaiters(&report)
    }

    /// The kernel wakes one watcher of a death; all of them must hear of it, also while the dead is a zombie.
    private static func everyWaiterHearsOfADeath(_ report: inout Report) {
        let lock = try! LockStorage.create(isRecursive: false)
        let holder = spawn {
            _ = lock.acquire(until: .never)
            sleep(60)
        }
        while !lock.isLocked { pause(microseconds: 1000) }
        let heard = sharedCounters(1)
        let waiters = (0..<8).map { _ in
            spawn { if lock.acquire(until: .never) == .ownerDied { heard[0] += 1 } }
        }
        pause(microseconds: 200_000)
        holder.kill()
        // Nobody reaps it: the waiters know from its lifeline.
        let limit = Deadline.after(seconds: 3)
        while waiters.contains(where: { $0.record.isAlive }), !limit.hasPassed { pause(microseconds: 1000) }
        report.check(
            waiters.allSatisfy { !$0.record.isAlive }, "all who wait for a lock hear that its owner died")
        report.check(heard[0] > 0, "and are told so", "\(heard[0])")
        report.equal(lock.culprit.pid, holder.pid, "with the owner's pid")
        report.equal(lock.culprit.exitCode, -SIGKILL, "and what killed it")
        report.check(lock.recover(), "the lock can be recovered")
        report.check(lock.acquire(until: .now) == .acquired, "and taken")
        for child in waiters + [holder] { child.finish() }
        HandleTable.release(lock.object)
    }

    /// Two counters that are equal whenever nobody is inside; each death may interrupt one update.
    private static func killedWhileContending(_ report: inout Report) {
        let lock = try! LockStorage.create(isRecursive: false, onOwnerDeath: .release)
        let counters = sharedCounters(3)
        let contend = {
            spawn {
                while true {
                    let outcome = lock.acquire(until: .never)
                    if counters[0] != counters[1] {
                        // Only a predecessor that died inside may leave this.
                        if outcome != .inherited { counters[2] += 1 }
                        counters[1] = counters[0]
                    }
                    counters[0] &+= 1
                    counters[1] &+= 1
                    try! lock.release()
                }
            }
        }
        var workers = (0..<6).map { _ in contend() }
        var stalls = 0
        for _ in 0..<300 {
            pause(microseconds: .random(in: 0...2000))
            let index = Int.random(in: 0..<workers.count)
            workers[index].kill()
            workers[index].finish()
            let before = counters[0]
            let limit = Deadline.after(seconds: 1.5)
            while counters[0] == before, !limit.hasPassed { pause(microseconds: 100) }
            if counters[0] == before { stalls += 1 }
            workers[index] = contend()
        }
        for worker in workers { worker.kill() }
        for worker in workers { worker.finish() }
        report.equal(stalls, 0, "after each of 300 kills the others go on within 1.5 s")
        report.equal(counters[2], 0, "nobody was inside together with another")
        HandleTable.release(lock.object)
    }

    /// A waiter that was woken and is killed before it runs must not strand those behind it.
    private static func stoppedAndKilledWaiters(_ report: inout Report) {
        let lock = try! LockStorage.create(isRecursive: false)
        var stranded = 0
        for _ in 0..<15 {
            _ = lock.acquire(until: .never)
            let waiters = (0..<3).map { _ in
                let waiter = spawn {
                    _ = lock.acquire(until: .never)
                    try! lock.release()
                }
                pause(microseconds: 4000)
                return waiter
            }
            Glibc.kill(waiters[0].pid, SIGSTOP)
            try! lock.release()
            waiters[0].kill()
            for waiter in waiters[1...] {
                if case .ready = waiter.join(until: .after(seconds: 1.5)) { continue }
                // The stopped one may have had it: then the others are told, and end.
                if !lock.isLocked { stranded += 1 }
                waiter.kill()
            }
            for waiter in waiters { waiter.finish() }
            _ = lock.recover()
        }
        report.equal(stranded, 0, "a woken waiter that dies strands nobody")
        HandleTable.release(lock.object)
    }
}
