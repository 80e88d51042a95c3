// Events.
//
// Layout, in a shared object of kind `event`:
//
//     48    wait list
//     64    how often it was set << 1 | whether it is set
//
// Invariant: one word, changed by compare-and-swap. Who waits goes by the count as well, so an event that is
// set and cleared again at once lets go everybody who waited when it was set.
//
// A crash leaves: the word before or after. A process killed after setting, before it has woken everybody:
// the rest look up when somebody has swept it.

/// A flag that processes wait for.
public struct EventStorage {
    /// The object of kind `event`.
    public let object: SharedObject

    /// The event that an object is.
    ///
    /// - Parameter object: of kind `event`.
    public init(_ object: SharedObject) { self.object = object }

    var waiters: WaitList { object.waitList(at: 48) }
    private var state: SharedWord { object.word(64) }

    /// Makes an event that is not set and that this process holds a reference to.
    public static func create(name: String? = nil, place: UInt64 = 0) throws(SharedMemoryExhausted)
        -> EventStorage
    {
        EventStorage(try HandleTable.create(.event, name: name, place: place) { _ in })
    }

    /// Whether it is set.
    public var isSet: Bool { state.load() & 1 != 0 }

    /// Sets it and lets go everybody who waits.
    public func set() {
        while true {
            let seen = state.load()
            if seen & 1 != 0 { return }
            if state.compareExchange(seen, ((seen >> 1) + 1) << 1 | 1) { break }
        }
        waiters.wakeAll()
    }

    /// Makes it not set.
    public func clear() {
        while true {
            let seen = state.load()
            if seen & 1 == 0 || state.compareExchange(seen, seen & ~1) { return }
        }
    }

    /// Waits until it is set, or was set meanwhile.
    public func wait(until deadline: Deadline) -> WaitOutcome {
        let first = state.load()
        if first & 1 != 0 { return .ready }
        let isOver = { state.load() != first }
        var set = WaitSet(waiters)
        return Waiting.wait(
            Operation(.waitEvent, on: object), in: &set, until: deadline, looksReady: isOver, attempt: isOver)
    }
}
