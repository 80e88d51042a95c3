import CInterProcess
import Glibc

/// Why a process could not be started.
public enum StartFailure: Error {
    /// The system refused.
    case system(SystemError)
    /// There is no shared memory for its record, or for its shares of what this process holds.
    case memory(SharedMemoryExhausted)
    /// The family has as many processes as it can.
    case tooManyProcesses(limit: Int)
    /// Other threads of this process would be gone in the child, with whatever they hold.
    case hasThreads(Int)
}

/// A child of the calling process. Plain data: it can live in Lua's memory.
public struct ChildProcess: BitwiseCopyable, Sendable {
    /// Its process id. After the process was reaped it may be somebody else's.
    public let pid: pid_t
    let ref: ProcessRef
    let recordIndex: Int

    /// What `fork` returns, in each of the two.
    public enum Fork {
        /// In the process that called it: the child.
        case parent(ChildProcess)
        /// In the child: its own record.
        case child(ProcessRecord)
    }

    /// Its lasting record; the parent holds a reference to it from `fork` until it releases it.
    public var record: ProcessRecord { ProcessRecord(SharedObject(index: recordIndex)) }

    /// Every child of this process, and of those, is killed when its parent dies, as daemons are.
    nonisolated(unsafe) public static var diesWithParent = false

    // MARK: Starting

    nonisolated(unsafe) private static var sweeping = Occasionally()
    /// Whether this process has had children.
    nonisolated(unsafe) public private(set) static var hasForked = false

    /// Forks. In the child everything of this module works as in the parent: it has a slot and
    /// a lifeline of its own and owns a share of all that the parent holds.
    ///
    /// - Parameters:
    ///   - name: for records and messages.
    ///   - isDaemon: the child is killed when this process dies.
    public static func fork(name: String, isDaemon: Bool) throws(StartFailure) -> Fork {
        let threads = Int(ip_thread_count())
        guard threads <= 1 else { throw .hasThreads(threads) }
        sweeping.run { Sweeper.sweepTheDead() }
        let object: SharedObject
        do throws(SharedMemoryExhausted) {
            object = try HandleTable.create(.process, name: name) { _ in }
        } catch { throw .memory(error) }
        let record = ProcessRecord(object)
        guard let slot = Slot.claim() else {
            HandleTable.release(object)
            throw .tooManyProcesses(limit: Arena.slotCount)
        }
        let generation = slot.generation
        let ref = ProcessRef(slot: slot, generation: generation)
        record.parentPidWord.store(UInt64(getpid()))
        record.flags.store(isDaemon ? 1 : 0)
        record.refWord.store(ref.rawValue)
        do throws(SharedMemoryExhausted) {
            try HandleTable.copy(to: slot)
        } catch {
            giveUp(slot, object)
            throw .memory(error)
        }
        // Only now the slot has a share of it: if this process is killed, the record stays what it is until the slot is swept.
        slot.record.store(object.offset)
        ip_flush_streams()
        DeadlockDetector.prepareForChild()
        hasForked = true
        let parent = getpid()
        // A signal that comes to the child before it is ready waits until it is.
        var signals = ip_block_signals()
        var pid = ip_fork()
        // A limit counts what is not reaped yet, of processes and of memory.
        if pid == -EAGAIN || pid == -ENOMEM, DepartedChildren.reapAll() { pid = ip_fork() }
        if pid == 0 {
            enter(slot, generation, parent: parent, isDaemon: isDaemon)
            Attention.begin()
            ip_restore_signals(&signals)
            record.pidWord.store(UInt64(getpid()))
            return .child(record)
        }
        // Before a signal can end this process: from here on its child goes on without it.
        if pid > 0 { record.pidWord.store(UInt64(pid)) }
        ip_restore_signals(&signals)
        // Now, as it takes the child longer to begin.
        DepartedChildren.reapFinished()
        guard pid > 0 else {
            giveUp(slot, object)
            throw .system(SystemError(code: -pid, doing: "starting a process"))
        }
        return .parent(ChildProcess(pid: pid, ref: ref, recordIndex: object.index))
    }

    private static func giveUp(_ slot: Slot, _ object: SharedObject) {
        slot.state.store(Slot.stateValue(slot.generation, .abandoned))
        Sweeper.sweep(slot, isReaped: true)
        HandleTable.release(object)
    }

    private static func enter(_ slot: Slot, _ generation: UInt64, parent: pid_t, isDaemon: Bool) {
        if isDaemon || diesWithParent {
            _ = ip_set_parent_death_signal(SIGKILL)
            // Died before we asked.
            if getppid() != parent { _exit(1) }
        }
        guard slot.becomeLive(generation: generation) else { _exit(1) }
        // Who ends the family sets the flag and then signals those who have a pid: it finds us, or we see it.
        _ = slot.pid.exchange(UInt64(getpid()))
        if ArenaHeader.shared.isEnding.load() != 0 { _exit(1) }
        hasForked = false
        DepartedChildren.becomeChild()
        HeldLocks.becomeChild()
        Registration.becomeChild()
        DeadlockDetector.becomeChild()
        Lookout.becomeChild()
        HandleTable.becomeCopy()
        PollSocket.closeInherited()
    }

    // MARK: Ending

    /// Waits for the process to end.
    public func join(until deadline: Deadline) -> WaitOutcome {
        if poll() != nil { return .ready }
        let start = Clock.now
        // It has no lifeline yet: a matter of microseconds, unless it is killed right here.
        while isBeingForked, !deadline.hasPassed {
            for _ in 0..<10 where isBeingForked {
                for _ in 0..<100 { ip_cpu_relax() }
                sched_yield()
            }
            if poll() != nil { return .ready }
        }
        var set = WaitSet()
        set.processes = { [ref] }
        let outcome = Waiting.wait(
            Operation(.joinProcess, on: record.object), in: &set, until: deadline,
            looksReady: { !ref.isAlive }, pace: .patient,
            attempt: { poll() != nil || (!ref.isAlive && reapDying(until: deadline)) })
        if !deadline.isNow { Spinning.note(waited: Clock.now - start, inVain: outcome != .ready) }
        return outcome
    }

    private var isBeingForked: Bool { ref.slot.state.load() == Slot.stateValue(ref.generation, .forking) }

    /// The exit code (minus the signal), if the process has ended.
    public func poll() -> Int32? {
        if record.hasEnded || hasDeparted() { return record.exitCode }
        return reap()
    }

    /// Whether the process has ended by itself, with everything done that anybody waits for. Its zombie is reaped later.
    private func hasDeparted() -> Bool {
        guard record.isDeparting, !ref.isAlive, !record.isWatched, DepartedChildren.take(ref, pid) else {
            return false
        }
        record.noteEnded()
        return true
    }

    private func reap() -> Int32? {
        var status: Int32 = 0
        var result: pid_t
        repeat { result = waitpid(pid, &status, WNOHANG) } while result < 0 && errno == EINTR
        if result == 0 { return nil }
        if result == pid {
            finish(ip_exit_code(status))
        } else {
            // Somebody else reaped it (a SIGCHLD set to ignore, a foreign wait): the code is lost, unless it was written down.
            if record.exitCode == nil {
                guard !ref.isAlive else { return nil }
                record.setExitCode(255)
            }
            Sweeper.free(ref)
        }
        return record.exitCode
    }

    /// The lifeline goes first, the zombie comes a little later: nothing can stop it any more.
    private func reapDying(until deadline: Deadline) -> Bool {
        while true {
            for _ in 0..<200 {
                if reap() != nil { return true }
                ip_cpu_relax()
            }
            if deadline.hasPassed || Attention.isWanted { return false }
            if !ip_await_zombie(pid, 50) { return reap() != nil }
        }
    }

    private func finish(_ code: Int32) {
        record.setExitCode(code)
        record.noteEnded()
        let slot = ref.slot
        // It died before it had a lifeline, or without the kernel's having marked that.
        if !slot.state.compareExchange(
            Slot.stateValue(ref.generation, .forking), Slot.stateValue(ref.generation, .abandoned)),
            slot.state.load() == Slot.stateValue(ref.generation, .live), ref.isAlive
        {
            ip_lifeline_mark_dead(slot.base + Slot.lifelineOffset)
        }
        Sweeper.sweep(slot, of: ref, isReaped: true)
        // Somebody else may have swept it before.
        Sweeper.free(ref)
    }

    /// Whether it still runs.
    public var isAlive: Bool { poll() == nil }

    /// Sends a signal, unless the process has ended.
    public func send(_ signal: Int32) throws(SystemError) {
        guard poll() == nil else { return }
        if Glibc.kill(pid, signal) != 0, errno != ESRCH {
            throw SystemError(code: errno, doing: "sending a signal")
        }
    }

    /// A descriptor that becomes readable when the process has ended; the caller closes it.
    public func openSentinel() throws(SystemError) -> Int32 {
        // From now on its end is that of the zombie.
        record.noteWatched()
        let descriptor = ip_pidfd_open(pid)
        guard descriptor >= 0 else { throw SystemError(code: -descriptor, doing: "opening a sentinel") }
        return descriptor
    }

    /// Ends the calling process without running anything of its parent's: exit handlers,
    /// finalizers. Output is flushed.
    public static func exit(_ code: Int32) -> Never {
        // Not of a process that a C module has forked: this is not its slot.
        let record = Slot.mine.pid.load() == UInt64(getpid()) ? Slot.mine.currentRecord : nil
        record?.setExitCode(code)
        ip_flush_streams()
        if let record, ip_leave_nothing() { record.noteDeparting() }
        _exit(code)
    }
}
