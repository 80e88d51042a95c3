import CSingleStep
import Glibc
import InterProcess

/// Each operation, killed at a given instruction: the child is stepped through it, and killed there. Then others must go on
/// within a second and a half, and in the end everything must have come back.
///
/// A run tries some instructions of each operation, spread evenly with a random beginning; with MPRUN_TEST_FULL=1 each one,
/// which takes hours. (`InterProcessTorture single-step [NAME]` runs this part alone, or the operations whose name contains
/// NAME.)
struct SingleStep {
    private let wanted = CommandLine.arguments.dropFirst(2).first ?? ""
    private static let isFull = getenv("MPRUN_TEST_FULL") != nil
    private static let patience = 1.5

    func run(_ report: inout Report) {
        lock(&report)
        queuePut(&report, bytes: 8, "put")
        queuePut(&report, bytes: 20 << 10, "put, in a block of its own")
        queuePutMany(&report)
        queueTake(&report, bytes: 8, count: 1, "take")
        queueTake(&report, bytes: 20 << 10, count: 1, "take, of a block of its own")
        queueTake(&report, bytes: 8, count: 4, "take many")
        queueTakeBlocked(&report)
        queuePutForRelieved(&report)
        semaphore(&report)
        condition(&report, waits: false)
        condition(&report, waits: true)
        event(&report)
        barrier(&report)
        array(&report)
        dictionary(&report, removes: false)
        dictionary(&report, removes: true)
        receive(&report)
        freedEnvelope(&report)
        freedContents(&report)
        objects(&report)
        process(&report)
    }

    // MARK: The harness

    /// Steps children through `operation` and kills them.
    ///
    /// - Parameters:
    ///   - tries: at how many instructions a run kills; more than a few where a mistake would be one of few instructions.
    ///   - prepare: brings about the state before the operation.
    ///   - check: says what is wrong afterwards; nil if nothing is.
    private func torment(
        _ report: inout Report, _ name: String, tries: Int = 24, prepare: () -> Void = {},
        operation: () -> Void, check: () -> String?
    ) {
        guard name.contains(wanted) || wanted.isEmpty else { return }
        // Here, so that what is done once a program is not done in the child.
        prepare()
        operation()
        var problems: [String] = []
        if let problem = check() { problems.append("not killed: \(problem)") }
        prepare()
        let (length, end) = kill(operation, after: .max)
        if end == SS_FAILED { problems.append("it cannot be stepped through") }
        if let problem = check() { problems.append("at the end: \(problem)") }

        let stride = Self.isFull ? 1 : max(1, length / tries)
        var tried = 0
        var step = Int.random(in: 0..<stride)
        while step <= length, problems.count < 5 {
            prepare()
            _ = kill(operation, after: step)
            if let problem = check() { problems.append("killed after \(step) instructions: \(problem)") }
            tried += 1
            step += stride
        }
        report.check(
            problems.isEmpty && length > 10, "\(name): killed at \(tried) of \(length) instructions",
            problems.joined(separator: "; "))
    }

    /// A child does the operation, up to an instruction, and is killed and reaped. Returns how far it came.
    private func kill(_ operation: () -> Void, after most: Int) -> (steps: Int, end: Int) {
        let child = spawn {
            ss_begin()
            operation()
            ss_end()
        }
        var how: Int32 = 0
        let steps = ss_step(child.pid, most, &how)
        child.kill()
        child.finish()
        return (steps, Int(how))
    }

    /// Whether something happens in time.
    private func soon(_ isDone: () -> Bool) -> Bool {
        let limit = Deadline.after(seconds: Self.patience)
        while !isDone() {
            if limit.hasPassed { return false }
            pause(microseconds: 50)
        }
        return true
    }

    /// Runs `body` and checks that afterwards there are as many objects and bytes as before.
    private func balanced(_ report: inout Report, _ name: String, _ body: (inout Report) -> Void) {
        Family.sweep()
        let before = Family.usage
        body(&report)
        Family.sweep()
        let after = Family.usage
        report.check(
            before == after, "\(name): everything came back",
            "bytes \(before.bytes) → \(after.bytes), objects \(before.objects) → \(after.objects)")
    }

    // MARK: Operations

    private func lock(_ report: inout Report) {
        balanced(&report, "lock") { report in
            let lock = try! LockStorage.create(isRecursive: false, onOwnerDeath: .release)
            let turns = sharedCounters(1)
            let contender = spawn {
                while true {
                    _ = lock.acquire(until: .never)
                    turns[0] &+= 1
                    try! lock.release()
                    pause(microseconds: 20)
                }
            }
            torment(&report, "acquire and release") {
                _ = lock.acquire(until: .never)
                try! lock.release()
            } check: {
                let before = turns[0]
                return soon { turns[0] != before } ? nil : "nobody gets the lock"
            }
            contender.kill()
            contender.finish()
            HandleTable.release(lock.object)
        }
    }

    /// A process that takes all there is, and counts it.
    private func consumer(of queue: QueueStorage, _ count: UnsafeMutablePointer<UInt32>) -> ChildProcess {
        spawn {
            let buffer = MessageBuffer()
            while true {
                guard queue.take(into: buffer, until: .never) == .done else { return }
                count[0] &+= UInt32(buffer.count)
                buffer.clear()
            }
        }
    }

    private func queuePut(_ report: inout Report, bytes: Int, _ name: String) {
        balanced(&report, name) { report in
            let queue = try! QueueStorage.create(limit: 0)
            let count = sharedCounters(1)
            let consumer = consumer(of: queue, count)
            let message = [UInt8](repeating: 7, count: bytes)
            var puts: UInt32 = 0
            var victims: UInt32 = 0
            torment(&report, name, prepare: { victims += 1 }) {
                _ = try! queue.put(message)
            } check: {
                let before = count[0]
                _ = try! queue.put(message)
                puts += 1
                guard soon({ count[0] != before }) else { return "the consumer sleeps on" }
                guard soon({ count[0] >= puts }) else { return "\(count[0]) of \(puts) messages came" }
                return count[0] <= puts + victims
                    ? nil : "\(count[0]) messages came of at most \(puts + victims)"
            }
            consumer.kill()
            consumer.finish()
            HandleTable.release(queue.object)
        }
    }

    /// A message for somebody who sleeps for long, as another looks around for him. The parent of the producer that is killed
    /// does not look: it is the lookout who finds out, the second one after the first was killed as well.
    private func queuePutForRelieved(_ report: inout Report) {
        let name = "put, for a relieved one"
        guard name.contains(wanted) || wanted.isEmpty else { return }
        balanced(&report, name) { report in
            let queues = (0..<3).map { _ in try! QueueStorage.create(limit: 0) }
            let counts = sharedCounters(3)
            let killed = sharedCounters(1)
            // Of those who sleep the first becomes the lookout.
            let sleepers = queues.indices.map { index in
                let sleeper = consumer(of: queues[index], counts + index)
                pause(microseconds: 700_000)
                return sleeper
            }
            let put = { _ = try! queues[2].put([1, 2, 3]) }
            put()
            pause(microseconds: 800_000)
            let (length, _) = kill(put, after: .max)
            var problems: [String] = []
            let samples = Self.isFull ? length : 16
            for sample in 0..<samples {
                if sample == samples / 2 { sleepers[0].kill() }
                // Settles what the last victim left.
                put()
                // So that the sleeper has looked up once, and is relieved.
                pause(microseconds: 800_000)
                let step = length * (sample + 1) / (samples + 1)
                let before = killed[0]
                let host = spawn {
                    let child = spawn {
                        ss_begin()
                        put()
                        ss_end()
                    }
                    var how: Int32 = 0
                    _ = ss_step(child.pid, step, &how)
                    child.kill()
                    killed[0] &+= 1
                    while true { pause(microseconds: 1_000_000) }
                }
                _ = soon { killed[0] != before }
                if !soon({ Int(counts[2]) == queues[2].publishedCount }) {
                    problems.append("killed after \(step) instructions: the sleeper sleeps on")
                }
                host.kill()
                host.finish()
            }
            report.check(
                problems.isEmpty && length > 10, "\(name): killed at \(samples) of \(length) instructions",
                problems.joined(separator: "; "))
            for process in sleepers {
                process.kill()
                process.finish()
            }
            for queue in queues { HandleTable.release(queue.object) }
        }
    }

    private func queuePutMany(_ report: inout Report) {
        balanced(&report, "put_many") { report in
            let queue = try! QueueStorage.create(limit: 0)
            let batch = MessageBuffer()
            for number in 0..<4 { withUnsafeBytes(of: UInt64(number)) { batch.append($0) } }
            let taken = MessageBuffer()
            torment(&report, "put_many") {
                _ = try! queue.putSome(batch, 0..<4, until: .never)
            } check: {
                let count = queue.count
                var numbers: [UInt64] = []
                while queue.take(into: taken, atMost: 4) == .done {
                    numbers += (0..<taken.count).map { taken[$0].loadUnaligned(as: UInt64.self) }
                    taken.clear()
                }
                if numbers.count != count { return "it counts \(count), and gives \(numbers.count)" }
                return numbers == Array(0..<UInt64(numbers.count)) ? nil : "messages \(numbers)"
            }
            HandleTable.release(queue.object)
        }
    }

    /// Of what is there, what the victim had in hand may be missing, and nothing else.
    private func queueTake(_ report: inout Report, bytes: Int, count: Int, _ name: String) {
        balanced(&report, name) { report in
            let queue = try! QueueStorage.create(limit: 0)
            let buffer = MessageBuffer()
            let mine = MessageBuffer()
            var next: UInt8 = 0
            let total = count + 2
            var first: UInt8 = 0
            torment(&report, name) {
                first = next
                for _ in 0..<total {
                    _ = try! queue.put([UInt8](repeating: next, count: bytes))
                    next &+= 1
                }
            } operation: {
                _ = queue.take(into: buffer, atMost: count, until: .never)
            } check: {
                buffer.clear()
                var found: [UInt8] = []
                while queue.take(into: mine) == .done {
                    found.append(mine[0][bytes - 1])
                    mine.clear()
                }
                let expected = (0..<total).map { first &+ UInt8($0) }
                let isRest = found.count >= total - count && found == Array(expected.suffix(found.count))
                return isRest ? nil : "left were \(found) of \(expected)"
            }
            HandleTable.release(queue.object)
        }
    }

    /// Killed on its way to sleep, and asleep.
    private func queueTakeBlocked(_ report: inout Report) {
        balanced(&report, "take from an empty queue") { report in
            let queue = try! QueueStorage.create(limit: 0)
            let count = sharedCounters(1)
            let consumer = consumer(of: queue, count)
            let buffer = MessageBuffer()
            var isWarm = false
            torment(&report, "take from an empty queue") {
                _ = queue.take(into: buffer, until: isWarm ? .never : .after(seconds: 0.01))
            } check: {
                isWarm = true
                let before = count[0]
                _ = try! queue.put([1])
                return soon { count[0] != before } ? nil : "the other consumer sleeps on"
            }
            consumer.kill()
            consumer.finish()
            HandleTable.release(queue.object)
        }
    }

    private func semaphore(_ report: inout Report) {
        balanced(&report, "semaphore") { report in
            let semaphore = try! SemaphoreStorage.create(value: 2, isBounded: false)
            torment(&report, "hold and release of a permit") {
                if let permit = semaphore.hold(until: .never).permit { _ = semaphore.release(permit) }
            } check: {
                semaphore.value == 2 ? nil : "\(semaphore.value) permits of 2"
            }
            HandleTable.release(semaphore.object)
        }
    }

    private func condition(_ report: inout Report, waits: Bool) {
        let name = waits ? "wait for a condition" : "notify"
        balanced(&report, name) { report in
            let lock = try! LockStorage.create(isRecursive: false, onOwnerDeath: .release)
            let condition = try! ConditionStorage.create(lock)
            let tokens = sharedCounters(2)
            let taker = spawn {
                _ = lock.acquire(until: .never)
                var inherited = false
                while true {
                    while tokens[0] == 0 { _ = condition.wait(until: .never, inherited: &inherited) }
                    tokens[0] -= 1
                    tokens[1] &+= 1
                }
            }
            var isWarm = false
            torment(&report, name) {
                _ = lock.acquire(until: .never)
                if waits {
                    var inherited = false
                    _ = condition.wait(until: isWarm ? .never : .after(seconds: 0.01), inherited: &inherited)
                } else {
                    tokens[0] += 1
                    condition.notify(1)
                }
                try! lock.release()
            } check: {
                isWarm = true
                let before = tokens[1]
                guard lock.acquire(until: .after(seconds: Self.patience)) != .timedOut else {
                    return "nobody gets the lock"
                }
                tokens[0] += 1
                // Two: the notification of a victim asleep goes to the other.
                condition.notify(1)
                try! lock.release()
                return soon { tokens[1] != before && tokens[0] == 0 } ? nil : "\(tokens[0]) tokens are left"
            }
            taker.kill()
            taker.finish()
            HandleTable.release(condition.object)
            HandleTable.release(lock.object)
        }
    }

    private func event(_ report: inout Report) {
        balanced(&report, "event") { report in
            let event = try! EventStorage.create()
            let rounds = sharedCounters(1)
            let waiter = spawn {
                while true {
                    _ = event.wait(until: .never)
                    rounds[0] &+= 1
                    event.clear()
                }
            }
            torment(&report, "set and clear an event") {
                event.set()
                event.clear()
            } check: {
                let before = rounds[0]
                event.set()
                return soon { rounds[0] != before } ? nil : "the waiter sleeps on"
            }
            waiter.kill()
            waiter.finish()
            HandleTable.release(event.object)
        }
    }

    /// Of two, the victim arrives and waits: the barrier is then broken, or nobody has arrived.
    private func barrier(_ report: inout Report) {
        balanced(&report, "barrier") { report in
            let barrier = try! BarrierStorage.create(parties: 2, timeout: nil, hasAction: false)
            var isWarm = false
            torment(&report, "arrive at a barrier", prepare: { barrier.reset() }) {
                if case .waits(_, let cycle) = barrier.arrive() {
                    _ = barrier.wait(for: cycle, until: isWarm ? .never : .after(seconds: 0.01))
                }
            } check: {
                isWarm = true
                // Who comes next is told, or waits for a second one.
                let mate = spawn {
                    if case .waits(_, let cycle) = barrier.arrive() {
                        _ = barrier.wait(for: cycle, until: .never)
                    }
                }
                defer {
                    mate.kill()
                    mate.finish()
                }
                if !soon({ barrier.isBroken || barrier.waiting == 1 }) {
                    return "\(barrier.waiting) are waiting"
                }
                if !barrier.isBroken {
                    if case .waits(_, let cycle) = barrier.arrive() {
                        _ = barrier.wait(for: cycle, until: .after(seconds: Self.patience))
                    }
                }
                return soon { !mate.record.isAlive } ? nil : "who came after the victim waits for ever"
            }
            HandleTable.release(barrier.object)
        }
    }

    private func array(_ report: inout Report) {
        balanced(&report, "shared array") { report in
            let lock = try! LockStorage.create(isRecursive: true)
            let array = try! ArrayStorage.create(.int64, count: 4, lock: lock)
            torment(&report, "change of an element under its lock") {
                _ = lock.withBriefHold {
                    let value = array.word(0).load()
                    array.word(0).store(value &+ 1)
                }
            } check: {
                let result = lock.withBriefHold { array.word(0).load() }
                return result.result == nil || lock.isLocked ? "the lock is not free" : nil
            }
            HandleTable.release(array.object)
            HandleTable.release(lock.object)
        }
    }

    private func dictionary(_ report: inout Report, removes: Bool) {
        let name = removes ? "remove from a dictionary" : "set in a dictionary"
        balanced(&report, name) { report in
            let dictionary = try! DictionaryStorage.create(.dictionary)
            let buffer = MessageBuffer()
            var key: UInt64 = 0
            let set = { (key: UInt64) in
                withUnsafeBytes(of: key) { keyBytes in
                    withUnsafeBytes(of: key) { bytes in
                        withUnsafePointer(to: bytes) {
                            try! dictionary.set(
                                keyBytes,
                                Message(pieces: UnsafeBufferPointer(start: $0, count: 1), handles: []))
                        }
                    }
                }
            }
            torment(&report, name) {
                key &+= 1
                set(key &* 2)
                set(key &* 2 &+ 1)
            } operation: {
                let victim = key &* 2
                if removes {
                    _ = withUnsafeBytes(of: victim) { dictionary.remove($0) }
                } else {
                    // Over one that is there, and a new one.
                    set(victim)
                    set(victim &+ 1_000_000)
                }
            } check: {
                buffer.clear()
                dictionary.readAll(into: buffer)
                if buffer.count != 2 * dictionary.count {
                    return "\(dictionary.count) entries, \(buffer.count / 2) read"
                }
                for index in stride(from: 0, to: buffer.count, by: 2)
                where buffer[index].loadUnaligned(as: UInt64.self)
                    != buffer[index + 1].loadUnaligned(as: UInt64.self)
                {
                    return "a value of another key"
                }
                let other = key &* 2 &+ 1
                return withUnsafeBytes(of: other) { dictionary.contains($0) } ? nil : "an entry is lost"
            }
            HandleTable.release(dictionary.object)
        }
    }

    /// What is left in a pipe are whole messages, wherever their receiver is killed.
    private func receive(_ report: inout Report) {
        balanced(&report, "pipes") { report in
            let (here, there) = try! Channel.makePair()
            // Without its length, the beginning of another.
            let content: [UInt8] = [0, 0, 0, 3, 1, 2, 3, 4, 5]
            torment(&report, "receiving from a pipe", tries: 100) {
                for _ in 0..<2 { try! here.send(bytes: content) }
            } operation: {
                try? there.receive().release()
            } check: {
                var count = 0
                while there.hasInput {
                    guard let received = try? there.received() else { return "there is no message" }
                    if received != content { return "a message is \(received)" }
                    count += 1
                }
                return count == 1 || count == 2 ? nil : "\(count) messages are left"
            }
            here.close()
            there.close()
        }
    }

    /// While its block is being freed an envelope stays what it was: its content is never taken for handles.
    private func freedEnvelope(_ report: inout Report) {
        balanced(&report, "envelopes") { report in
            let dictionary = try! DictionaryStorage.create(.dictionary)
            let passenger = try! EventStorage.create()
            let bystander = try! EventStorage.create()
            let content = [UInt64](repeating: bystander.object.handle.rawValue, count: 20)
            let set = { (key: UInt64) in
                withUnsafeBytes(of: key) { key in
                    content.withUnsafeBytes { bytes in
                        try! Message.withOnePiece(bytes) { message throws(SharedMemoryExhausted) in
                            let handles = [passenger.object.handle]
                            try dictionary.set(key, Message(pieces: message.pieces, handles: handles))
                        }
                    }
                }
            }
            let remove = { (key: UInt64) in _ = withUnsafeBytes(of: key) { dictionary.remove($0) } }
            let objects = Family.usage.objects
            torment(&report, "freeing an envelope", tries: 250) {
                // So that there are other free blocks of its size.
                for key: UInt64 in 1...3 { set(key) }
                for key: UInt64 in 1...2 { remove(key) }
            } operation: {
                remove(3)
            } check: {
                Family.sweep()
                return Family.usage.objects == objects
                    ? nil : "an object has gone with a message that did not own it"
            }
            for event in [passenger, bystander] { HandleTable.release(event.object) }
            HandleTable.release(dictionary.object)
        }
    }

    /// While a segment of it is being freed a container's contents own what they owned, and nothing else.
    private func freedContents(_ report: inout Report) {
        balanced(&report, "contents") { report in
            let lists = (0..<3).map { _ in try! ListStorage.create() }
            let value = [UInt8](repeating: 1, count: 50)
            let bytes = Family.usage.bytes
            torment(&report, "freeing a list's elements", tries: 250) {
                for list in lists {
                    value.withUnsafeBytes { bytes in
                        try! Message.withOnePiece(bytes) { message throws(SharedMemoryExhausted) in
                            _ = try list.append(message)
                        }
                    }
                }
                for list in lists.dropLast() { list.clear() }
            } operation: {
                lists[2].clear()
            } check: {
                Family.sweep()
                lists[2].clear()
                return Family.usage.bytes == bytes ? nil : "\(Family.usage.bytes - bytes) bytes too many"
            }
            for list in lists { HandleTable.release(list.object) }
        }
    }

    private func objects(_ report: inout Report) {
        balanced(&report, "objects") { report in
            torment(&report, "making and dropping an object") {
                let queue = try! QueueStorage.create(limit: 0, name: "short-lived")
                HandleTable.release(queue.object)
            } check: {
                nil
            }
        }
    }

    /// What a process leaves that is killed while it starts and joins others, and what their zombies leave to the main process.
    private func process(_ report: inout Report) {
        Family.adoptOrphans()
        balanced(&report, "processes") { report in
            torment(&report, "starting and joining a process") {
                for _ in 0..<2 { spawn {}.finish() }
                DepartedChildren.reapAll()
            } check: {
                let isAlone = soon {
                    Family.sweep()
                    return Family.otherProcesses.isEmpty
                }
                if !isAlone { return "somebody is left" }
                // Children of this process, and orphans.
                let isReaped = soon {
                    Family.sweep()
                    return waitid(P_ALL, 0, nil, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD
                }
                return isReaped ? nil : "a zombie is left"
            }
        }
    }
}
