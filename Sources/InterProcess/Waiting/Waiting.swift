// The one function in which processes of the family block.
//
// A sleep watches the sleeper's own wake word, which who makes an object ready bumps, and
// lifelines of processes whose death matters. It is capped: a lost wake-up costs half a
// second, never a hang.

import CInterProcess
import Glibc

/// How a wait ended.
public enum WaitOutcome {
    case ready
    case timedOut
    /// Ctrl-C: the caller lets go of everything and tells its own caller.
    case interrupted
}

/// What a wait listens to.
public struct WaitSet {
    /// Lists of objects that may become ready.
    var lists: [WaitList] = []
    /// Processes whose death may end the wait; asked anew before each sleep.
    var processes: () -> [ProcessRef] = { [] }
    /// Descriptors for poll(2), with `revents` as the last poll left them.
    public var descriptors: [pollfd] = []
    /// What a turn granted by one of the lists is worth to the waiter.
    var turns = Turns.hints

    enum Turns {
        /// A hint that the object may be ready; whether it is, the attempt finds out.
        case hints
        /// Nothing: the wait only looks and takes nothing, so the turn goes on to the next in the list.
        case passedOn
        /// What is waited for. The attempt is made once the node is linked, and need not succeed.
        case decisive
    }

    /// Listens to nothing: a wait with it ends by its deadline, an interrupt or its attempt.
    public init() {}

    init(_ list: WaitList) { lists = [list] }
}

/// Blocking: the one function that does it.
public enum Waiting {
    /// Longest sleep before everything is looked at again, jittered so that many sleepers do not march in step.
    private static let cap: UInt64 = 400_000_000
    private static let jitter: UInt64 = 200_000_000
    /// Lifelines beyond this many are looked at when the cap is reached.
    private static let mostLifelines = Int(IP_FUTEX_MAX) - 1

    /// Blocks until `attempt` succeeds, the deadline passes or the process is interrupted.
    ///
    /// - Parameters:
    ///   - looksReady: a cheap and harmless look at whether `attempt` may succeed, for spinning before the sleep;
    ///     nil where the wait is expected to be long, and where turns are decisive.
    ///   - pace: how often the spinning looks.
    ///   - attempt: tries to do what is waited for; true if that is done.
    public static func wait<Failure: Error>(
        _ operation: Operation, in set: inout WaitSet, until deadline: Deadline,
        looksReady: (() -> Bool)?, pace: Spinning.Pace = .steady, attempt: () throws(Failure) -> Bool
    ) throws(Failure) -> WaitOutcome {
        if deadline.isNow { return .timedOut }
        if let looksReady {
            var spinning = Spinning(until: deadline, pace)
            while spinning.wait(looksReady) {
                guard try attempt() else { continue }
                spinning.noteSuccess()
                return .ready
            }
        }

        let slot = Slot.mine
        var deathsSeen = 0
        slot.waitRecord.begin(operation, until: deadline)
        let registration = Registration(of: set)
        defer {
            registration.end()
            slot.waitRecord.end()
        }
        while true {
            // In this order: a request that comes between the two changes the word, and the sleep does not start.
            let wakeValue = UInt32(truncatingIfNeeded: slot.wake.load())
            if Attention.isWanted {
                guard Attention.serve() else { return .interrupted }
                // Code of the script may have waited for something else.
                slot.waitRecord.begin(operation, until: deadline)
                continue
            }
            registration.link()
            // Only now: who made it ready before we were in the list did not see us.
            if try attempt() { return .ready }
            if set.turns == .decisive, registration.spinForTurn(until: deadline) || deadline.hasPassed {
                return registration.leave() ? .ready : .timedOut
            }
            if deadline.hasPassed { return .timedOut }
            slot.activity.store(1)
            let woken = sleep(wakeValue, &set, until: deadline, &deathsSeen)
            slot.activity.store(0)
            if !woken { Sweeper.sweepTheDead() }
            guard set.turns == .hints, registration.hasTurn else { continue }
            // A turn that cannot be used goes to the next.
            if Attention.isWanted || !registration.leave() { continue }
            do throws(Failure) {
                if try attempt() { return .ready }
            } catch {
                registration.passOn()
                throw error
            }
        }
    }

    /// Sleeps once. Returns false when only the cap ended the sleep.
    private static func sleep(
        _ wakeValue: UInt32, _ set: inout WaitSet, until deadline: Deadline, _ deathsSeen: inout Int
    ) -> Bool {
        // Any bits that differ from process to process will do; random ones cost a system call.
        let end = deadline.capped(at: cap + Clock.now &* 0x9e37_79b9 % jitter)
        if set.descriptors.isEmpty {
            return sleepOnFutexes(wakeValue, set.processes(), until: end, &deathsSeen)
        }
        return sleepInPoll(&set, until: end)
    }

    /// - Parameter deathsSeen: how many of the processes were dead when the caller last looked at what it waits for.
    private static func sleepOnFutexes(
        _ wakeValue: UInt32, _ processes: [ProcessRef], until end: UInt64, _ deathsSeen: inout Int
    ) -> Bool {
        let deaths = processes.count { !$0.isAlive }
        defer { deathsSeen = deaths }
        // News: the caller looks before it sleeps. Those it knows of do not keep it awake.
        if deaths > deathsSeen { return true }
        let capacity = 1 + min(processes.count, mostLifelines)
        return withUnsafeTemporaryAllocation(of: ip_futex.self, capacity: capacity) { futexes in
            futexes.initializeElement(at: 0, to: ip_futex(word: Slot.mine.wake.futex, expected: wakeValue))
            var count = 1
            for process in processes.prefix(mostLifelines) {
                guard let lifeline = process.lifeline else { continue }
                futexes.initializeElement(
                    at: count, to: ip_futex(word: lifeline.word, expected: lifeline.value))
                count += 1
            }
            let outcome = Futex.sleep(on: UnsafeBufferPointer(rebasing: futexes[..<count]), until: end)
            // The kernel wakes one watcher of a death; that one tells the others.
            for process in processes where !process.isAlive { process.slot.announceDeath() }
            return outcome != .timedOut
        }
    }

    private static func sleepInPoll(_ set: inout WaitSet, until end: UInt64) -> Bool {
        var polled = set.descriptors
        if !set.lists.isEmpty, let socket = PollSocket.descriptor {
            polled.append(pollfd(fd: socket, events: Int16(POLLIN), revents: 0))
        }
        let now = Clock.now
        let count = ip_poll(&polled, UInt32(polled.count), end > now ? end - now : 0)
        for index in set.descriptors.indices {
            set.descriptors[index].revents = count > 0 ? polled[index].revents : 0
        }
        return count != 0
    }
}

/// The nodes of one wait, linked into the lists it listens to.
///
/// A wait may run code of the script, which may wait in turn: the nodes of the inner wait come after those of the outer.
final class Registration {
    private let lists: ArraySlice<WaitList>
    private let turns: WaitSet.Turns
    private let first: Int
    private let polls: Bool
    private var hasSpun = false

    nonisolated(unsafe) private static var nodesInUse = 0
    /// Nodes that are kept for waits that are nothing without one.
    private static let nodesForDecisive = 8

    init(of set: WaitSet) {
        first = Self.nodesInUse
        let available = Slot.nodeCount - first - (set.turns == .decisive ? 0 : Self.nodesForDecisive)
        // Objects beyond that are looked at when the cap is reached.
        lists = set.lists.prefix(max(0, available))
        precondition(
            set.turns != .decisive || !lists.isEmpty, "signal handlers wait inside each other at most so deep"
        )
        turns = set.turns
        polls = !set.descriptors.isEmpty
        Self.nodesInUse += lists.count
    }

    private func node(_ index: Int) -> WaitNode { Slot.mine.node(first + index) }

    /// Puts the nodes that are in no list, since they are new or had a turn, at the end of theirs.
    func link() {
        if polls { PollSocket.drain() }
        for (index, list) in lists.enumerated() where node(index).list.load() == 0 {
            let isGranted = node(index).granted.load() != 0
            // A hint that came since the last look is followed up by the attempt that comes now.
            if isGranted, turns == .decisive { continue }
            if isGranted, turns == .passedOn, list.leave(node(index)) { list.wakeOne() }
            list.append(node(index), polling: polls)
        }
    }

    /// Whether some list has granted its turn.
    var hasTurn: Bool { lists.indices.contains { node($0).granted.load() != 0 } }

    /// Whether a turn comes soon: the first time it looks for a while.
    func spinForTurn(until deadline: Deadline) -> Bool {
        if hasSpun { return hasTurn }
        hasSpun = true
        var spinning = Spinning(until: deadline)
        guard spinning.wait({ hasTurn }) else { return false }
        spinning.noteSuccess()
        return true
    }

    /// Takes the nodes out of the lists.
    ///
    /// - Returns: whether one of them had been granted a turn, which is the caller's now.
    func leave() -> Bool {
        var any = false
        for (index, list) in lists.enumerated() where list.leave(node(index)) { any = true }
        return any
    }

    /// Gives a turn to the next in each list.
    func passOn() { for list in lists { list.wakeOne() } }

    /// The wait is over: turns that came and were not used go to the next.
    func end() {
        for (index, list) in lists.enumerated() where node(index).isInUse { list.remove(node(index)) }
        Self.nodesInUse = first
    }

    /// A forked child waits for nothing.
    static func becomeChild() { nodesInUse = 0 }
}
