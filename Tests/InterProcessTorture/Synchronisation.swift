import Glibc
import InterProcess

/// Semaphores, conditions and barriers whose users are killed.
enum Synchronisation {
    static func run(_ report: inout Report) {
        permitsComeBack(&report)
        notificationsAreNotLost(&report)
        barriersBreak(&report)
        briefHoldsLeaveNothing(&report)
    }

    private static func permitsComeBack(_ report: inout Report) {
        let semaphore = try! SemaphoreStorage.create(value: 3, isBounded: true)
        let counters = sharedCounters(2)
        let work = {
            spawn {
                while true {
                    guard let permit = semaphore.hold(until: .never).permit else { continue }
                    counters[0] &+= 1
                    if !semaphore.release(permit) { counters[1] += 1 }
                }
            }
        }
        var workers = (0..<6).map { _ in work() }
        for _ in 0..<400 {
            pause(microseconds: .random(in: 0...1500))
            let index = Int.random(in: 0..<workers.count)
            workers[index].kill()
            workers[index].finish()
            workers[index] = work()
        }
        for worker in workers { worker.kill() }
        for worker in workers { worker.finish() }
        report.check(counters[0] > 400, "permits went round", "\(counters[0])")
        report.equal(semaphore.value, 3, "after 400 kills every permit is back")
        report.equal(counters[1], 0, "and none was there twice")
        HandleTable.release(semaphore.object)
    }

    /// Tokens are put under the lock, one notification each; takers are killed. As long as there is a token and a taker,
    /// tokens go.
    private static func notificationsAreNotLost(_ report: inout Report) {
        let lock = try! LockStorage.create(isRecursive: false, onOwnerDeath: .release)
        let condition = try! ConditionStorage.create(lock)
        let tokens = sharedCounters(1)
        let take = {
            spawn {
                while true {
                    _ = lock.acquire(until: .never)
                    var inherited = false
                    while tokens[0] == 0 { _ = condition.wait(until: .never, inherited: &inherited) }
                    tokens[0] -= 1
                    try! lock.release()
                }
            }
        }
        var takers = (0..<4).map { _ in take() }
        var stalls = 0
        for round in 0..<300 {
            let index = Int.random(in: 0..<takers.count)
            // Stopped, it may be notified and die before it runs.
            if round % 3 == 0 { Glibc.kill(takers[index].pid, SIGSTOP) }
            if lock.acquire(until: .after(seconds: 0.1)) == .timedOut {
                // Stopped while it held the lock, it has to let go first.
                Glibc.kill(takers[index].pid, SIGCONT)
                _ = lock.acquire(until: .never)
            }
            tokens[0] += 1
            condition.notify(1)
            try! lock.release()
            pause(microseconds: .random(in: 0...300))
            takers[index].kill()
            takers[index].finish()
            takers[index] = take()
            let limit = Deadline.after(seconds: 1.5)
            while tokens[0] != 0, !limit.hasPassed { pause(microseconds: 50) }
            if tokens[0] != 0 { stalls += 1 }
            tokens[0] = 0
        }
        for taker in takers { taker.kill() }
        for taker in takers { taker.finish() }
        report.equal(stalls, 0, "in each of 300 rounds somebody takes the token within 1.5 s")
        HandleTable.release(condition.object)
        HandleTable.release(lock.object)
    }

    private static func barriersBreak(_ report: inout Report) {
        var stuck = 0
        var wrong = 0
        for _ in 0..<40 {
            let barrier = try! BarrierStorage.create(parties: 4, timeout: nil, hasAction: false)
            let broken = sharedCounters(1)
            let arrive = {
                spawn {
                    switch barrier.arrive() {
                    case .waits(_, let cycle):
                        if case .broken = barrier.wait(for: cycle, until: .never) { broken[0] += 1 }
                    default: break
                    }
                }
            }
            let waiters = (0..<3).map { _ in arrive() }
            while barrier.waiting < 3 { pause(microseconds: 200) }
            waiters[Int.random(in: 0..<3)].kill()
            let limit = Deadline.after(seconds: 1.5)
            while waiters.contains(where: { $0.record.isAlive }), !limit.hasPassed {
                pause(microseconds: 500)
            }
            if waiters.contains(where: { $0.record.isAlive }) { stuck += 1 }
            if !barrier.isBroken { wrong += 1 }
            for waiter in waiters {
                waiter.kill()
                waiter.finish()
            }
            HandleTable.release(barrier.object)
        }
        report.equal(stuck, 0, "when one that has arrived is killed, the others leave within 1.5 s")
        report.equal(wrong, 0, "and the barrier is broken")
    }

    /// Killed inside an operation that took the lock for itself, a process leaves a lock that is free.
    private static func briefHoldsLeaveNothing(_ report: inout Report) {
        let lock = try! LockStorage.create(isRecursive: true)
        let value = try! ArrayStorage.create(.int64, count: nil, lock: lock)
        let count = {
            spawn {
                while true {
                    _ = lock.withBriefHold {
                        value.modify { if case .integer(let n) = $0 { .integer(n + 1) } else { nil } }
                    }
                }
            }
        }
        var workers = (0..<3).map { _ in count() }
        var refused = 0
        for _ in 0..<300 {
            pause(microseconds: .random(in: 0...1000))
            let index = Int.random(in: 0..<workers.count)
            workers[index].kill()
            workers[index].finish()
            workers[index] = count()
            if lock.withBriefHold({ value.read() }).result == nil { refused += 1 }
        }
        for worker in workers { worker.kill() }
        for worker in workers { worker.finish() }
        report.equal(refused, 0, "nobody hears of a death inside one operation")
        report.check(lock.acquire(until: .now) == .acquired, "and the lock is free")
        try! lock.release()
        HandleTable.release(value.object)
        HandleTable.release(lock.object)
    }
}
