import CInterProcess

/// A visible operation on a shared object: what the prologue and the waiting function are told.
public struct Operation {
    /// What is done. The raw values are stored in wait records.
    public enum Kind: UInt64, Sendable {
        case none = 0
        case get, put, taskDone, joinTasks, shutDown
        case acquire, release, recover
        case waitCondition, notify
        case setEvent, clearEvent, waitEvent
        case waitBarrier, breakBarrier
        case readValue, writeValue
        case readEntry, writeEntry
        /// Looks at an object's state without changing it.
        case inspect
        case joinProcess
        case receive, send, poll
        case sleep
        /// Waits for what workers of a pool say.
        case awaitReply
        /// A worker waits for something to do.
        case awaitTask
    }

    /// What is done.
    public let kind: Kind
    /// What it is done to; nil for several objects or none.
    public let object: SharedObject?

    /// An operation of a kind on an object.
    public init(_ kind: Kind, on object: SharedObject? = nil) {
        self.kind = kind
        self.object = object
    }

    /// The prologue: every operation of a script on a shared object begins here, before it holds anything. Where nobody
    /// wants this process's attention, it is one load and one branch.
    ///
    /// This is the place for whoever wants to see or schedule all visible operations: they set a bit of the attention
    /// word.
    @inlinable @inline(__always)
    public static func enter(_ kind: Kind, _ object: SharedObject) {
        if ip_attention_is_wanted() { attend(kind, object) }
    }

    @usableFromInline @inline(never)
    static func attend(_ kind: Kind, _ object: SharedObject) {
        // Signals are not lost: Lua delivers them at its next instruction, a wait at once.
        Attention.serveRequests()
    }

    /// Finds the script line this process is at (`InternTable` id << 24 | line, 0 = unknown).
    /// Set by the language layer; asked only when a process is about to sleep.
    nonisolated(unsafe) public static var placeProvider: (@convention(thin) () -> UInt64)?

    static func currentPlace() -> UInt64 { placeProvider?() ?? 0 }
}
