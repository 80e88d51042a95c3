// Tasks of a joinable queue: every message put is one until somebody reports it done.

import Glibc

/// How waiting for the tasks of a queue ended.
public enum JoinOutcome {
    /// All tasks are done.
    case done
    /// The time to wait is over.
    case timedOut
    /// Ctrl-C, a signal's handler that failed, or a deadlock.
    case interrupted
    /// Nobody can report these tasks any more: their process has died.
    case consumerDied(name: String, pid: pid_t, tasks: Int)
}

extension QueueStorage {
    /// Messages put and not yet reported done.
    public var unfinishedTasks: Int {
        let done = tasksDone.load()
        return Int(published.load() >> 1) - Int(done)
    }

    /// Reports one task done.
    ///
    /// - Parameter takenByCaller: the caller took one; false for messages dropped by a shutdown.
    /// - Returns: false if there was none.
    public func taskDone(takenByCaller: Bool = true) -> Bool {
        takeLock.lock()
        let done = tasksDone.relaxed()
        guard done < published.load() >> 1 else {
            takeLock.unlock()
            return false
        }
        if takenByCaller, !accounts.hasEntryOfCaller { _ = accounts.addEntryOfCaller(under: takeLock) }
        var change = Transaction(under: takeLock)
        change.set(tasksDone, done + 1)
        if takenByCaller { accounts.add(-1, &change) }
        change.commit()
        takeLock.unlock()
        if done + 1 == published.load() >> 1 { joiners.wakeAll() }
        return true
    }

    /// Waits until every message that was put has been reported done.
    public func joinTasks(until deadline: Deadline) -> JoinOutcome {
        if unfinishedTasks == 0 { return .done }
        if let death = lostTasks() { return death }
        var death: JoinOutcome?
        var set = WaitSet(joiners)
        set.processes = { consumersWithTasks() }
        set.gainsProcesses = true
        let waited = Waiting.wait(
            Operation(.joinTasks, on: object), in: &set, until: deadline, looksReady: { unfinishedTasks == 0 }
        ) {
            if unfinishedTasks == 0 { return true }
            death = lostTasks()
            return death != nil
        }
        switch waited {
        case .ready: return death ?? .done
        case .timedOut: return .timedOut
        case .interrupted: return .interrupted
        }
    }

    private func consumersWithTasks() -> [ProcessRef] {
        takeLock.lock()
        defer { takeLock.unlock() }
        return accounts.entries.filter { Int64(bitPattern: $0.balance.relaxed()) > 0 }
            .map { ProcessRef(rawValue: $0.process.relaxed()) }.filter(\.isAlive)
    }

    /// A dead consumer with tasks that nobody else has reported for it.
    private func lostTasks() -> JoinOutcome? {
        takeLock.lock()
        defer { takeLock.unlock() }
        // Reports by others than the takers make their balances negative and settle those of the dead.
        var lost: Int64 = 0
        var culprit: JoinAccounts.Entry?
        for entry in accounts.entries {
            let balance = Int64(bitPattern: entry.balance.relaxed())
            if balance < 0 { lost += balance }
            if balance > 0, !ProcessRef(rawValue: entry.process.relaxed()).isAlive {
                lost += balance
                culprit = culprit ?? entry
            }
        }
        guard lost > 0, let culprit else { return nil }
        return .consumerDied(
            name: culprit.name, pid: pid_t(truncatingIfNeeded: culprit.pid.relaxed()), tasks: Int(lost))
    }
}
