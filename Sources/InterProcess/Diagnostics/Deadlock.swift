/// Processes that wait for each other, or for what nobody is left to give.
public struct Deadlock {
    /// What went wrong. The raw values are the numbers of the codes, MP001 and so on: they never change.
    public enum Kind: UInt64, CaseIterable, Sendable {
        /// Each holds a lock that the next one wants.
        case lockCycle = 1
        /// A process wants a lock that it holds itself.
        case acquiredTwice
        /// Somebody wants an item of a queue that nobody puts to.
        case emptyQueue
        /// Somebody waits for the tasks of a queue that nobody reports done.
        case unfinishedTasks
        /// Somebody joins a process that waits for who joins it.
        case joinCycle
        /// Fewer processes come to a barrier than it takes.
        case shortBarrier
        /// Somebody waits for a notification that nobody will send.
        case lostNotification
        /// Somebody wants room in a queue that nobody takes from.
        case fullQueue
        /// The owner of a lock died, and the lock stays taken for ever.
        case deadOwner
        /// Somebody waits for an event that nobody will set.
        case unsetEvent
        /// Somebody wants a permit of a semaphore that nobody gives back.
        case missingPermit
        /// Somebody waits for several things that will not happen.
        case other
        /// Somebody wants a lock whose owner waits for something else.
        case blockedOwner

        /// The stable code, `MP001`.
        public var code: String {
            let digits = String(rawValue)
            return "MP" + String(repeating: "0", count: 3 - digits.utf8.count) + digits
        }
    }

    /// What went wrong.
    public let kind: Kind
    /// All blocked processes; those of the cycle first, in its order.
    public let processes: [BlockedProcess]
    /// How many of them form the cycle, each waiting for the next and the last for the first; 0 if there is none.
    public let cycleLength: Int
    /// Nobody in the family can act. Else it is a suspicion: somebody may still let go of something or end a process.
    public let isCertain: Bool

    /// Finds out what kind of deadlock it is.
    init(certain processes: [BlockedProcess]) {
        let cycle = Self.cycle(among: processes)
        let others = processes.indices.filter { !cycle.contains($0) }
        self.processes = (cycle + others).map { processes[$0] }
        cycleLength = cycle.count
        isCertain = true
        kind = Self.kind(of: processes, cycle.map { processes[$0] })
    }

    /// A cycle of lock holders beside processes that can act.
    init(suspected cycle: [BlockedProcess]) {
        processes = cycle
        cycleLength = cycle.count
        isCertain = false
        kind = Self.kind(of: cycle, cycle)
    }

    /// The processes, by position, that wait for each other in turn; none if nobody does.
    private static func cycle(among processes: [BlockedProcess]) -> [Int] {
        for start in processes.indices {
            var path = [start]
            while let next = processes.firstIndex(where: {
                $0.ref == processes[path[path.count - 1]].wait.holder
            }) {
                if next == start { return path }
                // Into a cycle that `start` is no part of: that one is found from its own members.
                if path.contains(next) { break }
                path.append(next)
            }
        }
        return []
    }

    private static func kind(of processes: [BlockedProcess], _ cycle: [BlockedProcess]) -> Kind {
        if !cycle.isEmpty {
            if cycle.contains(where: { $0.wait.operation == .joinProcess }) { return .joinCycle }
            return cycle.count == 1 ? .acquiredTwice : .lockCycle
        }
        let isDeadlyHeld = { (process: BlockedProcess) -> Bool in
            guard process.wait.operation == .acquire, let object = process.wait.object, object.kind == .lock
            else {
                return false
            }
            let owner = LockStorage(object).ownerRef
            return owner != .none && !owner.isAlive
        }
        if processes.contains(where: isDeadlyHeld) { return .deadOwner }
        // What is waited for by those who could help the others comes first.
        let kinds: [(Operation.Kind, Kind)] = [
            (.waitBarrier, .shortBarrier), (.waitCondition, .lostNotification), (.put, .fullQueue),
            (.acquire, .missingPermit), (.waitEvent, .unsetEvent), (.get, .emptyQueue),
            (.joinTasks, .unfinishedTasks),
        ]
        let wantsLock = { (process: BlockedProcess) in process.wait.object?.kind == .lock }
        for (operation, kind) in kinds
        where processes.contains(where: { $0.wait.operation == operation && !wantsLock($0) }) {
            return kind
        }
        if processes.contains(where: wantsLock) { return .blockedOwner }
        return .other
    }
}
