// The one function in which processes of the family block.
//
// A sleep watches the sleeper's own wake word, which who makes an object ready bumps, and
// lifelines of processes whose death matters. It is capped, at half a second until it has
// brought no news once, then for all but one at some seconds (Lookout): a lost wake-up is
// a delay, never a hang.

import CInterProcess
import Glibc

/// How a wait ended.
public enum WaitOutcome {
    /// What was waited for has come.
    case ready
    /// The time to wait is over.
    case timedOut
    /// Ctrl-C, a signal's handler that failed, or a deadlock: the caller lets go of everything and tells its own caller.
    case interrupted
}

/// What a wait listens to.
public struct WaitSet {
    /// Lists of objects that may become ready.
    var lists: [WaitList] = []
    /// Processes whose death may end the wait; asked anew before each sleep.
    var processes: () -> [ProcessRef] = { [] }
    /// Whether others may come to those while this process sleeps, and it is not woken for that.
    var gainsProcesses = false
    /// Descriptors for poll(2), with `revents` as the last poll left them.
    public var descriptors: [pollfd] = []
    /// What a turn granted by one of the lists is worth to the waiter.
    var turns = Turns.hints
    /// Names this process (`ProcessRef`) while it spins for what it waits for, so that nobody need be woken for that. A hint:
    /// of several who spin it names one.
    var spinner: SharedWord?

    enum Turns {
        /// A hint that the object may be ready; whether it is, the attempt finds out.
        case hints
        /// Nothing: the wait only looks and takes nothing, so the turn goes on to the next in the list.
        case passedOn
        /// What is waited for: `Waiting.waitForTurn`.
        case decisive
    }

    /// Listens to nothing: a wait with it ends by its deadline, an interrupt or its attempt.
    public init() {}

    init(_ list: WaitList) { lists = [list] }
}

/// Blocking: `wait` for a state of things, `waitForTurn` for what one process gives another. Both sleep in one function.
public enum Waiting {
    /// Longest sleep before everything is looked at again, and how much longer it may be.
    private static let cap: UInt64 = 400_000_000
    private static let jitter: UInt64 = 200_000_000
    /// The same while there might be a deadlock, which a second look will tell.
    private static let suspiciousCap: UInt64 = 200_000_000
    /// Lifelines beyond this many are looked at when the cap is reached; the sleeper's own word and the lookout's lifeline
    /// are watched as well.
    private static let mostLifelines = Int(IP_FUTEX_MAX) - 2

    /// What a wait remembers from sleep to sleep.
    private struct Sleeper {
        /// Whether everything it waits for makes it look up.
        let isTold: Bool
        /// How many killed processes had been put away when it last looked at what it waits for.
        var killsSeen: UInt64 = 0
        /// How many of the processes were dead when the caller last looked at what it waits for.
        var deathsSeen = 0
        /// Whether a sleep of this wait has brought no news.
        var hasLookedAround = false
    }

    /// Blocks until `attempt` succeeds, the deadline passes or the process is interrupted.
    ///
    /// - Parameters:
    ///   - operation: what is waited for, for reports and for finding deadlocks.
    ///   - set: what may make it ready.
    ///   - deadline: until when.
    ///   - looksReady: a cheap and harmless look at whether `attempt` may succeed, for spinning before the sleep;
    ///     nil where the wait is expected to be long.
    ///   - pace: how often the spinning looks.
    ///   - attempt: tries to do what is waited for; true if that is done.
    public static func wait<Failure: Error>(
        _ operation: Operation, in set: inout WaitSet, until deadline: Deadline,
        looksReady: (() -> Bool)?, pace: Spinning.Pace = .steady, attempt: () throws(Failure) -> Bool
    ) throws(Failure) -> WaitOutcome {
        if deadline.isNow { return .timedOut }
        if let looksReady, try spin(set, until: deadline, looksReady, pace, attempt) { return .ready }
        let registration = Registration(of: set)
        var sleeper = Sleeper(isTold: registration.isComplete && !set.gainsProcesses)
        let wait = CurrentWait(operation, until: deadline, isOpen: !set.descriptors.isEmpty)
        defer {
            registration.end()
            wait.end()
        }
        while true {
            guard let wakeValue = beginRound(wait, registration, &sleeper) else {
                return .interrupted
            }
            // Only now: who made it ready before we were in the list did not see us.
            if try attempt() { return .ready }
            if deadline.hasPassed { return .timedOut }
            sleep(wakeValue, &set, until: deadline, &sleeper)
            guard set.turns == .hints, registration.hasTurn else { continue }
            // A turn that cannot be used goes to the next.
            if Attention.isWanted || !registration.leave() { continue }
            do throws(Failure) {
                if try attempt() { return .ready }
                // Waking up took longer than spinning will.
                if set.spinner != nil, let looksReady,
                    try spin(set, until: deadline, looksReady, pace, attempt)
                {
                    return .ready
                }
            } catch {
                registration.passOn()
                throw error
            }
        }
    }

    /// Looks and attempts for a while, without sleeping. False if that brought nothing.
    private static func spin<Failure: Error>(
        _ set: WaitSet, until deadline: Deadline, _ looksReady: () -> Bool, _ pace: Spinning.Pace,
        _ attempt: () throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        guard var spinning = Spinning(until: deadline, pace, evenWhereShort: set.spinner != nil) else {
            return false
        }
        let me = ProcessRef.current.rawValue
        set.spinner?.store(me)
        defer { _ = set.spinner?.compareExchange(me, 0) }
        while spinning.wait(looksReady) {
            guard try attempt() else { continue }
            spinning.noteSuccess()
            return true
        }
        return false
    }

    /// Blocks until `list` grants this process a turn, the deadline passes or the process is interrupted. A turn that comes in
    /// the last moment counts.
    ///
    /// - Parameter onceListed: called once, when whoever grants turns finds this process in the list. Not called if it is
    ///   interrupted before.
    static func waitForTurn(
        _ operation: Operation, in list: WaitList, until deadline: Deadline, onceListed: () -> Void
    ) -> WaitOutcome {
        var set = WaitSet(list)
        set.turns = .decisive
        var isListed = false
        let registration = Registration(of: set)
        var sleeper = Sleeper(isTold: registration.isComplete)
        let wait = CurrentWait(operation, until: deadline, isOpen: false)
        defer {
            registration.end()
            wait.end()
        }
        while true {
            guard let wakeValue = beginRound(wait, registration, &sleeper) else {
                return .interrupted
            }
            if !isListed {
                isListed = true
                onceListed()
                // That was more than a look: who has noted this wait begins anew.
                wait.beginAgain()
                registration.spinForTurn(until: deadline)
            }
            if registration.hasTurn || deadline.hasPassed { return registration.leave() ? .ready : .timedOut }
            sleep(wakeValue, &set, until: deadline, &sleeper)
        }
    }

    /// Serves what asks for this process's attention and links the nodes that are in no list.
    ///
    /// - Returns: the wake word's value before: whoever wants something afterwards changes it, and a sleep on this value does
    ///   not start. Nil if the process is interrupted.
    private static func beginRound(
        _ wait: CurrentWait, _ registration: Registration, _ sleeper: inout Sleeper
    ) -> UInt32? {
        let slot = Slot.mine
        while true {
            sleeper.killsSeen = Lookout.kills
            let wakeValue = UInt32(truncatingIfNeeded: slot.wake.load())
            guard Attention.isWanted else {
                registration.link()
                return wakeValue
            }
            if Attention.isDeadlocked() { return nil }
            Attention.serveAsides()
            guard Attention.isWanted else { continue }
            // Code of the script may run, and wait for something else: meanwhile this process can act, and others need the
            // turns that it might use.
            wait.end()
            registration.passOnHints()
            guard Attention.serve() else { return nil }
            wait.begin()
        }
    }

    /// Sleeps once, until there may be news. If there is none, or somebody wants this process to make sure, it looks around:
    /// the dead are swept, unless another process does that, and it is asked whether there can ever be news.
    private static func sleep(
        _ wakeValue: UInt32, _ set: inout WaitSet, until deadline: Deadline, _ sleeper: inout Sleeper
    ) {
        let slot = Slot.mine
        slot.waitRecord.noteRound()
        DepartedChildren.reapFinished()
        slot.note(.asleep)
        let longest = DeadlockDetector.isSuspicious ? suspiciousCap : cap + Clock.scattered(within: jitter)
        let (isNews, isRelieved) =
            set.descriptors.isEmpty
            ? sleepOnFutexes(wakeValue, set.processes(), until: deadline, atMost: longest, &sleeper)
            : sleepInPoll(wakeValue, &set, until: deadline, atMost: longest, sleeper)
        // Lookout.resign needs the barrier.
        slot.announce(.running)
        if !isNews || isRelieved || Lookout.isLate {
            sleeper.hasLookedAround = true
            lookAround()
        }
    }

    private static func lookAround() {
        // Only the main process reaps orphans whose parents were still dying when they were put away.
        if Family.isMainProcess || !Lookout.isElsewhere {
            Sweeper.sweepTheDead()
        } else {
            Sweeper.sweepUnbornChildren()
        }
        Lookout.noteLook()
        DeadlockDetector.look()
    }

    /// - Parameter longest: how long it may sleep if nobody looks around for it.
    private static func sleepOnFutexes(
        _ wakeValue: UInt32, _ processes: [ProcessRef], until deadline: Deadline, atMost longest: UInt64,
        _ sleeper: inout Sleeper
    ) -> (isNews: Bool, isRelieved: Bool) {
        var longest = longest
        var lookout: ProcessRef?
        if sleeper.hasLookedAround,
            case .relieved(let other, let most) = Lookout.duty(since: sleeper.killsSeen)
        {
            lookout = other
            if sleeper.isTold, processes.count <= mostLifelines, !DeadlockDetector.isSuspicious {
                longest = most
            }
        }
        let deaths = processes.count { !$0.isAlive }
        defer { sleeper.deathsSeen = deaths }
        // News: the caller looks before it sleeps. Those it knows of do not keep it awake.
        if deaths > sleeper.deathsSeen { return (true, lookout != nil) }
        let watched = processes.prefix(mostLifelines)
        return withUnsafeTemporaryAllocation(of: ip_futex.self, capacity: 2 + watched.count) { futexes in
            futexes.initializeElement(at: 0, to: ip_futex(word: Slot.mine.wake.futex, expected: wakeValue))
            var count = 1
            func watch(_ process: ProcessRef) {
                guard let lifeline = process.lifeline else { return }
                futexes.initializeElement(
                    at: count, to: ip_futex(word: lifeline.word, expected: lifeline.value))
                count += 1
            }
            watched.forEach(watch)
            if let lookout { watch(lookout) }
            let outcome = Futex.sleep(
                on: UnsafeBufferPointer(rebasing: futexes[..<count]), until: deadline.capped(at: longest))
            // The kernel wakes one watcher of a death; that one tells the others.
            for process in processes where !process.isAlive { process.slot.announceDeath() }
            if let lookout, !lookout.isAlive { lookout.slot.announceDeath() }
            return (outcome != .timedOut, lookout != nil)
        }
    }

    /// - Parameter longest: how long it may sleep if nobody looks around for it.
    private static func sleepInPoll(
        _ wakeValue: UInt32, _ set: inout WaitSet, until deadline: Deadline, atMost longest: UInt64,
        _ sleeper: Sleeper
    ) -> (isNews: Bool, isRelieved: Bool) {
        var polled = set.descriptors
        var relief: UInt64?
        // Nobody needs to rouse it from a short sleep for descriptors alone.
        if sleeper.hasLookedAround || !set.lists.isEmpty, let socket = PollSocket.descriptor {
            polled.append(pollfd(fd: socket, events: Int16(POLLIN), revents: 0))
            // The deaths of processes are no news here.
            if sleeper.hasLookedAround, sleeper.isTold, set.processes().isEmpty {
                relief = Lookout.reliefInPoll(since: sleeper.killsSeen)
            }
            if relief == nil { Slot.mine.announce(.asleepInPoll) }
            // Who roused it before it said that it is in poll(2) has sent nothing.
            if UInt32(truncatingIfNeeded: Slot.mine.wake.load()) != wakeValue {
                for index in set.descriptors.indices { set.descriptors[index].revents = 0 }
                return (true, relief != nil)
            }
        }
        let now = Clock.now
        let end = deadline.capped(at: relief ?? longest)
        let count = ip_poll(&polled, UInt32(polled.count), end > now ? end - now : 0)
        for index in set.descriptors.indices {
            set.descriptors[index].revents = count > 0 ? polled[index].revents : 0
        }
        return (count != 0, relief != nil)
    }
}

/// The wait that this process is in, as its record tells.
private struct CurrentWait {
    private let operation: Operation
    private let deadline: Deadline
    private let isOpen: Bool
    private let since = Clock.now

    init(_ operation: Operation, until deadline: Deadline, isOpen: Bool) {
        self.operation = operation
        self.deadline = deadline
        self.isOpen = isOpen
        // Of a wait that ended otherwise in the last moment.
        _ = Attention.takeDeadlock()
        begin()
    }

    func begin() {
        Slot.mine.waitRecord.begin(
            operation, until: deadline, since: since, isOpen: isOpen || Attention.handlesSignals)
    }

    func end() {
        Slot.mine.waitRecord.end()
        Lookout.resign()
    }

    func beginAgain() {
        end()
        begin()
    }
}
