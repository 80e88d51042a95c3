import Glibc
import InterProcess

/// Interleavings that once went wrong.
enum Races {
    static func run(_ report: inout Report) {
        firstPutAndShutdown(&report, primed: false)
        firstPutAndShutdown(&report, primed: true)
        lateChild(&report)
    }

    /// A taker against the first put to a queue, and against put, then shutdown.
    private static func firstPutAndShutdown(_ report: inout Report, primed: Bool) {
        let rounds = 20_000
        let queues = (0..<rounds).map { _ in try! QueueStorage.create(limit: 0) }
        let buffer = MessageBuffer()
        for queue in queues where primed {
            _ = try! queue.put(fast: 0)
            _ = queue.take(into: buffer)
            buffer.clear()
        }
        let turn = sharedCounters(1)
        let producer = spawn {
            for round in 0..<rounds {
                while turn[0] < round { sched_yield() }
                for _ in 0..<Int.random(in: 0..<200) { _ = turn[0] }
                _ = try queues[round].put(fast: 7)
                queues[round].shutDown(immediately: false)
            }
        }
        var missed = 0
        for round in 0..<rounds {
            turn[0] = UInt32(round)
            var got = 0
            while true {
                let outcome = queues[round].take(into: buffer)
                got += buffer.count
                buffer.clear()
                if outcome == .shutDown { break }
            }
            if got != 1 { missed += 1 }
        }
        report.equal(missed, 0, "the \(primed ? "last" : "first") message before a shutdown is always taken")
        report.equal(producer.finish(), 0, "and its producer ends well")
        for queue in queues { HandleTable.release(queue.object) }
    }

    nonisolated(unsafe) private static var isSlow = false

    /// A child so slow after fork that its slot is given up and belongs to somebody else when it looks. That can be only if
    /// its parent is killed before it has noted the child's pid; otherwise the child is waited for.
    private static func lateChild(_ report: inout Report) {
        pthread_atfork(nil, { if Races.isSlow { sleep(60) } }, { if Races.isSlow { usleep(600_000) } })
        let lock = try! LockStorage.create(isRecursive: false, onOwnerDeath: .release)
        let parent = spawn {
            isSlow = true
            _ = spawn { sleep(60) }
            sleep(60)
        }
        pause(microseconds: 200_000)
        parent.kill()
        parent.finish()
        Family.sweep()
        let successors = (0..<3).map { index in
            spawn {
                if index == 1 { _ = lock.acquire(until: .never) }
                sleep(60)
            }
        }
        pause(microseconds: 800_000)
        report.check(
            successors.allSatisfy { $0.record.isAlive }, "a child that comes too late harms no successor")
        report.check(lock.acquire(until: .now) == .timedOut, "and frees no lock of theirs")
        for successor in successors {
            successor.kill()
            successor.finish()
        }
        HandleTable.release(lock.object)
    }
}
