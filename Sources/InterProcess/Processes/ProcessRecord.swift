// What outlives a process: its name, how it ended, what it returned.
//
// Layout, in a shared object of kind `process`:
//
//     64    pid · 72 parent's pid · 80 flags (1 = daemon, 2 = ended, 4 = watched) · 88 slot and generation (ProcessRef)
//     96    exit: 0 = unknown, else known bit | departing bit | code as 32 bits
//     104   result: a message block, tagged as in a hand
//     112   1 = the result is an error
//
// Invariants: the process writes its own result and exit; its parent, when it reaps it, overwrites the exit with what the
// kernel says, unless it was departing: then it has done and closed everything before. The result moves from a hand in one
// transaction.
//
// A crash leaves: an exit of 0, replaced by the reaper's knowledge or by /proc's.

import CInterProcess

/// The lasting record of a process. It lives as long as somebody holds its handle.
public struct ProcessRecord {
    /// The object of kind `process`.
    public let object: SharedObject

    private static let exitKnown: UInt64 = 1 << 32
    private static let departing: UInt64 = 1 << 33
    private static let endedFlag: UInt64 = 2
    private static let watchedFlag: UInt64 = 4

    /// The record that an object is.
    ///
    /// - Parameter object: of kind `process`.
    public init(_ object: SharedObject) { self.object = object }

    var pidWord: SharedWord { object.word(64) }
    var parentPidWord: SharedWord { object.word(72) }
    var flags: SharedWord { object.word(80) }
    var refWord: SharedWord { object.word(88) }
    private var exitWord: SharedWord { object.word(96) }
    private var resultWord: SharedWord { object.word(104) }
    private var failed: SharedWord { object.word(112) }

    /// The process id, 0 until the process is forked.
    public var pid: Int32 { Int32(truncatingIfNeeded: pidWord.load()) }
    /// The process id of who forked it, 0 for the main process.
    public var parentPid: Int32 { Int32(truncatingIfNeeded: parentPidWord.load()) }
    /// Whether it is killed when its parent dies.
    public var isDaemon: Bool { flags.load() & 1 != 0 }
    /// The name it was started with.
    public var name: String { object.name ?? "MainProcess" }
    var ref: ProcessRef { ProcessRef(rawValue: refWord.load()) }
    /// Whether the process runs or is about to; a zombie does not.
    public var isAlive: Bool { ref.isAlive }

    /// How the process ended: the exit code, or minus the signal. Nil while unknown.
    public var exitCode: Int32? {
        let value = exitWord.load()
        return value & Self.exitKnown == 0 ? nil : Int32(truncatingIfNeeded: value)
    }

    /// Waits until the process has died. Anybody may: it does not reap.
    public func waitForDeath(until deadline: Deadline) -> WaitOutcome {
        if !isAlive { return .ready }
        var set = WaitSet()
        let ref = ref
        set.processes = { [ref] }
        return Waiting.wait(
            Operation(.joinProcess, on: object), in: &set, until: deadline, looksReady: nil,
            attempt: { !ref.isAlive })
    }

    /// Whether the parent has noticed that the process ended: its pid means nothing any more, or soon.
    var hasEnded: Bool { flags.load() & Self.endedFlag != 0 }
    func noteEnded() { flags.setBits(Self.endedFlag) }

    /// Whether somebody has a descriptor that becomes readable when the process is a zombie.
    var isWatched: Bool { flags.load() & Self.watchedFlag != 0 }
    func noteWatched() { flags.setBits(Self.watchedFlag) }

    func setExitCode(_ code: Int32) { exitWord.store(Self.exitKnown | UInt64(UInt32(bitPattern: code))) }

    /// Whether the process had nothing left to do but to end with its exit code.
    var isDeparting: Bool { exitWord.load() & Self.departing != 0 }
    func noteDeparting() { exitWord.setBits(Self.departing) }

    /// Leaves a message for those who ask for the result of the process.
    ///
    /// - Parameters:
    ///   - message: the values, or the error.
    ///   - isError: the message is the error that ended it.
    public func setResult(_ message: Message, isError: Bool) throws(SharedMemoryExhausted) {
        let envelope = try Envelope.make(message)
        object.waitLock.lock()
        var change = Transaction(under: object.waitLock)
        // Read without the lock: first what it is.
        change.set(failed, isError ? 1 : 0)
        change.set(resultWord, envelope.owner.relaxed())
        change.set(envelope.owner, 0)
        change.commit()
        object.waitLock.unlock()
    }

    /// The message the process left, and whether it is an error; valid while the handle is held.
    public var result: (bytes: UnsafeRawBufferPointer, isError: Bool)? {
        guard resultWord.load() != 0 else { return nil }
        return (Envelope(owner: resultWord).bytes, failed.load() != 0)
    }

    func destroyContents() {
        if resultWord.relaxed() != 0 { Envelope(owner: resultWord).free() }
    }

    /// "which was killed by SIGKILL", "ended with exit code 1": for messages about the dead.
    public var causeOfDeath: String {
        guard let code = exitCode else { return "ended for an unknown cause" }
        return code < 0 ? "was killed by \(SignalName.of(-code))" : "ended with exit code \(code)"
    }
}
