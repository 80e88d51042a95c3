// Barriers.
//
// Layout, in a shared object of kind `barrier`:
//
//     48    wait list: those who wait for the others, or for the action of the cycle before
//     64    mutex
//     72    state: cycle << 2 | phase
//     80    outcomes: bit n % 64 tells whether cycle n was broken
//     88    arrived in this cycle · 96 parties · 104 block of arrivals
//     112   default timeout, bits of a double · 120 1 = has an action · 136 the action, a message
//
// A block of arrivals is a ProcessRef for each process that has arrived, in the order of arrival.
//
// Invariants: all of it changes under the mutex; arriving, completing and breaking are one transaction each. A
// cycle ends by its number going up: at once, so that a fast process may arrive in the next while others are
// not awake yet. These look up in the outcomes how theirs ended; 64 of them are kept, and who looks later than that
// has passed, as most do.
//
// A crash leaves: an arrival of a dead process, by which everybody who waits knows that it will never be there,
// and breaks the barrier. They watch the lifelines of those who arrived before; the death of those who arrived
// after they fell asleep they notice at the cap of their sleep.

/// A place where a number of processes wait for each other.
public struct BarrierStorage {
    /// The object of kind `barrier`.
    public let object: SharedObject

    /// The barrier that an object is.
    ///
    /// - Parameter object: of kind `barrier`.
    public init(_ object: SharedObject) { self.object = object }

    /// What an arrival means.
    public enum Arrival {
        /// The number of the arrival, from 0; the others are to be waited for.
        case waits(rank: Int, cycle: UInt64)
        /// The last one, who has let the others go.
        case completes(rank: Int)
        /// The last one, who has to do the action and then `finish`.
        case acts(rank: Int, cycle: UInt64)
        /// The barrier is broken.
        case broken
        /// Ctrl-C, a signal's handler that failed, or a deadlock.
        case interrupted
    }

    /// How waiting for the others ended.
    public enum Outcome {
        /// All have come, and the action is done.
        case passed
        /// The barrier was broken meanwhile, perhaps by a process that died.
        case broken
        /// The time to wait is over. The barrier is broken for the others.
        case timedOut
        /// Ctrl-C, a signal's handler that failed, or a deadlock.
        case interrupted
    }

    private enum Phase: UInt64 {
        case filling = 0
        /// All are there; the last one does the action.
        case acting
        case broken
    }

    private static let mostArrivals = Arena.slotCount
    private static let outcomesKept: UInt64 = 64

    var waiters: WaitList { object.waitList(at: 48) }
    private var mutex: RobustMutex { RobustMutex(object.word(64)) }
    private var state: SharedWord { object.word(72) }
    private var outcomes: SharedWord { object.word(80) }
    private var arrived: SharedWord { object.word(88) }
    private var partiesWord: SharedWord { object.word(96) }
    private var arrivals: SharedWord { object.word(104) }
    private var timeoutWord: SharedWord { object.word(112) }
    private var actionFlag: SharedWord { object.word(120) }
    private var actionWord: SharedWord { object.word(136) }

    /// Makes a barrier that this process holds a reference to.
    ///
    /// - Parameters:
    ///   - parties: how many processes it takes, at least one.
    ///   - timeout: seconds that each of them waits at most, unless it says otherwise; nil is for ever.
    ///   - hasAction: who arrives last does something before the others go on.
    ///   - action: the action, for processes that do not know it; nil if it cannot be sent.
    ///   - name: for diagnostics.
    ///   - place: the script line that makes it; 0 = unknown.
    public static func create(
        parties: Int, timeout: Double?, hasAction: Bool, action: Message? = nil, name: String? = nil,
        place: UInt64 = 0
    ) throws(SharedMemoryExhausted) -> BarrierStorage {
        let barrier = BarrierStorage(
            try HandleTable.create(.barrier, name: name, place: place) { object in
                let barrier = BarrierStorage(object)
                barrier.partiesWord.storeRelaxed(UInt64(parties))
                barrier.timeoutWord.storeRelaxed((timeout ?? .infinity).bitPattern)
                barrier.actionFlag.storeRelaxed(hasAction ? 1 : 0)
            })
        do throws(SharedMemoryExhausted) {
            try SharedHeap.allocate(min(parties, mostArrivals) * 8, into: barrier.arrivals)
            if let action {
                let envelope = try Envelope.make(action)
                barrier.mutex.lock()
                var change = Transaction(under: barrier.mutex)
                change.set(barrier.actionWord, envelope.owner.relaxed())
                change.set(envelope.owner, 0)
                change.commit()
                barrier.mutex.unlock()
            }
        } catch {
            HandleTable.release(barrier.object)
            throw error
        }
        return barrier
    }

    func destroyContents() {
        if arrivals.relaxed() != 0 { SharedHeap.free(arrivals) }
        if actionWord.relaxed() != 0 { Envelope(owner: actionWord).free() }
    }

    /// How many processes it takes.
    public var parties: Int { Int(partiesWord.relaxed()) }
    /// How many have arrived and wait.
    public var waiting: Int { phase(state.load()) == .filling ? Int(arrived.load()) : 0 }
    /// Whether it is broken: nobody can pass until it is reset.
    public var isBroken: Bool { phase(state.load()) == .broken }
    /// Seconds that each waits at most, infinity for ever.
    public var timeout: Double { Double(bitPattern: timeoutWord.relaxed()) }
    /// Whether who arrives last does something before the others go on.
    public var hasAction: Bool { actionFlag.relaxed() != 0 }
    /// The action as a message, if it can be sent. Valid as long as the barrier.
    public var action: UnsafeRawBufferPointer? {
        actionWord.load() == 0 ? nil : Envelope(owner: actionWord).bytes
    }

    private func phase(_ state: UInt64) -> Phase { Phase(rawValue: state & 3) ?? .broken }
    private static func value(_ cycle: UInt64, _ phase: Phase) -> UInt64 { cycle << 2 | phase.rawValue }

    private func arrival(_ index: Int) -> SharedWord {
        SharedWord(offset: arrivals.relaxed() + UInt64(index * 8))
    }

    // MARK: Arriving

    /// Arrives. Where the last one of the cycle before still does its action, waits for that first, however long it takes:
    /// nobody is late but the action.
    public func arrive() -> Arrival {
        if let arrival = tryArrive() { return arrival }
        var arrival = Arrival.interrupted
        var set = WaitSet(waiters)
        set.processes = { arrivedProcesses() }
        set.gainsProcesses = true
        _ = Waiting.wait(Operation(.waitBarrier, on: object), in: &set, until: .never, looksReady: nil) {
            guard let found = tryArrive() else { return false }
            arrival = found
            return true
        }
        return arrival
    }

    /// Nil while an action is being done.
    private func tryArrive() -> Arrival? {
        mutex.lock()
        let isNews = breakIfSomeoneDied()
        let seen = state.relaxed()
        let cycle = seen >> 2
        let rank = Int(arrived.relaxed())
        var arrival: Arrival?
        switch phase(seen) {
        case .broken: arrival = .broken
        case .acting: break
        case .filling:
            var change = Transaction(under: mutex)
            change.set(self.arrival(rank), ProcessRef.current.rawValue)
            if rank + 1 < parties {
                change.set(arrived, UInt64(rank + 1))
                arrival = .waits(rank: rank, cycle: cycle)
            } else if hasAction {
                change.set(arrived, UInt64(rank + 1))
                change.set(state, Self.value(cycle, .acting))
                arrival = .acts(rank: rank, cycle: cycle)
            } else {
                complete(cycle, isBroken: false, &change)
                arrival = .completes(rank: rank)
            }
            change.commit()
        }
        mutex.unlock()
        if isNews { waiters.wakeAll() }
        if case .completes = arrival { waiters.wakeAll() }
        return arrival
    }

    /// Ends a cycle and begins the next.
    private func complete(_ cycle: UInt64, isBroken: Bool, _ change: inout Transaction) {
        let bit: UInt64 = 1 << (cycle % Self.outcomesKept)
        let outcomes = outcomes.relaxed()
        change.set(arrived, 0)
        change.set(self.outcomes, isBroken ? outcomes | bit : outcomes & ~bit)
        // Last: the waiters, who look without the mutex, go by this word.
        change.set(state, Self.value(cycle + 1, .filling))
    }

    /// The action of `cycle` is done: lets everybody go. False if the barrier was broken or reset meanwhile.
    public func finish(_ cycle: UInt64) -> Bool {
        mutex.lock()
        let isCurrent = state.relaxed() == Self.value(cycle, .acting)
        if isCurrent {
            var change = Transaction(under: mutex)
            complete(cycle, isBroken: false, &change)
            change.commit()
        }
        mutex.unlock()
        if isCurrent { waiters.wakeAll() }
        return isCurrent
    }

    // MARK: Waiting

    /// Waits until all have arrived in `cycle`. Who gives up breaks the barrier: the others cannot succeed any more.
    public func wait(for cycle: UInt64, until deadline: Deadline) -> Outcome {
        var waited = waitOnce(for: cycle, until: deadline)
        // All have come: nobody is late but the action.
        if case .timedOut = waited, state.load() == Self.value(cycle, .acting) {
            waited = waitOnce(for: cycle, until: .never)
        }
        switch waited {
        case .passed, .broken: return waited
        case .timedOut, .interrupted:
            abort(cycle)
            // At the last moment it may have been completed.
            if case .passed = outcome(of: cycle) { return .passed }
            return waited
        }
    }

    private func waitOnce(for cycle: UInt64, until deadline: Deadline) -> Outcome {
        var found: Outcome?
        var set = WaitSet(waiters)
        set.processes = { arrivedProcesses() }
        set.gainsProcesses = true
        let waited = Waiting.wait(
            Operation(.waitBarrier, on: object), in: &set, until: deadline,
            looksReady: { state.load() != Self.value(cycle, .filling) }
        ) {
            found = outcome(of: cycle)
            return found != nil
        }
        if let found { return found }
        if case .interrupted = waited { return .interrupted }
        return .timedOut
    }

    /// How `cycle` ended; nil while it lasts.
    private func outcome(of cycle: UInt64) -> Outcome? {
        let seen = state.load()
        if seen >> 2 != cycle {
            let isKept = seen >> 2 - cycle <= Self.outcomesKept
            let isBroken = isKept && outcomes.load() & 1 << (cycle % Self.outcomesKept) != 0
            return isBroken ? .broken : .passed
        }
        if phase(seen) == .broken { return .broken }
        guard arrivedProcesses().contains(where: { !$0.isAlive }) else { return nil }
        mutex.lock()
        let isNews = breakIfSomeoneDied()
        mutex.unlock()
        if isNews { waiters.wakeAll() }
        return outcome(of: cycle)
    }

    /// Under the mutex, or as a hint.
    private func arrivedProcesses() -> [ProcessRef] {
        let count = min(Int(arrived.load()), parties, Self.mostArrivals)
        return (0..<count).map { ProcessRef(rawValue: arrival($0).relaxed()) }.filter { $0 != .none }
    }

    // MARK: Breaking

    /// Under the mutex.
    private func breakIfSomeoneDied() -> Bool {
        let seen = state.relaxed()
        guard phase(seen) != .broken, arrivedProcesses().contains(where: { !$0.isAlive }) else {
            return false
        }
        setBroken(seen >> 2)
        return true
    }

    private func setBroken(_ cycle: UInt64) {
        var change = Transaction(under: mutex)
        change.set(arrived, 0)
        change.set(state, Self.value(cycle, .broken))
        change.commit()
    }

    /// Breaks the barrier, or only if it is in `cycle` still.
    public func abort(_ cycle: UInt64? = nil) {
        mutex.lock()
        let current = state.relaxed() >> 2
        let breaks = cycle == nil || cycle == current
        if breaks { setBroken(current) }
        mutex.unlock()
        if breaks { waiters.wakeAll() }
    }

    /// Makes it as new. Those who wait are told that it is broken.
    public func reset() {
        mutex.lock()
        let seen = state.relaxed()
        if phase(seen) != .filling || arrived.relaxed() > 0 {
            var change = Transaction(under: mutex)
            complete(seen >> 2, isBroken: true, &change)
            change.commit()
        }
        mutex.unlock()
        waiters.wakeAll()
    }
}
