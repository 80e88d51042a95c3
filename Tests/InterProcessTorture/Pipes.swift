import Glibc
import InterProcess

/// Pipes: who has which end, and what travels in messages, with senders and receivers dying.
struct Pipes {
    let kills: Int

    func run(_ report: inout Report) {
        // The first end of a kind brings tables into being, which stay.
        let (first, second) = try! Channel.makePair()
        first.close()
        second.close()
        sizes(&report)
        ends(&report)
        unreadMessages(&report)
        travellingEnds(&report)
        killedSenders(&report)
        killedReceivers(&report)
        senderKilledInside(&report)
        receiverKilledInside(&report)
    }

    private func sizes(_ report: inout Report) {
        let before = Family.usage
        let sizes = [0, 1, 3, 4, 5, 1000, 16384, 16385, 300_000, 5 << 20, 2]
        let (here, there) = try! Channel.makePair()
        let child = spawn {
            here.close()
            for _ in sizes { try there.send(bytes: try there.received()) }
        }
        there.close()
        var isRight = true
        for size in sizes {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try! here.send(bytes: bytes)
            if (try? here.received()) != bytes { isRight = false }
        }
        report.check(isRight, "messages of all sizes go through a pipe and back")
        report.equal(child.finish(), 0, "the echo ended well")
        report.check(here.isAtEnd, "the end of the other process is the end of the stream")
        here.close()
        check(before, "a pipe leaves nothing", &report)
    }

    private func ends(_ report: inout Report) {
        let before = Family.usage
        let (here, there) = try! Channel.makePair()
        report.check(!here.hasInput, "nothing has come")
        // The child never closes its copy of `here`, nor this process its copy of `there`.
        let reader = spawn { guard there.isAtEnd else { throw Failure() } }
        pause(microseconds: 20_000)
        here.close()
        report.equal(reader.finish(), 0, "a reader's own inherited copy does not keep a pipe open")
        report.check(there.isAtEnd, "what is left knows it too")
        there.close()

        let (mine, theirs) = try! Channel.makePair()
        let victim = spawn { _ = theirs.isAtEnd }
        victim.kill()
        report.check(mine.isAtEnd, "a killed process has no end of a pipe, not even while it is a zombie")
        victim.finish()
        mine.close()
        theirs.close()
        check(before, "ends are given back", &report)
    }

    private func unreadMessages(_ report: inout Report) {
        let before = Family.usage
        for round in 0..<1000 {
            let (here, there) = try! Channel.makePair()
            let queue = try! QueueStorage.create(limit: 0)
            try! here.send(bytes: [1], handles: [queue.object.handle])
            HandleTable.release(queue.object)
            if round % 2 == 0 {
                here.close()
                there.close()
            } else {
                there.close()
                here.close()
            }
        }
        check(before, "shared objects in messages that nobody reads are let go of with the pipe", &report)
        let (here, there) = try! Channel.makePair()
        there.close()
        let queue = try! QueueStorage.create(limit: 0)
        for _ in 0..<1000 { try? here.send(bytes: [1], handles: [queue.object.handle]) }
        HandleTable.release(queue.object)
        report.equal(Family.usage.objects, before.objects + 2, "a message that cannot be sent holds nothing")
        here.close()
    }

    private func travellingEnds(_ report: inout Report) {
        let before = Family.usage
        let (carrier, far) = try! Channel.makePair()
        let child = spawn {
            let message = try far.receive()
            guard let channel = try message.takeChannel(0) else { throw Failure() }
            message.release()
            try channel.send(bytes: [42])
            channel.close()
        }
        let (here, there) = try! Channel.makePair()
        try! carrier.send(bytes: [], channels: [there])
        there.close()
        report.equal(try? here.received(), [42], "an end that travelled works")
        report.check(here.isAtEnd, "and is closed by who received it")
        report.equal(child.finish(), 0, "the receiver ended well")
        here.close()
        // In flight for ever: the carrier's other end will not read it.
        let (alone, sent) = try! Channel.makePair()
        try? carrier.send(bytes: [], channels: [sent])
        sent.close()
        far.close()
        report.check(alone.isAtEnd, "an end in a message that can never be read is closed")
        alone.close()
        carrier.close()
        check(before, "travelling ends leave nothing", &report)
    }

    /// Senders of messages with queues and ends of pipes in them are killed at any instant.
    private func killedSenders(_ report: inout Report) {
        let before = Family.usage
        let (here, there) = try! Channel.makePair()
        var received = 0
        var stale = 0
        for round in 0..<kills / 4 {
            let sender = spawn {
                while true {
                    let queue = try QueueStorage.create(limit: 0)
                    _ = try queue.put([7])
                    let (one, other) = try Channel.makePair()
                    try there.send(bytes: [7], handles: [queue.object.handle], channels: [one])
                    HandleTable.release(queue.object)
                    one.close()
                    other.close()
                }
            }
            for _ in 0..<round % 5 { receive(from: here, &received, &stale) }
            sender.kill()
            sender.finish()
            while here.hasInput { receive(from: here, &received, &stale) }
        }
        print("# \(received) messages received from \(kills / 4) killed senders")
        report.check(received > kills / 8, "messages came")
        report.equal(stale, 0, "what came in a message was alive")
        there.close()
        report.check(here.isAtEnd, "the end comes")
        here.close()
        check(before, "killed senders leave nothing", &report)
    }

    /// Receivers of messages with queues in them are killed at any instant, while their sender and the pipe live on.
    private func killedReceivers(_ report: inout Report) {
        let before = Family.usage
        let (here, there) = try! Channel.makePair()
        let idle = Family.usage
        var leaks = 0
        for round in 0..<kills / 8 {
            let receiver = spawn { while true { try there.receive().release() } }
            for _ in 0..<1 + round % 7 {
                let queue = try! QueueStorage.create(limit: 0)
                try! here.send(bytes: [7], handles: [queue.object.handle])
                HandleTable.release(queue.object)
            }
            pause(microseconds: .random(in: 0...300))
            receiver.kill()
            receiver.finish()
            // It receives what is left, and then nothing comes.
            let successor = spawn { while true { try there.receive().release() } }
            let end = Deadline.after(seconds: 1)
            while Family.usage.objects > idle.objects + 1, !end.hasPassed { pause(microseconds: 50) }
            successor.kill()
            successor.finish()
            Family.sweep()
            if Family.usage != idle { leaks += 1 }
        }
        report.equal(leaks, 0, "what killed receivers had not used comes back while the pipe is in use")
        here.close()
        there.close()
        check(before, "killed receivers leave nothing", &report)
    }

    /// To a receiver that has lost its place in it, messages of three bytes, one after the other.
    private static let deceptive = (0..<1 << 20).map { [UInt8](arrayLiteral: 0, 0, 0, 3, 1, 2, 3)[$0 % 7] }

    /// Of a message that does not fit into the socket, the rest will never come.
    private func senderKilledInside(_ report: inout Report) {
        let before = Family.usage
        let (here, there) = try! Channel.makePair()
        let sender = spawn { try here.send(bytes: Self.deceptive) }
        pause(microseconds: 50_000)
        sender.kill()
        sender.finish()
        report.equal(
            there.failureToReceive, "endInsideMessage",
            "a receiver learns that the sender died inside a message")
        do {
            try here.send(bytes: [1])
            report.check(false, "nothing can be sent after a part of a message")
        } catch {
            report.equal("\(error)", "cutInsideMessage", "nothing can be sent after a part of a message")
        }
        here.close()
        there.close()
        check(before, "a sender killed inside a message leaves nothing", &report)
    }

    /// What the killed one has left of a message is no message.
    private func receiverKilledInside(_ report: inout Report) {
        let before = Family.usage
        let (here, there) = try! Channel.makePair()
        let victim = spawn { _ = try there.received() }
        // By hand, so that the rest comes when we want.
        let length = withUnsafeBytes(of: UInt32(70_000).bigEndian) { Array($0) }
        _ = write(here.descriptor, length + Self.deceptive.prefix(35_000), 4 + 35_000)
        pause(microseconds: 50_000)
        victim.kill()
        victim.finish()
        _ = write(here.descriptor, Array(Self.deceptive.prefix(35_000)), 35_000)
        report.equal(
            there.failureToReceive, "cutInsideMessage", "the rest of a message is never taken for another")
        here.close()
        there.close()
        check(before, "a receiver killed inside a message leaves nothing", &report)
    }

    private func receive(from channel: Channel, _ received: inout Int, _ stale: inout Int) {
        guard let message = try? channel.receive() else { return }
        received += 1
        if let end = try! message.takeChannel(0) { end.close() } else { stale += 1 }
        message.release()
    }

    private func check(_ before: (bytes: Int, objects: Int), _ what: String, _ report: inout Report) {
        Family.sweep()
        report.equal(Family.usage.objects, before.objects, "\(what): objects")
        report.equal(Family.usage.bytes, before.bytes, "\(what): bytes")
    }

    private struct Failure: Error {}
}

extension Channel {
    func send(bytes: [UInt8], handles: [Handle] = [], channels: [Channel] = []) throws {
        try bytes.withUnsafeBytes { piece in
            var piece = piece
            try withUnsafePointer(to: &piece) {
                let pieces = UnsafeBufferPointer(start: $0, count: 1)
                try send(Message(pieces: pieces, handles: handles), with: channels)
            }
        }
    }

    func received() throws -> [UInt8] {
        let message = try receive()
        defer { message.release() }
        return Array(message.content)
    }

    /// Why nothing can be received; empty if a message was.
    fileprivate var failureToReceive: String {
        do throws(ChannelFailure) {
            try receive().release()
            return ""
        } catch { return "\(error)" }
    }

    /// Waits for the end of the stream; a message is not one.
    fileprivate var isAtEnd: Bool {
        do throws(ChannelFailure) {
            try receive().release()
            return false
        } catch {
            if case .endOfStream = error { return true }
            return false
        }
    }
}
