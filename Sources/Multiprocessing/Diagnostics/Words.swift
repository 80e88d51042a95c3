import InterProcess

/// What processes wait for and hold, in words.
enum Words {
    /// ` at bank.lua:12 for 1.3 s`
    static func duration(of wait: WaitView) -> String {
        (Place.text(wait.place).map { " at \($0)" } ?? "") + " for \(seconds(wait.seconds))"
    }

    static func seconds(_ seconds: Double) -> String { "\((seconds * 10).rounded() / 10) s" }

    /// `holds Lock 'a' (bank.lua:3), taken at bank.lua:10`, for each thing.
    static func held(by process: ProcessView) -> [String] {
        process.held.map { object, place in
            "holds \(SharedClasses.title(object))" + (Place.text(place).map { ", taken at \($0)" } ?? "")
        }
    }

    /// `wants Lock 'b' (bank.lua:4), held by Process-2`
    static func what(_ wait: WaitView) -> String {
        guard let object = wait.object else {
            switch wait.operation {
            case .joinProcess: return "waits for its children to end"
            case .sleep: return "sleeps"
            default: return "waits for one of several things"
            }
        }
        let title = SharedClasses.title(object)
        // The object may be another one by now: only what is of the right kind is asked.
        switch (wait.operation, object.kind) {
        case (.get, _): return "waits for an item of \(title)"
        case (.put, _): return "waits for room in \(title)"
        case (.receive, _): return "waits for a message of a Connection"
        case (.send, _): return "waits until a Connection takes a message"
        case (.awaitReply, _): return "waits for the workers of its pool"
        case (.awaitTask, _): return "waits for a task"
        case (.joinTasks, .queue):
            return "waits for the tasks of \(title), \(QueueStorage(object).unfinishedTasks) unfinished"
        case (.acquire, .semaphore): return "wants a permit of \(title)"
        case (.acquire, .lock): return "wants \(title), held by \(holder(LockStorage(object)))"
        case (.waitCondition, _): return "waits to be notified by \(title)"
        case (.waitEvent, _): return "waits for \(title)"
        case (.waitBarrier, .barrier):
            let barrier = BarrierStorage(object)
            return "waits at \(title), where \(barrier.waiting) of \(barrier.parties) are"
        case (.joinProcess, .process): return "joins \(ProcessRecord(object).name)"
        default: return "waits for \(title)"
        }
    }

    private static func holder(_ lock: LockStorage) -> String {
        guard let holder = lock.holder else { return "nobody" }
        let isDead = !lock.isHeldByLiving
        return isDead ? "\(holder.name) (pid \(holder.pid)), which is dead" : holder.name
    }
}
