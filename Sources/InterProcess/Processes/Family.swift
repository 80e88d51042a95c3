import CInterProcess
import Glibc

/// The processes that share an arena: the one that made it and all it has forked.
public enum Family {
    /// Makes this process the main process of a new family. Does nothing in a process that has one.
    ///
    /// - Parameters:
    ///   - memoryBudget: bytes of shared memory the family may use; nil for half of the machine's.
    public static func begin(memoryBudget: Int? = nil) throws(SystemError) {
        guard !Arena.isMapped else { return }
        try Arena.map(budget: memoryBudget)
        try HandleTable.prepare()
        guard let slot = Slot.claim(), slot.becomeLive(generation: 0) else {
            throw SystemError(code: ENOMEM, doing: "entering the process table")
        }
        Attention.begin()
        slot.pid.store(UInt64(getpid()))
        slot.parent.store(0)
        do throws(SharedMemoryExhausted) {
            // Held as long as the process lives: its children ask it about their parent.
            let record = ProcessRecord(try HandleTable.create(.process, name: "MainProcess") { _ in })
            record.pidWord.store(UInt64(getpid()))
            record.refWord.store(ProcessRef.current.rawValue)
            slot.record.store(record.object.offset)
        } catch {
            throw SystemError(code: ENOMEM, doing: "entering the process table")
        }
        ArenaHeader.shared.mainProcess.store(ProcessRef.current.rawValue)
    }

    /// Whether this process began the family.
    public static var isMainProcess: Bool {
        ArenaHeader.shared.mainProcess.load() == ProcessRef.current.rawValue
    }

    /// Makes the main process adopt, reap and wait for orphans of the family. For a command; a
    /// library has no right to the orphans of its host.
    public static func adoptOrphans() { _ = ip_become_subreaper() }

    /// Distinguishes this family's handles from another's.
    public static var id: UInt64 { ArenaHeader.shared.familyID.relaxed() }

    /// The lasting record of the calling process.
    public static var currentRecord: ProcessRecord { Slot.mine.currentRecord.unsafelyUnwrapped }

    /// The place of the calling process in the order in which the family's processes were started.
    public static var serial: UInt64 { Slot.mine.serial.relaxed() }

    /// Bytes of shared memory that the family may use.
    public static var memoryBudget: Int { Int(ArenaHeader.shared.budget.relaxed()) }

    /// How much of the shared memory is in use: bytes in blocks, and shared objects.
    public static var usage: (bytes: Int, objects: Int) {
        (SharedHeap.liveBytes, Int(ArenaHeader.shared.objectsAlive.load()))
    }

    /// Collects the garbage of all processes, which may give shared memory back. To be done once before an operation
    /// that ran out of it is tried again. No lock may be held.
    public static func collectGarbage() { Attention.collectEverywhere() }

    /// Puts away what processes have left that died. Cheap when none did.
    public static func sweep() { Sweeper.sweepTheDead() }

    /// All other live processes of the family.
    public static var otherProcesses: [(name: String, pid: pid_t)] {
        Slot.everUsed.filter { $0 != Slot.mine && $0.phase == .live && !$0.isDead }
            .compactMap { slot in
                slot.currentRecord.map { ($0.name, pid_t(truncatingIfNeeded: slot.pid.load())) }
            }
            .filter { $0.1 > 0 }
    }

    /// Kills all other processes of the family and reaps those that are children of this one, adopted ones among them.
    ///
    /// - Parameters:
    ///   - signal: what they get first.
    ///   - grace: seconds after which those that are left are killed.
    public static func endAll(with signal: Int32, grace: Double) {
        let pids = otherProcesses.map(\.pid)
        beginEnding()
        signalOthers(signal)
        // Those that are left may be forking: again until nobody is.
        var wait = grace
        for _ in 0..<20 where joinAll(until: .after(seconds: wait)) != .ready {
            signalOthers(SIGKILL)
            wait = 0.25
        }
        // A lifeline goes a little before its process becomes a zombie.
        let deadline = Deadline.after(seconds: 5)
        for pid in pids {
            while !ip_reap(pid, 50), !deadline.hasPassed {}
        }
        Sweeper.sweepTheDead()
    }

    /// From now on nobody joins the family: a process that is being forked leaves before it runs anything.
    /// Async-signal-safe.
    public static func beginEnding() { _ = ArenaHeader.shared.isEnding.exchange(1) }

    /// Sends a signal to all other processes of the family. Async-signal-safe.
    public static func signalOthers(_ signal: Int32) {
        for index in 0..<Int(ArenaHeader.shared.slotHighWater.load()) {
            let slot = Slot(index: index)
            guard slot != Slot.mine, slot.phase == .live, !slot.isDead else { continue }
            let pid = pid_t(truncatingIfNeeded: slot.pid.load())
            if pid > 0 { kill(pid, signal) }
        }
    }

    /// Waits until no other process of the family is left.
    public static func joinAll(until deadline: Deadline) -> WaitOutcome {
        let others = {
            Slot.everUsed.filter { $0 != Slot.mine && ($0.phase == .live || $0.phase == .forking) }
        }
        let attempt = { () -> Bool in
            Sweeper.sweepTheDead()
            return others().isEmpty
        }
        if attempt() { return .ready }
        var set = WaitSet()
        set.processes = { others().map(\.ref) }
        return Waiting.wait(
            Operation(.joinProcess), in: &set, until: deadline, looksReady: { false }, attempt: attempt)
    }
}
