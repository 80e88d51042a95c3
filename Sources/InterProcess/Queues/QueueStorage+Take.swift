// The take side.

extension QueueStorage {
    /// Takes the oldest messages, at least one, waiting for it until the deadline.
    ///
    /// - Parameters:
    ///   - buffer: empty; receives the messages.
    ///   - most: how many it takes at most.
    ///   - countsTasks: each message taken is a task of this process until `taskDone`.
    ///   - claim: becomes the number of the message taken last, from 1, in the transaction that takes it: whoever knows the
    ///     numbers of messages finds there what a process took that died.
    ///   - deadline: until when it waits for the first.
    public func take(
        into buffer: MessageBuffer, atMost most: Int = 1, countsTasks: Bool = false, claim: SharedWord? = nil,
        until deadline: Deadline = .now
    ) -> QueueOutcome {
        var outcome = tryTake(into: buffer, most, countsTasks, claim)
        guard outcome == .timedOut, !deadline.isNow else { return outcome }
        var set = WaitSet(takers)
        let waited = Waiting.wait(
            Operation(claim == nil ? .get : .awaitTask, on: object), in: &set, until: deadline,
            looksReady: { published.load() >> 1 != taken.relaxed() >> 1 || isShutDown },
            pace: Self.streamPace.pace
        ) {
            outcome = tryTake(into: buffer, most, countsTasks, claim)
            return outcome != .timedOut
        }
        Self.streamPace.note(left: Int(bitPattern: UInt(seen.relaxed() &- taken.relaxed() >> 1)))
        return waited == .interrupted ? .interrupted : outcome
    }

    nonisolated(unsafe) private static var streamPace = StreamPace()

    /// One attempt; `timedOut` means empty.
    private func tryTake(
        into buffer: MessageBuffer, _ most: Int, _ countsTasks: Bool, _ claim: SharedWord?
    ) -> QueueOutcome {
        // A look without the lock: an empty queue is left alone.
        if seen.load() == taken.load() >> 1, let outcome = emptiness { return outcome }
        takeLock.lock()
        // Without memory for an account the task is taken all the same: it may be what frees some.
        if countsTasks, !accounts.hasEntryOfCaller { _ = accounts.addEntryOfCaller(under: takeLock) }
        var front = Head(self)
        while buffer.count < most, !buffer.isClosed, front.hasMessage {
            front.take(into: buffer, countsTask: countsTasks, claim: claim)
        }
        front.commit()
        takeLock.unlock()
        front.releaseUsedSegment()
        // Others were faster.
        if buffer.count == 0 { return emptiness ?? .timedOut }
        if isBounded {
            for _ in 0..<buffer.count where !putters.isEmpty { putters.wakeOne() }
        }
        // Who was woken may have died or been overtaken: pass it on.
        if !takers.isEmpty, hasMessage { takers.wakeOne() }
        return .done
    }

    /// What to make of a queue in which there is nothing; nil if there is something.
    private var emptiness: QueueOutcome? {
        // Asked first: nothing is put once the flag is set, so what is not there then will never be.
        let hasEnded = isShutDown
        if hasMessage { return nil }
        return hasEnded ? .shutDown : .timedOut
    }

    /// Whether a message is there to take.
    public var hasMessage: Bool { published.load() >> 1 != taken.load() >> 1 }

    /// Waits until there is a message, or one of `children` has died, or something else, which is looked at whenever code of
    /// the script has run meanwhile.
    public func waitForMessage(
        orDeathOf children: [ChildProcess], or isOver: @escaping () -> Bool, until deadline: Deadline
    ) -> WaitOutcome {
        let isReady = { hasMessage || isOver() || children.contains { !$0.ref.isAlive } }
        if isReady() { return .ready }
        var set = WaitSet(takers)
        set.turns = .passedOn
        set.processes = { children.map(\.ref) }
        return Waiting.wait(
            Operation(.awaitReply, on: object), in: &set, until: deadline, looksReady: { hasMessage },
            attempt: isReady)
    }

    /// What `mp.wait` listens to.
    public func listen(in set: inout WaitSet) { set.lists.append(takers) }
}

/// The front of the chain while the take lock is held.
private struct Head: ~Copyable {
    private let queue: QueueStorage
    private var segment: UInt64
    private var offset: UInt64
    private var copy: UInt64
    private var count: UInt64
    private var seen: UInt64
    private var uncommitted: UInt64 = 0
    private var usedSegment: SharedWord?

    init(_ queue: QueueStorage) {
        self.queue = queue
        let taken = queue.taken.relaxed()
        count = taken >> 1
        copy = taken & 1
        seen = queue.seen.relaxed()
        segment = queue.head(copy).segment.relaxed()
        offset = queue.head(copy).offset.relaxed()
    }

    var hasMessage: Bool {
        mutating get {
            if seen != count + uncommitted { return true }
            seen = queue.published.load() >> 1
            queue.seen.store(seen)
            return seen != count + uncommitted
        }
    }

    mutating func take(into buffer: MessageBuffer, countsTask: Bool, claim: SharedWord?) {
        if segment == 0 {
            segment = queue.firstSegment.relaxed()
            offset = Segment.headerBytes
        }
        var current = Segment(offset: segment)
        var used: UInt64 = 0
        if offset + 8 > current.capacity || content(current) == .end {
            commit()
            used = segment
            segment = current.next.relaxed()
            offset = Segment.headerBytes
            current = Segment(offset: segment)
        }
        let word = current.entry(at: offset)
        let length = Int(word.relaxed() & Segment.lengthMask)
        let bytes = UnsafeRawBufferPointer(start: word.address + 8, count: length)
        let isBlock = content(current) == .block
        let start = offset
        offset += Segment.entrySize(length)
        if !isBlock { buffer.append(bytes) }
        guard isBlock || used != 0 || countsTask || claim != nil else {
            uncommitted += 1
            return
        }
        commit()
        let accounts = queue.accounts
        let number = count + 1
        if !isBlock, used == 0 {
            commitOne { change in
                if countsTask { accounts.add(1, &change) }
                if let claim { change.set(claim, number) }
            }
            return
        }
        // At most one used segment and one block leave the queue in one transaction.
        releaseUsedSegment()
        let segmentHand = used == 0 ? nil : Hand.freeWord
        let block = isBlock ? SharedWord(offset: segment + start + 8).relaxed() : 0
        let blockHand = isBlock ? Hand.freeWord(besides: segmentHand) : nil
        commitOne { change in
            if let segmentHand { change.set(segmentHand, used) }
            if let blockHand { change.set(blockHand, block) }
            if countsTask { accounts.add(1, &change) }
            if let claim { change.set(claim, number) }
        }
        usedSegment = segmentHand
        if let blockHand { buffer.close(with: Envelope(owner: blockHand)) }
    }

    private func content(_ segment: Segment) -> Segment.Content {
        Segment.Content(rawValue: segment.entry(at: offset).relaxed() >> Segment.contentShift) ?? .inline
    }

    private mutating func writeSpareCopy() {
        copy ^= 1
        queue.head(copy).segment.storeRelaxed(segment)
        queue.head(copy).offset.storeRelaxed(offset)
    }

    /// Takes one message together with what else `add` changes.
    private mutating func commitOne(_ add: (inout Transaction) -> Void) {
        writeSpareCopy()
        count += 1
        var change = Transaction(under: queue.takeLock)
        change.set(queue.taken, count << 1 | copy)
        add(&change)
        change.commit()
    }

    /// Makes what was copied out taken: one store.
    mutating func commit() {
        guard uncommitted > 0 else { return }
        writeSpareCopy()
        count += uncommitted
        uncommitted = 0
        queue.taken.store(count << 1 | copy)
    }

    /// Frees the segment that was left behind.
    mutating func releaseUsedSegment() {
        if let usedSegment { Hand.release(usedSegment) }
        usedSegment = nil
    }
}
