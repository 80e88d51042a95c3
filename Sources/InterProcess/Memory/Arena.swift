// The arena: one range of shared memory, mapped before the first fork, at one
// address in every process of the family.
//
// Layout (all sizes in bytes; regions are sparse, untouched pages cost nothing):
//
//     0          header, 64 KiB          magic, limits, counters, heap lists (ArenaHeader)
//     64 KiB     slots                   1,024 × 8 KiB, one a process (Slot)
//     …          objects                 256 each, an eighth of a percent of the range (SharedObject)
//     …          page table              64 a data page (PageTable)
//     …          data pages              64 KiB each (SharedHeap)
//
// Invariants: the mapping never moves and never shrinks (the file is sealed), so an
// offset that was valid once can always be read. Headers, slots and the page table
// are type-stable: their words keep their meaning for the life of the family.
//
// A crash leaves: nothing to do here. The kernel drops the memory with the last process.

import CInterProcess
import Glibc

/// The shared memory of a family of processes. There is one to an operating-system process.
public enum Arena {
    static let headerSize = 64 << 10
    static let slotCount = 1024
    static let slotSize = 8 << 10
    static let objectSize = 256
    static let pageSize = 64 << 10
    static let pageEntrySize = 64

    static let slotsStart = headerSize
    static let objectsStart = slotsStart + slotCount * slotSize

    private static let magic: UInt64 = 0x4d50_5255_4e53_484d  // "MPRUNSHM"
    private static let layoutVersion: UInt64 = 1
    private static let largestRange = 1 << 40
    private static let smallestRange = 256 << 20
    /// Of the range, how much is for the headers of objects: 8 Mi of them in the largest.
    private static let objectsShare = 512

    // Plain integers, so that reading them needs no initialisation check.
    nonisolated(unsafe) private static var baseAddress: UInt = 0
    nonisolated(unsafe) private(set) static var objectCount = 0
    nonisolated(unsafe) private(set) static var pageTableStart = 0
    nonisolated(unsafe) private(set) static var dataStart: UInt64 = 0
    nonisolated(unsafe) private(set) static var dataPages: UInt64 = 0
    nonisolated(unsafe) private static var file: Int32 = -1

    /// Whether this process belongs to a family already.
    public static var isMapped: Bool { baseAddress != 0 }

    @inline(__always)
    static var base: UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(bitPattern: baseAddress).unsafelyUnwrapped
    }

    @inline(__always)
    static func pointer(_ offset: UInt64) -> UnsafeMutableRawPointer { base + Int(offset) }

    @inline(__always)
    static func offset(of pointer: UnsafeRawPointer) -> UInt64 {
        UInt64(UInt(bitPattern: pointer) - baseAddress)
    }

    /// Maps a fresh arena for this process and all it will fork.
    ///
    /// - Parameter budget: bytes the family may occupy, or nil for half of the smaller of the
    ///   machine's memory and the control group's limit.
    static func map(budget: Int?) throws(SystemError) {
        precondition(!isMapped, "a process has one arena")
        var range = largestRange
        let most = MemoryLimits.addressSpace().map { $0 / 2 } ?? largestRange
        while true {
            do throws(SystemError) {
                // Lua and its libraries need addresses as well.
                if range > most, range > smallestRange {
                    throw SystemError(code: ENOMEM, doing: "mapping shared memory")
                }
                try map(range: range)
                break
            } catch {
                // A limit on address space or on file sizes: take what there is.
                guard error.code == ENOMEM || error.code == EFBIG, range > smallestRange else { throw error }
                range /= 2
            }
        }
        divide(range)
        let header = ArenaHeader.shared
        header.rangeSize.store(UInt64(range))
        header.budget.store(UInt64(budget ?? MemoryLimits.defaultBudget()))
        header.familyID.store(SystemRandomNumberGenerator().nextValue())
        header.layoutVersion.store(layoutVersion)
        header.magic.store(magic)
    }

    /// Where the regions of a range are.
    private static func divide(_ range: Int) {
        objectCount = range / objectsShare / objectSize
        pageTableStart = objectsStart + objectCount * objectSize
        let pages = (range - pageTableStart) / (pageSize + pageEntrySize)
        let start = (pageTableStart + pages * pageEntrySize + pageSize - 1) / pageSize * pageSize
        dataStart = UInt64(start)
        dataPages = UInt64((range - start) / pageSize)
    }

    /// Whether this process only looks at the arena of a family that is not its own.
    nonisolated(unsafe) private(set) static var isObserved = false

    /// Maps the arena of another family, to look at it. Returns false if the file is no arena of this version.
    static func observe(_ descriptor: Int32) throws(SystemError) -> Bool {
        precondition(!isMapped, "a process has one arena")
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size >= smallestRange else { return false }
        let range = Int(status.st_size)
        let address = mmap(nil, range, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            throw SystemError(code: errno, doing: "mapping shared memory")
        }
        baseAddress = UInt(bitPattern: address)
        let header = ArenaHeader.shared
        guard header.magic.load() == magic, header.layoutVersion.load() == layoutVersion else {
            munmap(address, range)
            baseAddress = 0
            return false
        }
        file = descriptor
        isObserved = true
        divide(range)
        return true
    }

    private static func map(range: Int) throws(SystemError) {
        let descriptor = ip_memory_file("mprun", UInt64(range))
        guard descriptor >= 0 else { throw SystemError(code: -descriptor, doing: "creating shared memory") }
        let address = mmap(nil, range, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            let error = SystemError(code: errno, doing: "mapping shared memory")
            close(descriptor)
            throw error
        }
        file = descriptor
        baseAddress = UInt(bitPattern: address)
    }

    /// Gives the memory behind a range of data pages back to the system; it reads as zero afterwards.
    static func discard(_ offset: UInt64, bytes: Int) {
        madvise(pointer(offset), bytes, MADV_REMOVE)
    }
}

extension SystemRandomNumberGenerator {
    fileprivate func nextValue() -> UInt64 {
        var generator = self
        return generator.next()
    }
}

/// The words at the start of the arena.
struct ArenaHeader {
    @inline(__always)
    static var shared: ArenaHeader { ArenaHeader() }

    @inline(__always)
    private func word(_ offset: Int) -> SharedWord { SharedWord(Arena.base + offset) }

    var magic: SharedWord { word(0) }
    var layoutVersion: SharedWord { word(8) }
    var rangeSize: SharedWord { word(16) }
    /// Distinguishes handles of this family from those of any other.
    var familyID: SharedWord { word(24) }
    /// Bytes of data pages the family may occupy.
    var budget: SharedWord { word(32) }
    /// Bytes of data pages it does occupy, in use or cached.
    var residentBytes: SharedWord { word(40) }
    /// Bytes of blocks in use.
    var liveBytes: SharedWord { word(48) }
    /// Bytes of free extents kept for reuse.
    var cachedBytes: SharedWord { word(56) }
    /// Deterministic ids, never reused.
    var processSerial: SharedWord { word(64) }
    var objectSerial: SharedWord { word(72) }
    /// Slots below this index have been used at least once.
    var slotHighWater: SharedWord { word(80) }
    /// The main process, for those who must find it.
    var mainProcess: SharedWord { word(88) }
    var slotLock: RobustMutex { RobustMutex(word(96)) }
    /// 1 once somebody ends the whole family: who becomes live then leaves.
    var isEnding: SharedWord { word(104) }
    /// Who looks around for all, and when it last did (Lookout).
    var lookout: SharedWord { word(112) }
    var lookedAroundAt: SharedWord { word(120) }
    /// No slot below this index is free, unless who freed it died before it said so. Changed under `slotLock`.
    var firstFreeSlot: SharedWord { word(128) }
    /// How many processes were put away that had been killed (Lookout).
    var killsPutAway: SharedWord { word(136) }
    // 144…191 are reserved for a scheduler of visible operations.

    var heapLock: RobustMutex { RobustMutex(word(192)) }
    var nextFreshPage: SharedWord { word(200) }

    var objectLock: RobustMutex { RobustMutex(word(256)) }
    var freeObjects: SharedWord { word(264) }
    var nextFreshObject: SharedWord { word(272) }
    /// Shared objects alive.
    var objectsAlive: SharedWord { word(280) }
    /// Objects that nobody owns any more and that await destruction.
    var condemnedObjects: SharedWord { word(288) }

    var internLock: RobustMutex { RobustMutex(word(320)) }
    var internedNext: SharedWord { word(328) }

    // Heap lists: pages with room by size class, free extents by class, warm and cold.
    func partialPages(_ sizeClass: Int) -> SharedWord { word(4096 + sizeClass * 8) }
    func warmExtents(_ sizeClass: Int) -> SharedWord { word(8192 + sizeClass * 8) }
    func coldExtents(_ sizeClass: Int) -> SharedWord { word(12288 + sizeClass * 8) }
    // Buckets of the intern table.
    func internBucket(_ index: Int) -> SharedWord { word(16384 + index * 8) }
    static let internBuckets = 4096
    /// What the process of a slot does (`Slot.Activity`). Apart from the slots and side by side: who counts those who run looks
    /// at all of them.
    @inline(__always)
    func activity(_ slot: Int) -> SharedWord { word(49152 + slot &* 8) }
}
