// Pipes: who holds their ends.
//
// The bytes of a pipe are in the kernel (a socket pair). What the kernel cannot tell is in
// shared memory: whether a descriptor that is still open somewhere is open in *another* process.
//
// Layout of an object of kind `pipeEnd`, which every process owns that has this end open, and
// every message in which it travels:
//
//     64    the pipe (handle entry: owns a share) · 72 the pipe's arena offset · 80 side, 0 or 1
//
// of kind `pipe`, owned by its ends:
//
//     48    wait list of those who use side 0 · 56 of those who use side 1
//     64    parcels under way to side 0: first · last · 80 to side 1: first · last (Parcel)
//     96    flags: a byte a side
//     128   handles of the ends, which own nothing
//     144   creator (ProcessRef) · 152 how often it had started a process then
//     192   who is inside a message that it receives at side 0 (ProcessRef, 0 = nobody) · 200 at side 1
//     208   who is inside a message that it sends from side 0 · 216 from side 1
//
// Invariants: the words of the ends are written before anybody else can know them; parcels
// change under the pipe's wait lock.
//
// A crash leaves: shares, which the sweep gives back; giving back wakes those on the other side. A dead process that is
// inside a message: what follows in the stream is the rest of that, so whoever uses that side next cuts the stream there.

/// The shared side of one end of a pipe.
public struct PipeEnd {
    /// The object of kind `pipeEnd`.
    public let object: SharedObject

    init(_ object: SharedObject) { self.object = object }

    private var pipeShare: SharedWord { object.word(64) }
    private var pipeOffset: SharedWord { object.word(72) }
    private var sideWord: SharedWord { object.word(80) }

    var pipe: PipeStorage { PipeStorage(SharedObject(offset: pipeOffset.relaxed())) }
    var side: Int { Int(sideWord.relaxed()) }
    private var otherSide: Int { 1 - side }

    /// Makes the two ends of a pipe; this process holds both.
    public static func makePair(
        name: String? = nil, place: UInt64 = 0
    ) throws(SharedMemoryExhausted) -> (PipeEnd, PipeEnd) {
        let pipe = PipeStorage(
            try HandleTable.create(.pipe) { object in
                PipeStorage(object).creator.storeRelaxed(ProcessRef.current.rawValue)
                PipeStorage(object).creatorForks.storeRelaxed(HandleTable.timesCopied)
            })
        // From here on its ends keep it.
        defer { HandleTable.release(pipe.object) }
        let first = try make(side: 0, of: pipe, name, place)
        do throws(SharedMemoryExhausted) {
            return (first, try make(side: 1, of: pipe, name, place))
        } catch {
            HandleTable.release(first.object)
            throw error
        }
    }

    private static func make(
        side: Int, of pipe: PipeStorage, _ name: String?, _ place: UInt64
    ) throws(SharedMemoryExhausted) -> PipeEnd {
        let object = try HandleTable.create(.pipeEnd, name: name, place: place) { object in
            PipeEnd(object).sideWord.storeRelaxed(UInt64(side))
            PipeEnd(object).pipeOffset.storeRelaxed(pipe.object.offset)
        }
        let end = PipeEnd(object)
        _ = HandleTable.own(pipe.object.handle, in: end.pipeShare)
        pipe.endWord(side).store(object.handle.rawValue)
        return end
    }

    /// A reference to the end of a handle that came in a message; nil if it is none.
    static func adopt(_ handle: Handle) throws(SharedMemoryExhausted) -> PipeEnd? {
        guard let object = try HandleTable.adopt(handle) else { return nil }
        if object.kind == .pipeEnd { return PipeEnd(object) }
        HandleTable.release(object)
        return nil
    }

    func destroyContents() {
        HandleTable.disown(pipeShare)
    }

    /// At the end of the process: gives back its shares of all ends, so that those who wait for it to
    /// send or receive learn that it will not. The descriptors stay open; what fits can still be sent.
    public static func releaseAll() { HandleTable.releaseAll(.pipeEnd) }

    // MARK: Who holds the other end

    /// Whether this process itself has the other end open as well. Only then can the kernel not
    /// tell when everybody else has closed it.
    var holdsOther: Bool {
        guard let other = pipe.end(otherSide) else { return false }
        return HandleTable.holds(other)
    }

    /// Whether nothing will come from the other end any more, although this process has a copy of it open.
    ///
    /// An inherited copy of the other end never counts. In the process that made the pipe its own
    /// copy counts as long as it may still use it itself: unless it is about to wait for ever.
    /// A pipe that no other process ever had is like any queue that nobody fills.
    ///
    /// - Parameter forEver: the caller will not return until something comes.
    func otherIsAbandoned(forEver: Bool) -> Bool {
        guard !pipe.hasFlag(.escaped, otherSide) else { return false }
        guard let other = pipe.end(otherSide) else { return true }
        let holdsOther = HandleTable.holds(other)
        guard other.owners.load() == (holdsOther ? 1 : 0) else { return false }
        guard holdsOther, pipe.creator.relaxed() == ProcessRef.current.rawValue else { return true }
        let othersHadIt =
            pipe.creatorForks.relaxed() != HandleTable.timesCopied || pipe.hasFlag(.sent, otherSide)
        return forEver && othersHadIt
    }

    /// Those who wait at this end.
    var waiters: WaitList { pipe.waiters(side) }

    /// Called when an owner of this end is gone: those on the other side may wait for nobody now.
    static func ownerLeft(_ end: PipeEndName) {
        guard let pipe = end.pipe.object else { return }
        PipeStorage(pipe).waiters(1 - end.side).wakeAll()
    }

    /// The end as it can be spoken of after its object is gone.
    var nameOfEnd: PipeEndName { PipeEndName(pipe: pipe.object.handle, side: side) }

    // MARK: Flags

    /// The descriptor of this end became known to code outside: who holds it cannot be told any more.
    public func noteEscape() { pipe.setFlag(.escaped, side) }

    /// This end travels to whoever receives it.
    func noteSent() { pipe.setFlag(.sent, side) }
}

/// Names an end of a pipe; owns nothing.
struct PipeEndName {
    let pipe: Handle
    let side: Int
}

/// What the two ends of a pipe share.
struct PipeStorage {
    let object: SharedObject

    init(_ object: SharedObject) { self.object = object }

    enum Flag: UInt64 {
        /// Its descriptor was handed out as a number.
        case escaped = 1
        /// It was sent in a message.
        case sent = 2
        /// What this side sends ends inside a message.
        case cutSending = 4
        /// What this side received was left inside a message.
        case cutReceiving = 8
    }

    func waiters(_ side: Int) -> WaitList { object.waitList(at: 48 + side * 8) }
    func parcels(to side: Int) -> ParcelList {
        let first = 64 + side * 16
        return ParcelList(lock: object.waitLock, first: object.word(first), last: object.word(first + 8))
    }
    private var flags: SharedWord { object.word(96) }
    func endWord(_ side: Int) -> SharedWord { object.word(128 + side * 8) }
    /// Who has received a part of a message at a side, and who has sent a part of one from it. Only noted where a message
    /// may not go through the socket at once.
    func receiver(_ side: Int) -> SharedWord { object.word(192 + side * 8) }
    func sender(_ side: Int) -> SharedWord { object.word(208 + side * 8) }
    var creator: SharedWord { object.word(144) }
    var creatorForks: SharedWord { object.word(152) }

    /// The end of a side, if anybody of the family holds it.
    func end(_ side: Int) -> SharedObject? { Handle(rawValue: endWord(side).load()).object }

    private func bit(_ flag: Flag, _ side: Int) -> UInt64 { flag.rawValue << (UInt64(side) * 8) }
    func hasFlag(_ flag: Flag, _ side: Int) -> Bool { flags.load() & bit(flag, side) != 0 }
    func setFlag(_ flag: Flag, _ side: Int) { flags.setBits(bit(flag, side)) }

    func destroyContents() {
        for side in 0...1 { parcels(to: side).removeAll() }
    }
}
