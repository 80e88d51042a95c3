import CInterProcess
import Glibc

/// A process of the family as its slot shows it, from inside of the family or from outside. By the time it is read it may
/// be otherwise.
public struct ProcessView {
    /// What its Process object is called: `Process-1`.
    public let name: String
    /// Its process id.
    public let pid: pid_t
    /// The process that started it, 0 for the main process.
    public let parentPid: pid_t
    /// Whether it is killed when its parent dies.
    public let isDaemon: Bool
    /// What it waits for; nil while it runs.
    public let wait: WaitView?
    /// What it holds, and where its script took it.
    public let held: [(object: SharedObject, place: UInt64)]

    let ref: ProcessRef
    let sequence: UInt64

    /// The live process of a slot.
    init?(_ slot: Slot) {
        ref = slot.ref
        sequence = slot.waitRecord.sequence.load()
        guard slot.phase == .live, let record = slot.currentRecord else { return nil }
        name = record.name
        pid = pid_t(truncatingIfNeeded: slot.pid.load())
        parentPid = record.parentPid
        isDaemon = record.isDaemon
        wait = WaitView(slot.waitRecord)
        held = HeldLocks.held(by: slot)
        guard slot.ref == ref, pid > 0 else { return nil }
    }
}

/// What a process waits for.
public struct WaitView {
    /// What it does to the object.
    public let operation: Operation.Kind
    /// A queue, a lock, the record of a process; nil for several objects or none.
    public let object: SharedObject?
    /// Since it began to wait.
    public let seconds: Double
    /// Until it gives up; nil if it does not.
    public let secondsLeft: Double?
    /// Where its script is; 0 = unknown.
    public let place: UInt64

    /// Nil if the process does not wait, or begins or ends to do so right now.
    init?(_ record: WaitRecord) {
        let sequence = record.sequence.load()
        guard sequence & 1 != 0 else { return nil }
        let now = Clock.now
        operation = Operation.Kind(rawValue: record.operation.relaxed()) ?? .none
        let offset = record.object.relaxed()
        object = offset == 0 ? nil : SharedObject(offset: offset)
        seconds = Double(now - min(now, record.since.relaxed())) / 1e9
        let deadline = record.deadline.relaxed()
        secondsLeft =
            deadline == Deadline.never.nanoseconds ? nil : Double(deadline - min(deadline, now)) / 1e9
        place = record.place.relaxed()
        guard record.sequence.load() == sequence else { return nil }
    }

    /// Who has what is waited for; nobody where that is not one process.
    var holder: ProcessRef {
        guard let object else { return .none }
        switch (operation, object.kind) {
        case (.acquire, .lock): return LockStorage(object).ownerRef
        case (.joinProcess, .process): return ProcessRecord(object).ref
        default: return .none
        }
    }
}

/// A process that waits for something only the family can give, for however long it takes.
public struct BlockedProcess {
    /// The process.
    public let process: ProcessView
    /// What it waits for: the wait of ``process``.
    public let wait: WaitView

    /// The process of a slot; nil if it can act.
    init?(_ slot: Slot) {
        guard slot.waitRecord.isBlocked, let process = ProcessView(slot), let wait = process.wait else {
            return nil
        }
        self.process = process
        self.wait = wait
    }

    var ref: ProcessRef { process.ref }
    var sequence: UInt64 { process.sequence }
}
