// Slots: what the family knows of each of its processes.
//
// Layout of one slot (8 KiB):
//
//     0     state: generation << 8 | phase
//     8     pid
//     16    parent (ProcessRef)
//     24    serial, never reused
//     32    process record (object offset)
//     40    wake word: bumped and woken by whoever wants this process to look up from a sleep
//     56    attention: requests to this process
//     64    sweep lock
//     72    first chunk of the table of held handles
//     80    verdict of a deadlock: sequence of the wait that it is about · 88 what kind of deadlock · 96 sequence of the wait
//           that was reported last
//     104   number of the first parcel whose message this process is about to send, 0 = none (ParcelList)
//     128   lifeline (a robust pthread mutex)
//     192   wait record (WaitRecord)
//     256   hand, 16 words
//     512   redo records, 2 × 512
//     1536  locks held, 64 × {object, script line}
//     2560  traceback of the script, on request (TracebackArea)
//     4096  wait nodes, 64 × 64
//
// Phases: free → forking (claimed by the parent) → live (by the child, when it holds its
// lifeline) → free (by the sweeper, generation + 1). A sweeper that finds the parent of a
// forking slot dead makes it abandoned, unless the child is known to be on its way; a child that comes too late for
// `live` leaves.
//
// Invariants: a slot is reused only when its process is dead, its redo records are applied,
// its hand is empty, its handles are given back and its wait nodes are unlinked.
//
// A crash leaves: a live slot with a dead lifeline; the sweep (Sweeper) does the rest.

import CInterProcess
import Glibc

/// A process of the family, for ever distinguishable from all others: slot and generation.
/// Bit 0 is always clear, for mutexes to use.
struct ProcessRef: Equatable, BitwiseCopyable, Sendable {
    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    init(slot: Slot, generation: UInt64) {
        rawValue = UInt64(slot.index + 1) << 1 | generation << 16
    }

    /// Nobody.
    static let none = ProcessRef(rawValue: 0)

    nonisolated(unsafe) private static var currentRawValue: UInt64 = 0

    /// The calling process.
    @inline(__always)
    static var current: ProcessRef {
        get { ProcessRef(rawValue: currentRawValue) }
        set { currentRawValue = newValue.rawValue }
    }

    var slot: Slot { Slot(index: Int(rawValue >> 1 & 0x7fff) - 1) }
    var generation: UInt64 { rawValue >> 16 }

    /// What to watch for the death of this process; nil if it is dead.
    var lifeline: LifelineWatch? {
        guard rawValue != 0 else { return nil }
        let slot = slot
        guard slot.generation == generation else { return nil }
        let word = slot.lifelineWord
        let value = SharedWord(slot.base + Slot.lifelineOffset).load()
        let low = UInt32(truncatingIfNeeded: value)
        if slot.phase == .live, ip_lifeline_is_dead(low) { return nil }
        // The slot may have been swept in between: then this was somebody else's lifeline.
        guard slot.generation == generation else { return nil }
        return LifelineWatch(word: word, value: low)
    }

    /// Still running, or about to.
    var isAlive: Bool { lifeline != nil }
}

/// The shared state of one process.
struct Slot: Equatable {
    let index: Int

    enum Phase: UInt64 {
        case free = 0
        case forking = 1
        case live = 2
        case abandoned = 3
        /// Dead and swept, but there is still a zombie to be reaped, by its parent or by the main process as its heir.
        case swept = 4
    }

    /// What the process of a slot does, as far as others need to know.
    enum Activity: UInt64 {
        case running = 0
        /// Asleep in a wait.
        case asleep = 1
        /// The same, for long, as another process looks around for it (Lookout).
        case relieved = 2
        /// Asleep in poll(2), where it does not see its wake word, but its PollSocket.
        case asleepInPoll = 3
        case relievedInPoll = 4

        var isInPoll: Bool { self == .asleepInPoll || self == .relievedInPoll }
        var isRelieved: Bool { self == .relieved || self == .relievedInPoll }
    }

    static let lifelineOffset = 128
    static let nodeCount = 64
    static let heldLocksCount = 64

    nonisolated(unsafe) private static var mineIndex = 0

    /// The slot of the calling process.
    @inline(__always)
    static var mine: Slot {
        get { Slot(index: mineIndex) }
        set {
            mineIndex = newValue.index
            ip_set_attention_word(newValue.attention.address.assumingMemoryBound(to: UInt64.self))
        }
    }

    /// All slots that were ever in use.
    static var everUsed: some Sequence<Slot> {
        (0..<Int(ArenaHeader.shared.slotHighWater.load())).lazy.map { Slot(index: $0) }
    }

    @inline(__always)
    var base: UnsafeMutableRawPointer { Arena.base + (Arena.slotsStart &+ index &* Arena.slotSize) }

    @inline(__always)
    private func word(_ offset: Int) -> SharedWord { SharedWord(base + offset) }

    var state: SharedWord { word(0) }
    var pid: SharedWord { word(8) }
    var parent: SharedWord { word(16) }
    var serial: SharedWord { word(24) }
    var record: SharedWord { word(32) }
    /// The lasting record of the process in this slot.
    var currentRecord: ProcessRecord? {
        let offset = record.load()
        return offset == 0 ? nil : ProcessRecord(SharedObject(offset: offset))
    }
    var wake: SharedWord { word(40) }
    private var activityWord: SharedWord { ArenaHeader.shared.activity(index) }
    var activity: Activity { Activity(rawValue: activityWord.load()) ?? .running }
    var attention: SharedWord { word(56) }
    var sweepLock: RobustMutex { RobustMutex(word(64)) }
    var heldHandles: SharedWord { word(72) }
    var waitRecord: WaitRecord { WaitRecord(base: base + 192) }
    var traceback: TracebackArea { TracebackArea(base: base + 2560) }
    var verdict: (sequence: SharedWord, kind: SharedWord) { (word(80), word(88)) }
    /// The wait that was last reported as part of a deadlock: not to be reported again by another process.
    var reportedWait: SharedWord { word(96) }

    var unsentParcel: SharedWord { word(104) }

    @inline(__always)
    func handWord(_ index: Int) -> SharedWord { word(256 + index * 8) }

    @inline(__always)
    func redoRecord(_ level: RedoRecord.Level) -> RedoRecord {
        RedoRecord(base: base + 512 + level.rawValue * RedoRecord.size)
    }

    @inline(__always)
    func heldLock(_ index: Int) -> (object: SharedWord, place: SharedWord) {
        (word(1536 + index * 16), word(1536 + index * 16 + 8))
    }

    func node(_ index: Int) -> WaitNode { WaitNode(slot: self, index: index) }

    var lifelineWord: UnsafeMutablePointer<UInt32> { ip_lifeline_word(base + Self.lifelineOffset) }

    var generation: UInt64 { state.load() >> 8 }
    var phase: Phase { Phase(rawValue: state.load() & 0xff) ?? .free }
    var ref: ProcessRef { ProcessRef(slot: self, generation: generation) }

    static func stateValue(_ generation: UInt64, _ phase: Phase) -> UInt64 {
        generation << 8 | phase.rawValue
    }

    /// A live process whose lifeline says that it has died.
    var isDead: Bool {
        phase == .live && ip_lifeline_is_dead(UInt32(truncatingIfNeeded: word(Self.lifelineOffset).load()))
    }

    /// Running now, as far as shared memory tells: live and not asleep in a wait.
    var isRunning: Bool { activityWord.relaxed() == Activity.running.rawValue && phase == .live && !isDead }

    /// Says what the process of this slot, the calling one, does.
    func note(_ activity: Activity) { activityWord.store(activity.rawValue) }

    /// The same, as a full barrier: who rouses it from now on knows, or has changed the wake word already.
    func announce(_ activity: Activity) { _ = activityWord.exchange(activity.rawValue) }

    /// Asks the process of this slot for something, which it does now if it sleeps.
    func ask(_ request: Attention.Request) {
        attention.setBits(request.rawValue)
        rouse()
    }

    /// Makes the process of this slot look up from whatever it sleeps in.
    func rouse() {
        // A full barrier, see `announce`.
        wake.add(1)
        if activity.isInPoll { PollSocket.wake(ref) } else { ip_futex_wake(wake.futex, 1) }
    }

    /// Wakes all who watch the lifeline: the kernel wakes only one.
    func announceDeath() { ip_futex_wake(lifelineWord, .max) }

    /// Claims a free slot for a child of the calling process. Nil if all are in use.
    static func claim() -> Slot? {
        if let slot = claim(.free) { return slot }
        DepartedChildren.reapAll()
        Sweeper.sweepTheDead()
        // A slot that only keeps the pid of a zombie is taken if there is no other. Its parent reaps it all the same; if it is
        // an orphan's, it remains until the main process has ended.
        return claim(.free) ?? claim(.swept)
    }

    private static func claim(_ phase: Phase) -> Slot? {
        let header = ArenaHeader.shared
        header.slotLock.lock()
        defer { header.slotLock.unlock() }
        let hint = phase == .free ? Int(header.firstFreeSlot.relaxed()) : 0
        guard let slot = first(phase, from: hint) ?? first(phase, from: 0) else { return nil }
        // Still free to everybody else until the state is stored; a crash before it leaves a free slot.
        slot.reset()
        if header.slotHighWater.relaxed() <= UInt64(slot.index) {
            header.slotHighWater.store(UInt64(slot.index + 1))
        }
        slot.state.store(stateValue(slot.generation, .forking))
        if phase == .free { header.firstFreeSlot.store(UInt64(slot.index + 1)) }
        return slot
    }

    private static func first(_ phase: Phase, from index: Int) -> Slot? {
        (index..<Arena.slotCount).lazy.map { Slot(index: $0) }.first { $0.phase == phase }
    }

    /// Says that the slot is free. Who dies before it has said so leaves one that is found when no other is left.
    func noteFree() {
        let header = ArenaHeader.shared
        header.slotLock.lock()
        if UInt64(index) < header.firstFreeSlot.relaxed() { header.firstFreeSlot.store(UInt64(index)) }
        header.slotLock.unlock()
    }

    /// What a new process starts with. Everything a sweep leaves behind is zero already.
    private func reset() {
        parent.store(ProcessRef.current.rawValue)
        pid.store(0)
        record.store(0)
        note(.running)
        attention.store(0)
        waitRecord.clear()
        unsentParcel.store(0)
        ip_lifeline_prepare(base + Self.lifelineOffset)
        serial.store(ArenaHeader.shared.processSerial.add(1))
    }

    /// Makes the calling process live in this slot: it holds the lifeline from now on.
    ///
    /// - Returns: false if the slot was given up in the meantime, and may be somebody else's; the process must leave,
    ///   and must not let go of the lifeline, should it hold it: that would look like its owner's.
    func becomeLive(generation: UInt64) -> Bool {
        Slot.mine = self
        ProcessRef.current = ProcessRef(slot: self, generation: generation)
        let forking = Self.stateValue(generation, .forking)
        while state.load() == forking {
            switch ip_lifeline_hold(base + Self.lifelineOffset) {
            case 0: return state.compareExchange(forking, Self.stateValue(generation, .live))
            // Another latecomer is on its way out.
            case -EBUSY: sched_yield()
            default: return false
            }
        }
        return false
    }
}
