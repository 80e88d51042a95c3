// Shared objects: what a handle leads to.
//
// Layout of one object (256 bytes, four cache lines):
//
//     0     identity: generation << 8 | kind, kind 0 = free
//     8     how many own it: processes and messages
//     16    serial, never reused (next object of the list while condemned or free)
//     24    name (block: length, bytes), 0 = none
//     32    script line that made it (interned file << 24 | line)
//     40    wait lock, guards the lists
//     48    first wait list
//     56    second wait list
//     64    one cache line of the kind's own
//     128   third wait list, then cold words of the kind's own
//     192   another cache line of the kind's own
//
// Invariants: the table is type-stable; an object's locks are locks for ever, so a latecomer
// with a stale handle locks, sees another generation, and leaves. The count changes together
// with the entry of who owns, in one transaction under the object lock.
//
// A crash leaves: counts of the dead, which the sweep gives back.

/// An object in shared memory, found by its place in the object table.
public struct SharedObject: Equatable, BitwiseCopyable, Sendable {
    /// Its number in the table.
    public let index: Int

    /// What an object is; stored in its identity.
    public enum Kind: UInt64, Sendable {
        /// Nothing: the place in the table is not in use.
        case free = 0
        /// The lasting record of a process; see ``ProcessRecord``.
        case process
        /// See ``QueueStorage``.
        case queue
        /// See ``LockStorage``.
        case lock
        /// What the two ends of a pipe share.
        case pipe
        /// See ``PipeEnd``.
        case pipeEnd
        /// See ``SemaphoreStorage``.
        case semaphore
        /// See ``ConditionStorage``.
        case condition
        /// See ``EventStorage``.
        case event
        /// See ``BarrierStorage``.
        case barrier
        /// See ``ArrayStorage``.
        case array
        /// See ``ListStorage``.
        case list
        /// See ``DictionaryStorage``.
        case dictionary
        /// See ``SegmentStorage``.
        case segment

        /// Of a set of kinds.
        var bit: UInt64 { 1 << rawValue }
    }

    init(index: Int) { self.index = index }
    init(offset: UInt64) { index = (Int(offset) - Arena.objectsStart) / Arena.objectSize }
    /// The object in whose header a word lies.
    init(containing offset: UInt64) { self.init(offset: offset) }

    @inline(__always)
    var base: UnsafeMutableRawPointer { Arena.base + (Arena.objectsStart &+ index &* Arena.objectSize) }
    var offset: UInt64 { UInt64(Arena.objectsStart + index * Arena.objectSize) }

    @inline(__always)
    func word(_ offset: Int) -> SharedWord { SharedWord(base + offset) }

    var identity: SharedWord { word(0) }
    var owners: SharedWord { word(8) }
    var serialWord: SharedWord { word(16) }
    /// The serial is not needed any more once the object is condemned.
    var nextInList: SharedWord { serialWord }
    var nameBlock: SharedWord { word(24) }
    var placeWord: SharedWord { word(32) }
    static let waitLockOffset = 40
    var waitLock: RobustMutex { RobustMutex(word(Self.waitLockOffset)) }

    func waitList(at offset: Int) -> WaitList { WaitList(lock: waitLock, word: word(offset)) }

    /// What it is now; `free` if it is gone.
    public var kind: Kind { Kind(rawValue: identity.load() & 0xff) ?? .free }
    @inline(__always)
    var generation: UInt64 { identity.load() >> 8 }
    /// What names this object, and no later one in the same place.
    @inline(__always)
    public var handle: Handle { Handle(index: index, generation: generation) }

    /// Counts up over the life of the family.
    public var serial: UInt64 { serialWord.load() }
    /// Where the script made it, `InternTable` id of the file << 24 | line; 0 = unknown.
    public var place: UInt64 { placeWord.load() }
    /// The name the user gave it.
    public var name: String? {
        let block = nameBlock.load()
        guard block != 0 else { return nil }
        let bytes = Arena.pointer(block)
        // Of an object that we hold no share of, the block may be somebody else's by now: any bytes, but bytes.
        let length = min(
            Int(truncatingIfNeeded: bytes.load(as: UInt64.self) & 0xffff_ffff),
            SharedHeap.capacity(of: block) - 8)
        return String(decoding: UnsafeRawBufferPointer(start: bytes + 8, count: length), as: UTF8.self)
    }

    static func identityValue(_ generation: UInt64, _ kind: Kind) -> UInt64 {
        generation << 8 | kind.rawValue
    }
}

/// Names a shared object: its place and its generation there, so that a stale handle is recognised.
public struct Handle: Hashable, Sendable {
    /// Place in the table (24 bits) | generation << 24.
    public let rawValue: UInt64

    /// The handle of a number.
    ///
    /// - Parameter rawValue: may come from anywhere; a value that names nothing is found out when it is used.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inline(__always)
    init(index: Int, generation: UInt64) { rawValue = UInt64(bitPattern: Int64(index)) | generation &<< 24 }

    var index: Int { Int(rawValue & 0xff_ffff) }
    var generation: UInt64 { rawValue >> 24 }

    /// The object, if it is still there.
    var object: SharedObject? {
        guard index < Arena.objectCount else { return nil }
        let object = SharedObject(index: index)
        let identity = object.identity.load()
        guard identity & 0xff != 0, identity >> 8 & 0xff_ffff_ffff == generation else { return nil }
        return object
    }
}
