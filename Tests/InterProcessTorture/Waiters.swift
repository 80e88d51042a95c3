import Glibc
import InterProcess

/// Waiters that die must not cost the others anything.
enum Waiters {
    static func run(_ report: inout Report) {
        deadWaitersOnAQueue(&report)
        wokenAndKilled(&report)
        joinersOfADeadConsumer(&report)
    }

    private static func deadWaitersOnAQueue(_ report: inout Report) {
        let queue = try! QueueStorage.create(limit: 0)
        let waiters = (0..<10).map { _ in
            spawn {
                let buffer = MessageBuffer()
                _ = queue.take(into: buffer, until: .never)
            }
        }
        pause(microseconds: 100_000)
        for waiter in waiters.prefix(5) { waiter.kill() }
        for _ in 0..<5 { _ = try! queue.put([1]) }
        let codes = waiters.map { $0.finish() }
        report.equal(
            codes.filter { $0 == 0 }.count, 5, "five of ten waiters killed: the other five get their messages"
        )
        HandleTable.release(queue.object)
    }

    /// A waiter that is woken and killed before it runs: the message goes to another.
    private static func wokenAndKilled(_ report: inout Report) {
        let queue = try! QueueStorage.create(limit: 0)
        var stranded = 0
        let before = Family.usage
        for _ in 0..<40 {
            let first = spawn { _ = queue.take(into: MessageBuffer(), until: .never) }
            pause(microseconds: 3_000)
            let second = spawn { _ = queue.take(into: MessageBuffer(), until: .never) }
            pause(microseconds: 3_000)
            Glibc.kill(first.pid, SIGSTOP)
            _ = try! queue.put([1])
            first.kill()
            if case .ready = second.join(until: .after(seconds: 1.5)) {
            } else {
                // The first may have had it in hand; then the second waits for another.
                if queue.count != 0 { stranded += 1 }
                _ = try! queue.put([2])
            }
            second.finish()
            first.finish()
            let buffer = MessageBuffer()
            while queue.take(into: buffer) == .done { buffer.clear() }
        }
        report.equal(stranded, 0, "a wake-up given to the dead is passed on")
        report.check(
            Family.usage.bytes - before.bytes < 1 << 16, "without losing memory", "\(before) \(Family.usage)")
        HandleTable.release(queue.object)
    }

    private static func joinersOfADeadConsumer(_ report: inout Report) {
        let queue = try! QueueStorage.create(limit: 0)
        _ = try! queue.put([1])
        let consumer = spawn {
            let buffer = MessageBuffer()
            _ = queue.take(into: buffer, countsTasks: true, until: .never)
            while true { usleep(1_000_000) }
        }
        let killer = spawn {
            usleep(100_000)
            Glibc.kill(consumer.pid, SIGKILL)
        }
        let outcome = queue.joinTasks(until: .after(seconds: 10))
        if case .consumerDied(_, let pid, let tasks) = outcome {
            report.check(pid == consumer.pid && tasks == 1, "joining the tasks of a killed consumer names it")
        } else {
            report.check(false, "joining the tasks of a killed consumer names it", "\(outcome)")
        }
        report.check(queue.taskDone(), "another may report the task done")
        if case .done = queue.joinTasks(until: .now) {
            report.check(true, "and then the queue is joined")
        } else {
            report.check(false, "and then the queue is joined")
        }
        consumer.finish()
        killer.finish()
        HandleTable.release(queue.object)
    }
}
