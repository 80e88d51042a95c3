import Glibc

/// A system call that failed: which error, and what it was needed for.
public struct SystemError: Error, CustomStringConvertible {
    /// The `errno` value.
    public let code: Int32
    /// What was being done, as in "starting a process".
    public let doing: String

    /// Describes a failure.
    ///
    /// - Parameters:
    ///   - code: an `errno` value.
    ///   - doing: what the call was needed for.
    public init(code: Int32, doing: String) {
        self.code = code
        self.doing = doing
    }

    /// What was being done and the system's text for the error.
    public var description: String { "\(doing): \(String(cString: strerror(code)))" }
}

/// The family's shared memory is used up, also after caches were emptied. Garbage may still hold some: see
/// `Family.collectGarbage`.
public struct SharedMemoryExhausted: Error, CustomStringConvertible {
    /// Bytes that were asked for.
    public let requested: Int
    /// Bytes the family may occupy.
    public let budget: Int

    /// The text users see, with the variable that sets the limit.
    public var description: String {
        "shared memory exhausted: \(requested) bytes wanted, the limit is \(budget) (see MPRUN_SHARED_MEMORY)"
    }
}
