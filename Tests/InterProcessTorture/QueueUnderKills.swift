import Glibc
import InterProcess

/// Producers and consumers killed at random instants: every message arrives at most once, in
/// order per producer; only the message in a killed consumer's hand may be missing; the heap
/// returns to its size.
struct QueueUnderKills {
    let kills: Int

    private static let producers = 3
    private static let consumers = 3
    private static let mostMessages = 4096

    func run(_ report: inout Report) {
        let before = Family.usage
        let queue = try! QueueStorage.create(limit: 200)
        let passenger = try! QueueStorage.create(limit: 0)
        // Lives of producers × messages of a life: how often each arrived.
        let lives = kills + Self.producers + 1
        let arrivals = sharedCounters(lives * Self.mostMessages)
        let disorder = sharedCounters(1)
        var life = 0
        var consumersKilled = 0

        func startProducer() -> ChildProcess {
            defer { life += 1 }
            let life = life
            return spawn { try Self.produce(life, queue, passenger) }
        }
        func startConsumer() -> ChildProcess {
            spawn { Self.consume(queue, arrivals, disorder, lives) }
        }
        var workers = (0..<Self.producers).map { _ in (isProducer: true, process: startProducer()) }
        workers += (0..<Self.consumers).map { _ in (isProducer: false, process: startConsumer()) }
        var hung = 0
        for _ in 0..<kills {
            pause(microseconds: .random(in: 0...1500))
            let index = Int.random(in: 0..<workers.count)
            let victim = workers[index]
            victim.process.kill()
            if victim.process.finish() == nil { hung += 1 }
            if !victim.isProducer { consumersKilled += 1 }
            workers[index].process = victim.isProducer ? startProducer() : startConsumer()
        }
        for worker in workers where worker.isProducer {
            worker.process.kill()
            worker.process.finish()
        }
        // The rest is taken by the consumers that are left.
        let end = Deadline.after(seconds: 30)
        while queue.count > 0, !end.hasPassed { pause(microseconds: 1000) }
        report.equal(queue.count, 0, "the survivors empty the queue after \(kills) kills")
        pause(microseconds: 100_000)
        for worker in workers where !worker.isProducer {
            worker.process.kill()
            worker.process.finish()
            consumersKilled += 1
        }
        Family.sweep()
        report.equal(hung, 0, "every victim could be joined")
        report.equal(Int(disorder[0]), 0, "messages of a producer stay in order")
        tally(&report, arrivals, life, consumersKilled)
        HandleTable.release(passenger.object)
        HandleTable.release(queue.object)
        report.equal(Family.usage.objects, before.objects, "no object is left")
        report.equal(Family.usage.bytes, before.bytes, "the heap is back at its size")
    }

    private func tally(
        _ report: inout Report, _ arrivals: UnsafeMutablePointer<UInt32>, _ lives: Int, _ consumersKilled: Int
    ) {
        var arrived = 0
        var doubled = 0
        var missing = 0
        for life in 0..<lives {
            let counts = UnsafeBufferPointer(
                start: arrivals + life * Self.mostMessages, count: Self.mostMessages)
            guard let last = counts.lastIndex(where: { $0 != 0 }) else { continue }
            for count in counts[...last] {
                if count == 0 { missing += 1 }
                if count > 1 { doubled += 1 }
                arrived += Int(count)
            }
        }
        print("# \(arrived) messages, \(missing) missing, \(consumersKilled) consumers killed")
        report.equal(doubled, 0, "no message arrives twice")
        report.check(arrived > kills, "messages did flow", "\(arrived)")
        report.check(
            missing <= consumersKilled, "a killed consumer takes one message along at most",
            "\(missing) missing, \(consumersKilled) consumers killed")
    }

    /// Messages {life, number}, most small, some large, some with a handle.
    private static func produce(_ life: Int, _ queue: QueueStorage, _ passenger: QueueStorage) throws {
        var small = [UInt8](repeating: 0, count: 16)
        var large = [UInt8](repeating: 0, count: 20_000)
        for number in 0..<mostMessages {
            let isLarge = number % 7 == 3
            let head: [UInt64] = [UInt64(life), UInt64(number)]
            head.withUnsafeBytes {
                small.replaceSubrange(0..<16, with: $0)
                large.replaceSubrange(0..<16, with: $0)
            }
            let handles = number % 5 == 2 ? [passenger.object.handle] : []
            _ = try queue.put(isLarge ? large : small, handles: handles)
        }
        while true { usleep(100_000) }
    }

    private static func consume(
        _ queue: QueueStorage, _ arrivals: UnsafeMutablePointer<UInt32>,
        _ disorder: UnsafeMutablePointer<UInt32>,
        _ lives: Int
    ) {
        var last = [Int](repeating: -1, count: lives)
        let buffer = MessageBuffer()
        while true {
            guard queue.take(into: buffer, until: .never) == .done else { continue }
            let life = Int(buffer[0].load(as: UInt64.self))
            let number = Int(buffer[0].load(fromByteOffset: 8, as: UInt64.self))
            // One byte of memory for one arrival: lost only if we are killed right here.
            arrivals[life * mostMessages + number] += 1
            if number <= last[life] { disorder[0] += 1 }
            last[life] = number
            buffer.clear()
        }
    }
}
