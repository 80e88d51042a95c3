import Glibc

/// Something that `WaitSource.wait` can wait for.
public struct WaitSource {
    /// Watched for input; -1 for none.
    private let descriptor: Int32
    private let list: WaitList?
    /// Whether it is ready, apart from its descriptor.
    private let isReady: (_ forEver: Bool) -> Bool

    /// - Parameters:
    ///   - descriptor: is ready when it has input, -1 for none.
    ///   - list: of the object; those in it are woken when it may be ready.
    ///   - isReady: whether it is, apart from the descriptor; told whether the caller waits without end.
    init(descriptor: Int32 = -1, list: WaitList? = nil, isReady: @escaping (_ forEver: Bool) -> Bool) {
        self.descriptor = descriptor
        self.list = list
        self.isReady = isReady
    }

    /// Ready from the start.
    public static var ready: WaitSource { WaitSource { _ in true } }

    /// A descriptor that is not negative; ready when it has input, is at its end or has failed.
    public static func descriptor(_ descriptor: Int32) -> WaitSource {
        WaitSource(descriptor: descriptor) { _ in false }
    }

    /// Ready when a message or the end of the stream can be received.
    public static func channel(_ channel: Channel) -> WaitSource {
        let end = channel.end
        return WaitSource(descriptor: channel.descriptor, list: end.holdsOther ? end.waiters : nil) {
            end.otherIsAbandoned(forEver: $0)
        }
    }

    /// Ready when a message can be taken, or the queue is shut down.
    public static func queue(_ queue: QueueStorage) -> WaitSource {
        WaitSource(list: queue.takers) { _ in queue.count > 0 || queue.isShutDown }
    }

    /// Ready while it is set.
    public static func event(_ event: EventStorage) -> WaitSource {
        WaitSource(list: event.waiters) { _ in event.isSet }
    }

    /// How a wait ended: which are ready, by their position; none if the time is over.
    public enum Outcome {
        /// These are ready.
        case ready([Int])
        /// Ctrl-C, a signal's handler that failed, or a deadlock.
        case interrupted
        /// This one's descriptor is not open.
        case notOpen(Int)
    }

    /// Waits until at least one of the sources is ready.
    public static func wait(
        for sources: [WaitSource], _ operation: Operation = Operation(.poll), until deadline: Deadline
    ) -> Outcome {
        var look = Look(sources, forEver: deadline.isNever)
        if look.findsAny() { return look.outcome }
        var set = WaitSet()
        set.turns = .passedOn
        set.descriptors = look.polled.filter { $0.fd >= 0 }
        set.lists = sources.compactMap(\.list)
        // A look at descriptors is a system call: nothing to spin on.
        let looksReady = set.descriptors.isEmpty ? { sources.contains { $0.isReady(deadline.isNever) } } : nil
        let waited = Waiting.wait(
            operation, in: &set, until: deadline, looksReady: looksReady, attempt: { look.findsAny() })
        return waited == .interrupted ? .interrupted : look.outcome
    }

    /// One look at all of them after the other.
    private struct Look {
        private let sources: [WaitSource]
        private let forEver: Bool
        var polled: [pollfd]
        private var ready: [Int] = []
        private var notOpen: Int?

        init(_ sources: [WaitSource], forEver: Bool) {
            self.sources = sources
            self.forEver = forEver
            // poll(2) passes over negative descriptors.
            polled = sources.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        }

        var outcome: Outcome { notOpen.map { .notOpen($0) } ?? .ready(ready) }

        mutating func findsAny() -> Bool {
            ready.removeAll(keepingCapacity: true)
            _ = poll(&polled, nfds_t(polled.count), 0)
            for index in sources.indices {
                let events = Int32(polled[index].revents)
                if events & POLLNVAL != 0 { notOpen = index }
                if events != 0 || sources[index].isReady(forEver) { ready.append(index) }
            }
            return !ready.isEmpty
        }
    }
}
