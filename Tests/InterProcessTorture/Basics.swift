import Glibc
import InterProcess

/// What must hold with nobody dying.
enum Basics {
    static func run(_ report: inout Report) {
        orderAndSizes(&report)
        limits(&report)
        handlesInMessages(&report)
        constantMemory(&report)
        throughput()
    }

    private static func orderAndSizes(_ report: inout Report) {
        // The first object brings the table of handles into being, which stays.
        HandleTable.release(try! QueueStorage.create(limit: 0).object)
        let before = Family.usage
        let queue = try! QueueStorage.create(limit: 0)
        let sizes = [0, 1, 7, 8, 9, 100, 1000, 1008, 5000, 16384, 16385, 70000, 1 << 20, 3, 40000]
        let child = spawn {
            for round in 0..<20 {
                for size in sizes {
                    _ = try queue.put(Array(repeating: UInt8(truncatingIfNeeded: size + round), count: size))
                }
            }
        }
        var isRight = true
        let buffer = MessageBuffer()
        for round in 0..<20 {
            for size in sizes {
                buffer.clear()
                guard queue.take(into: buffer, until: .after(seconds: 10)) == .done else {
                    isRight = false
                    continue
                }
                let expected = UInt8(truncatingIfNeeded: size + round)
                if buffer[0].count != size || !buffer[0].allSatisfy({ $0 == expected }) { isRight = false }
            }
        }
        buffer.clear()
        report.check(isRight, "messages of all sizes arrive whole and in order")
        report.equal(child.finish(), 0, "the producer ended well")
        report.equal(queue.count, 0, "the queue is empty")
        HandleTable.release(queue.object)
        report.equal(Family.usage.bytes, before.bytes, "all blocks came back")
        report.equal(Family.usage.objects, before.objects, "all objects came back")
    }

    private static func limits(_ report: inout Report) {
        let queue = try! QueueStorage.create(limit: 2)
        _ = try! queue.put([1])
        _ = try! queue.put([2])
        report.equal(try! queue.put([3], until: .now), .timedOut, "a full queue refuses")
        report.equal(
            try! queue.put([3], until: .after(seconds: 0.02)), .timedOut,
            "a full queue refuses after the time")
        let child = spawn { _ = try queue.put([3]) }
        pause(microseconds: 20_000)
        let buffer = MessageBuffer()
        var got: [UInt8] = []
        while got.count < 3, queue.take(into: buffer, until: .after(seconds: 5)) == .done {
            got.append(buffer[0][0])
            buffer.clear()
        }
        report.equal(got, [1, 2, 3], "a blocked producer goes on when there is room")
        report.equal(child.finish(), 0, "and ends")
        queue.shutDown(immediately: false)
        report.equal(queue.take(into: buffer), .shutDown, "an empty queue that is shut down says so")
        HandleTable.release(queue.object)
    }

    private static func handlesInMessages(_ report: inout Report) {
        let before = Family.usage
        let outer = try! QueueStorage.create(limit: 0)
        var inner = try! QueueStorage.create(limit: 0)
        // A chain of 100 queues, each in a message of the next.
        for _ in 0..<100 {
            let holder = try! QueueStorage.create(limit: 0)
            _ = try! holder.put([0], handles: [inner.object.handle])
            HandleTable.release(inner.object)
            inner = holder
        }
        _ = try! outer.put([1, 2, 3], handles: [inner.object.handle])
        HandleTable.release(inner.object)
        report.equal(Family.usage.objects, before.objects + 102, "messages keep alive what they carry")
        HandleTable.release(outer.object)
        report.equal(Family.usage.objects, before.objects, "and give it back, however deep")
        report.equal(Family.usage.bytes, before.bytes, "with all memory")
    }

    private static func constantMemory(_ report: inout Report) {
        let before = Family.usage
        for index in 0..<100_000 {
            let queue = try! QueueStorage.create(limit: 0)
            if index % 3 == 0 { _ = try! queue.put([1, 2, 3]) }
            HandleTable.release(queue.object)
        }
        report.equal(Family.usage.bytes, before.bytes, "100,000 queues come and go in constant memory")
        report.equal(Family.usage.objects, before.objects, "and leave no object")
    }

    /// Not asserted: an orientation on the terminal.
    private static func throughput() {
        let queue = try! QueueStorage.create(limit: 0)
        let count = 2_000_000
        let child = spawn {
            for index in 0..<count { _ = try queue.put(fast: UInt64(index)) }
        }
        let buffer = MessageBuffer()
        var start = Clock.now
        var isRight = true
        for index in 0..<count {
            buffer.clear()
            _ = queue.take(into: buffer, until: .never)
            if index == 0 { start = Clock.now }
            if buffer[0].load(as: UInt64.self) != UInt64(index) { isRight = false }
        }
        let seconds = Double(Clock.now - start) / 1e9
        child.finish()
        print(
            "# \(isRight ? "" : "WRONG ")1→1: \(Int(Double(count) / seconds / 1000)) thousand messages a second"
        )

        let back = try! QueueStorage.create(limit: 0)
        let rounds = 100_000
        let echo = spawn {
            let buffer = MessageBuffer()
            for _ in 0..<rounds {
                buffer.clear()
                _ = queue.take(into: buffer, until: .never)
                _ = try back.put(fast: 1)
            }
        }
        start = Clock.now
        for _ in 0..<rounds {
            _ = try! queue.put(fast: 1)
            buffer.clear()
            _ = back.take(into: buffer, until: .never)
        }
        print("# round trip: \((Clock.now - start) / UInt64(rounds)) ns")
        echo.finish()

        start = Clock.now
        for _ in 0..<1000 { spawn {}.finish() }
        print("# start and join: \((Clock.now - start) / 1000 / 1000) µs")
        HandleTable.release(queue.object)
        HandleTable.release(back.object)
    }
}

extension QueueStorage {
    func put(fast value: UInt64) throws -> QueueOutcome {
        try withUnsafeBytes(of: value) { piece in
            var piece = piece
            return try withUnsafePointer(to: &piece) {
                try put(Message(pieces: UnsafeBufferPointer(start: $0, count: 1)), until: .never)
            }
        }
    }
}
