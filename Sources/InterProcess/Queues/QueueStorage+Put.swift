// The put side.

import CInterProcess

/// What `put` appends: a short message, copied under the lock, or a block already filled.
struct QueueItem {
    let bytes: UnsafeRawBufferPointer
    let block: SharedWord?

    /// Messages from this size on are filled into blocks of their own, outside the lock.
    static let largestInline = 16 << 10

    init(_ message: Message) throws(SharedMemoryExhausted) {
        if message.handles.isEmpty, message.count <= Self.largestInline, message.pieces.count == 1 {
            bytes = message.pieces[0]
            block = nil
        } else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            block = try Envelope.make(message).owner
        }
    }

    var entrySize: UInt64 { Segment.entrySize(block == nil ? bytes.count : 8) }

    func write(to entry: SharedWord) {
        if let block {
            entry.storeRelaxed(8 | Segment.Content.block.rawValue << Segment.contentShift)
            SharedWord(entry.address + 8).storeRelaxed(block.relaxed())
        } else {
            entry.storeRelaxed(UInt64(bytes.count))
            guard let source = bytes.baseAddress else { return }
            (entry.address + 8).copyMemory(from: source, byteCount: bytes.count)
        }
    }

    /// Drops an item that was not put.
    func discard() {
        if let block { Envelope(owner: block).free() }
    }
}

extension QueueStorage {
    /// Appends a message, waiting for room until the deadline. When it returns `done` the message
    /// is in shared memory; else nothing has changed.
    public func put(_ message: Message, until deadline: Deadline) throws(SharedMemoryExhausted)
        -> QueueOutcome
    {
        try put(QueueItem(message), until: deadline)
    }

    /// Appends a message that is bytes in one piece and nothing else.
    public func put(
        _ bytes: UnsafeRawBufferPointer, until deadline: Deadline
    ) throws(SharedMemoryExhausted) -> QueueOutcome {
        if bytes.count <= QueueItem.largestInline {
            return try put(QueueItem(inline: bytes), until: deadline)
        }
        return try Message.withOnePiece(bytes) { message throws(SharedMemoryExhausted) in
            try put(message, until: deadline)
        }
    }

    @inline(__always)
    private func put(_ item: QueueItem, until deadline: Deadline) throws(SharedMemoryExhausted)
        -> QueueOutcome
    {
        do throws(SharedMemoryExhausted) {
            var outcome = try tryPut(item)
            if outcome == .timedOut { outcome = try waitToPut(item, until: deadline) }
            if outcome != .done { item.discard() }
            return outcome
        } catch {
            item.discard()
            throw error
        }
    }

    /// Appends messages of a buffer in order, as many as there is room for in one round of the lock.
    ///
    /// - Returns: how many were put, at least one if the outcome is `done`.
    public func putSome(
        _ buffer: MessageBuffer, _ range: Range<Int>, until deadline: Deadline
    ) throws(SharedMemoryExhausted) -> (count: Int, outcome: QueueOutcome) {
        guard !range.isEmpty else { return (0, .done) }
        if buffer[range.lowerBound].count > QueueItem.largestInline {
            let outcome = try put(buffer[range.lowerBound], until: deadline)
            return (outcome == .done ? 1 : 0, outcome)
        }
        var count = 0
        var outcome = try tryPutInline(buffer, range, &count)
        if outcome == .timedOut, !deadline.isNow {
            var set = WaitSet(putters)
            let waited = try Waiting.wait(
                Operation(.put, on: object), in: &set, until: deadline, looksReady: { !isFull || isShutDown }
            ) { () throws(SharedMemoryExhausted) in
                outcome = try tryPutInline(buffer, range, &count)
                return outcome != .timedOut
            }
            if waited == .interrupted { outcome = .interrupted }
        }
        return (count, outcome)
    }

    private func waitToPut(_ item: QueueItem, until deadline: Deadline) throws(SharedMemoryExhausted)
        -> QueueOutcome
    {
        var set = WaitSet(putters)
        var outcome = QueueOutcome.timedOut
        let waited = try Waiting.wait(
            Operation(.put, on: object), in: &set, until: deadline, looksReady: { !isFull || isShutDown }
        ) { () throws(SharedMemoryExhausted) in
            outcome = try tryPut(item)
            return outcome != .timedOut
        }
        return waited == .interrupted ? .interrupted : outcome
    }

    /// One attempt; `timedOut` means full.
    @inline(__always)
    private func tryPut(_ item: QueueItem) throws(SharedMemoryExhausted) -> QueueOutcome {
        putLock.lock()
        guard !isShutDown else {
            putLock.unlock()
            return .shutDown
        }
        var end = Tail(self)
        guard end.hasRoom else {
            putLock.unlock()
            return .timedOut
        }
        do throws(SharedMemoryExhausted) {
            try end.append(item)
        } catch {
            putLock.unlock()
            throw error
        }
        end.publish()
        putLock.unlock()
        end.prefetch(item.entrySize)
        wakeTaker()
        return .done
    }

    /// Appends what fits up to the first message that needs a block of its own; `timedOut` means full.
    private func tryPutInline(
        _ buffer: MessageBuffer, _ range: Range<Int>, _ count: inout Int
    ) throws(SharedMemoryExhausted) -> QueueOutcome {
        putLock.lock()
        guard !isShutDown else {
            putLock.unlock()
            return .shutDown
        }
        var end = Tail(self)
        var failure: SharedMemoryExhausted?
        var size: UInt64 = 0
        while count < range.count, end.hasRoom {
            let bytes = buffer[range.lowerBound + count]
            if bytes.count > QueueItem.largestInline { break }
            do throws(SharedMemoryExhausted) {
                let item = QueueItem(inline: bytes)
                try end.append(item)
                size &+= item.entrySize
            } catch {
                failure = error
                break
            }
            count += 1
        }
        end.publish()
        putLock.unlock()
        end.prefetch(size)
        if count > 0 {
            wakeTaker()
            return .done
        }
        if let failure { throw failure }
        return .timedOut
    }

    /// After publishing and the barrier of unlocking: who is in the list now waits for this, and
    /// who comes later sees the message.
    @inline(__always)
    private func wakeTaker() {
        if !takers.isEmpty { takers.wakeOne() }
    }
}

extension QueueItem {
    init(inline bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        block = nil
    }
}

/// The end of the chain while the put lock is held: entries are appended, then published together.
private struct Tail: ~Copyable {
    private let queue: QueueStorage
    private let limit: UInt64
    private var segment: Segment?
    private var offset: UInt64
    private var copy: UInt64
    private var count: UInt64
    private var unpublished: UInt64 = 0

    private static let cacheLine: UInt64 = 64
    /// Bytes; of what is longer, the processor itself sees that it is written in order.
    private static let mostPrefetched: UInt64 = 2048

    @inline(__always)
    init(_ queue: QueueStorage) {
        self.queue = queue
        let published = queue.published.relaxed()
        count = published >> 1
        copy = published & 1
        let position = queue.tail(copy)
        let segment = position.segment.relaxed()
        self.segment = segment == 0 ? nil : Segment(offset: segment)
        offset = position.offset.relaxed()
        limit = queue.limitWord.relaxed()
    }

    var hasRoom: Bool {
        @inline(__always) get {
            limit == 0 || count + unpublished - queue.taken.load() >> 1 < limit
        }
    }

    @inline(__always)
    mutating func append(_ item: QueueItem) throws(SharedMemoryExhausted) {
        let size = item.entrySize
        if item.block == nil, let segment, offset + size <= segment.capacity {
            item.write(to: segment.entry(at: offset))
            offset += size
            unpublished += 1
        } else {
            try appendWithTransaction(item, size)
        }
    }

    /// Where a block changes owner together with the count.
    private mutating func appendWithTransaction(_ item: QueueItem, _ size: UInt64)
        throws(SharedMemoryExhausted)
    {
        publish()
        var newSegmentHand: SharedWord?
        let previous = segment
        if previous == nil || offset + size > previous.unsafelyUnwrapped.capacity {
            let hand = Hand.freeWord
            let new = try Segment.make(after: previous, fitting: size, into: hand)
            if let previous {
                // Beyond what is published: nobody reads it yet, and who comes after a crash writes it again.
                if offset + 8 <= previous.capacity {
                    previous.entry(at: offset).storeRelaxed(
                        Segment.Content.end.rawValue << Segment.contentShift)
                }
                previous.next.storeRelaxed(new.offset)
            }
            newSegmentHand = hand
            segment = new
            offset = Segment.headerBytes
        }
        let segment = segment.unsafelyUnwrapped
        item.write(to: segment.entry(at: offset))
        offset += size
        writeSpareCopy()
        var change = Transaction(under: queue.putLock)
        if previous == nil { change.set(queue.firstSegment, segment.offset) }
        if let newSegmentHand { change.set(newSegmentHand, 0) }
        if let block = item.block { change.set(block, 0) }
        // Last: the take side, which does not hold our lock, goes by this word.
        change.set(queue.published, (count + 1) << 1 | copy)
        change.commit()
        count += 1
    }

    private mutating func writeSpareCopy() {
        copy ^= 1
        let position = queue.tail(copy)
        position.segment.storeRelaxed(segment.unsafelyUnwrapped.offset)
        position.offset.storeRelaxed(offset)
    }

    /// Has the lines fetched that the next put of this size will write to: they are where they were read last, in the cache
    /// of a consumer's processor.
    @inline(__always)
    func prefetch(_ size: UInt64) {
        guard let segment else { return }
        var ahead = Self.cacheLine
        while ahead <= min(size &+ Self.cacheLine, Self.mostPrefetched) {
            ip_prefetch_to_write(segment.entry(at: offset &+ ahead).address)
            ahead &+= Self.cacheLine
        }
    }

    /// Makes what was appended exist: one store.
    @inline(__always)
    mutating func publish() {
        guard unpublished > 0 else { return }
        writeSpareCopy()
        count += unpublished
        unpublished = 0
        queue.published.store(count << 1 | copy)
    }
}
