/// Work that takes the longer the larger the family is, and need not be done each time it could be: it is done so often
/// that it takes a fiftieth of the time at most. In a small family that is nearly always.
public struct Occasionally: Sendable {
    private static let share: UInt64 = 50
    /// Nanoseconds between two times at least.
    private let pause: UInt64
    private var next: UInt64 = 0

    /// - Parameter pause: nanoseconds between two times at least.
    public init(pause: UInt64 = 0) { self.pause = pause }

    /// Does the work, if it is time.
    @inline(__always)
    public mutating func run(_ work: () -> Void) {
        let start = Clock.now
        guard start >= next else { return }
        work()
        let end = Clock.now
        next = end + max(pause, (end - start) * Self.share)
    }
}
