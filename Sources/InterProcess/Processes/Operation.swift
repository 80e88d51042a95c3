/// A visible operation on a shared object: what the prologue and the waiting function are told.
public struct Operation {
    /// What is done. The raw values are stored in wait records.
    public enum Kind: UInt64, Sendable {
        case none = 0
        case get, put, joinTasks
        case acquire
        case joinProcess
        case receive, send, poll
        case sleep
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

    /// Finds the script line this process is at (`InternTable` id << 24 | line, 0 = unknown).
    /// Set by the language layer; asked only when a process is about to sleep.
    nonisolated(unsafe) public static var placeProvider: (@convention(thin) () -> UInt64)?

    static func currentPlace() -> UInt64 { placeProvider?() ?? 0 }
}
