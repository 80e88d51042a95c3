// Queue storage: messages in a chain of segments.
//
// Layout, in a shared object of kind `queue`:
//
//     48    takers: wait list of those who want a message
//     56    putters: wait list of those who want room
//     64    put side, one cache line: lock · published · tail 0 (segment, offset) · tail 1 · limit · flags
//     128   joiners: wait list · first segment · accounts (JoinAccounts) · tasks done · constants
//     192   take side, one cache line: lock · taken · head 0 (segment, offset) · head 1 · seen
//
// `published` and `taken` are a count of messages << 1 | which of the two copies of the tail
// (head) is valid. `seen` is a count that `published` has reached: while there is more than was
// taken, the take side leaves the put side's line alone, and its processor does not have to fetch
// it. A segment is a block {next segment, capacity, entries from byte 16}; an entry is a word
// {content length | what it is << 56} and its content, padded to 8 bytes.
//
// Invariants: a message exists exactly when its number is below `published` and not below
// `taken`. The side's lock guards its copies; the spare copy is written first and the one
// store of the count makes message and position valid together. Where a block changes owner
// with it (a new segment, a message of its own, a segment used up), count and owners change
// in one transaction. Put and take never wait for each other's lock.
//
// A crash leaves: the queue as before or as after; what the process had in its hand is freed
// by the sweep. A consumer killed after its commit takes one message along, nothing else is
// lost, doubled or reordered.

import CInterProcess
import Glibc

/// A queue of messages in shared memory.
public struct QueueStorage {
    /// The object of kind `queue`.
    public let object: SharedObject

    /// The queue that an object is.
    ///
    /// - Parameter object: of kind `queue`.
    public init(_ object: SharedObject) { self.object = object }

    /// Makes a queue that this process holds.
    ///
    /// - Parameters:
    ///   - limit: how many messages it holds at most; 0 = any number.
    ///   - variant: which of the package's queues it is.
    ///   - name: for diagnostics.
    ///   - place: the script line that makes it; 0 = unknown.
    public static func create(
        limit: Int, variant: Variant = .plain, name: String? = nil, place: UInt64 = 0
    ) throws(SharedMemoryExhausted) -> QueueStorage {
        let object = try HandleTable.create(.queue, name: name, place: place) { object in
            let queue = QueueStorage(object)
            queue.limitWord.storeRelaxed(UInt64(limit))
            queue.constants.storeRelaxed(variant.rawValue << variantShift | (limit > 0 ? boundedFlag : 0))
        }
        return QueueStorage(object)
    }

    /// Which of the package's queues it is.
    public enum Variant: UInt64, Sendable {
        /// `Queue`
        case plain = 0
        /// `JoinableQueue`: counts its tasks.
        case joinable
        /// `SimpleQueue`: never bounded.
        case simple
    }

    static let shutDownFlag: UInt64 = 1
    private static let boundedFlag: UInt64 = 1
    private static let variantShift: UInt64 = 8

    /// Which of the package's queues it was made as.
    @inline(__always)
    public var variant: Variant { Variant(rawValue: constants.relaxed() >> Self.variantShift) ?? .plain }

    /// Whether it has a limit.
    @inline(__always)
    var isBounded: Bool { constants.relaxed() & Self.boundedFlag != 0 }

    var takers: WaitList { object.waitList(at: 48) }
    var putters: WaitList { object.waitList(at: 56) }
    var putLock: RobustMutex { RobustMutex(object.word(64)) }
    var published: SharedWord { object.word(72) }
    func tail(_ copy: UInt64) -> Position { Position(object.base + 80 + Int(copy) * 16) }
    var limitWord: SharedWord { object.word(112) }
    var flags: SharedWord { object.word(120) }
    var joiners: WaitList { object.waitList(at: 128) }
    var firstSegment: SharedWord { object.word(136) }
    var accounts: JoinAccounts { JoinAccounts(owner: object.word(144)) }
    var tasksDone: SharedWord { object.word(152) }
    /// What never changes, for the take side.
    private var constants: SharedWord { object.word(160) }
    var takeLock: RobustMutex { RobustMutex(object.word(192)) }
    var taken: SharedWord { object.word(200) }
    func head(_ copy: UInt64) -> Position { Position(object.base + 208 + Int(copy) * 16) }
    var seen: SharedWord { object.word(240) }

    /// One copy of a place in the chain of segments.
    struct Position {
        let segment: SharedWord
        let offset: SharedWord

        init(_ base: UnsafeMutableRawPointer) {
            segment = SharedWord(base)
            offset = SharedWord(base + 8)
        }
    }

    /// How many messages it may hold, 0 = any number.
    public var limit: Int { Int(limitWord.relaxed()) }

    /// How many messages it holds at this instant.
    public var count: Int {
        while true {
            let before = taken.load()
            let count = Int(published.load() >> 1) - Int(before >> 1)
            // Nothing was taken while we looked, so both counts were true at one instant.
            if taken.load() == before { return count }
        }
    }

    /// How many messages were ever put into it: the number of the last one, counted from 1.
    public var publishedCount: Int { Int(published.load() >> 1) }

    /// Whether it holds as many messages as it may at this instant.
    public var isFull: Bool { limit > 0 && count >= limit }

    /// No more puts; gets end when the queue is empty. For all processes.
    public var isShutDown: Bool { flags.load() & Self.shutDownFlag != 0 }

    /// Ends the queue for all processes and wakes everyone who is blocked on it.
    ///
    /// - Parameter immediately: drops the messages in it, as if each had been taken and done.
    public func shutDown(immediately: Bool) {
        putLock.lock()
        flags.setBits(Self.shutDownFlag)
        putLock.unlock()
        if immediately {
            let buffer = MessageBuffer()
            while take(into: buffer, atMost: 64) == .done {
                for _ in 0..<buffer.count { _ = taskDone(takenByCaller: false) }
                buffer.clear()
            }
        }
        takers.wakeAll()
        putters.wakeAll()
        joiners.wakeAll()
    }

    /// Frees everything the queue owns; nobody can reach it any more.
    func destroyContents() {
        let buffer = MessageBuffer()
        while take(into: buffer, atMost: 64) == .done { buffer.clear() }
        releaseLastSegment()
        accounts.free()
    }

    private func releaseLastSegment() {
        let hand = Hand.freeWord
        putLock.lock()
        // Under the lock: who died doing this has done it or has not.
        let copy = published.relaxed() & 1
        let segment = tail(copy).segment.relaxed()
        guard segment != 0 else { return putLock.unlock() }
        var change = Transaction(under: putLock)
        change.set(hand, segment)
        change.set(tail(copy).segment, 0)
        change.commit()
        putLock.unlock()
        Hand.release(hand)
    }
}

/// How an operation on a queue ended.
public enum QueueOutcome: Sendable {
    /// It was done.
    case done
    /// Full or empty, and the time to wait is over.
    case timedOut
    /// Ctrl-C, a signal's handler that failed, or a deadlock.
    case interrupted
    /// The queue takes nothing any more, and for who takes from it, is empty.
    case shutDown
}

/// A segment of the chain.
struct Segment {
    let offset: UInt64

    static let headerBytes: UInt64 = 16
    private static let smallest = 1024

    /// What an entry holds, in the top byte of its first word.
    enum Content: UInt64 {
        case inline = 0
        /// One word: a block, tagged as in a hand.
        case block = 1
        /// Nothing; the chain goes on in the next segment.
        case end = 2
    }

    static let contentShift: UInt64 = 56
    static let lengthMask: UInt64 = 0xffff_ffff

    var next: SharedWord { SharedWord(offset: offset) }
    var capacity: UInt64 { SharedWord(offset: offset + 8).relaxed() }

    func entry(at position: UInt64) -> SharedWord { SharedWord(offset: offset + position) }

    /// Bytes an entry takes.
    static func entrySize(_ contentBytes: Int) -> UInt64 { UInt64(8 + (contentBytes + 7) & ~7) }

    /// Takes a segment into `hand`. Short queues stay small, long ones get long segments.
    static func make(
        after previous: Segment?, fitting entry: UInt64, into hand: SharedWord
    ) throws(SharedMemoryExhausted) -> Segment {
        let wanted = previous.map { min(Int($0.capacity) * 2, Arena.pageSize) } ?? smallest
        let bytes = max(wanted, Int(headerBytes + entry))
        let segment = Segment(offset: try SharedHeap.allocate(bytes, into: hand))
        segment.next.storeRelaxed(0)
        SharedWord(offset: segment.offset + 8).storeRelaxed(UInt64(SharedHeap.capacity(of: segment.offset)))
        return segment
    }
}
