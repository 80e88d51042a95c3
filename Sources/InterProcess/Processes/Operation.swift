import CInterProcess

/// A visible operation on a shared object: what the prologue and the waiting function are told.
public struct Operation {
    /// What is done. The raw values are stored in wait records.
    public enum Kind: UInt64, Sendable {
        /// Nothing.
        case none = 0
        /// Takes an item from a queue.
        case get
        /// Puts an item into a queue.
        case put
        /// Reports a task of a queue done.
        case taskDone
        /// Waits for the tasks of a queue.
        case joinTasks
        /// Shuts a queue down.
        case shutDown
        /// Takes a lock or a permit of a semaphore.
        case acquire
        /// Gives back a lock or a permit.
        case release
        /// Makes a lock free whose owner died.
        case recover
        /// Waits for a condition's notification.
        case waitCondition
        /// Notifies those who wait for a condition.
        case notify
        /// Sets an event.
        case setEvent
        /// Clears an event.
        case clearEvent
        /// Waits for an event.
        case waitEvent
        /// Arrives at a barrier and waits for the others.
        case waitBarrier
        /// Breaks or resets a barrier.
        case breakBarrier
        /// Reads a value or an element of an array.
        case readValue
        /// Writes a value or an element of an array.
        case writeValue
        /// Reads an entry of a list or dictionary.
        case readEntry
        /// Writes an entry of a list or dictionary.
        case writeEntry
        /// Looks at an object's state without changing it.
        case inspect
        /// Waits for the end of a process.
        case joinProcess
        /// Receives from a pipe.
        case receive
        /// Sends into a pipe.
        case send
        /// Waits for several things, or looks whether there is something to receive.
        case poll
        /// Lets time pass.
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
        if isAttended { attend(kind, object) }
    }

    /// Whether there is more to the prologue than the branch.
    @inlinable @inline(__always)
    public static var isAttended: Bool { ip_attention_is_wanted() }

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
