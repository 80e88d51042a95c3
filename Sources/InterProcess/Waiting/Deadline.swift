import CInterProcess

/// A point on the monotonic clock until which an operation may block.
public struct Deadline: Sendable {
    /// Nanoseconds; `UInt64.max` is never.
    let nanoseconds: UInt64

    /// Blocks for as long as it takes.
    @inline(__always)
    public static var never: Deadline { Deadline(nanoseconds: .max) }
    /// Does not block.
    @inline(__always)
    public static var now: Deadline { Deadline(nanoseconds: 0) }

    /// The end of a time that begins now.
    ///
    /// - Parameter seconds: from now; zero and less do not block, infinity blocks for ever.
    public static func after(seconds: Double) -> Deadline {
        guard seconds > 0 else { return .now }
        let wait = seconds * 1e9
        guard wait < 9e18 else { return .never }
        return Deadline(nanoseconds: Clock.now + UInt64(wait))
    }

    /// Whether an operation may block for ever.
    public var isNever: Bool { nanoseconds == .max }
    /// Whether an operation may not block at all.
    public var isNow: Bool { nanoseconds == 0 }
    /// Whether the time is over.
    public var hasPassed: Bool { !isNever && (isNow || Clock.now >= nanoseconds) }

    /// The earlier of this deadline and a time from now.
    public func orAfter(seconds: Double) -> Deadline {
        Deadline(nanoseconds: min(nanoseconds, Deadline.after(seconds: seconds).nanoseconds))
    }

    /// The earlier of this deadline and `interval` nanoseconds from now.
    func capped(at interval: UInt64) -> UInt64 { min(nanoseconds, Clock.now + interval) }
}

/// The monotonic clock: the one place time is read, so that it can be replaced.
public enum Clock {
    /// Nanoseconds since some point before the family began; the same clock in all processes.
    public static var now: UInt64 { ip_monotonic_ns() }

    /// The same as of the last tick of the kernel, some milliseconds ago at most: five times as fast to read.
    static var coarse: UInt64 { ip_coarse_monotonic_ns() }

    /// Some duration below `limit`, another one for each process and time: so that many sleepers do not march in step.
    /// Any bits that differ will do; random ones cost a system call.
    static func scattered(within limit: UInt64) -> UInt64 { now &* 0x9e37_79b9 % limit }
}
