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
        switch wait.operation {
        case .get: return "waits for an item of \(title)"
        case .put: return "waits for room in \(title)"
        case .joinTasks:
            return "waits for the tasks of \(title), \(QueueStorage(object).unfinishedTasks) unfinished"
        case .acquire where object.kind == .semaphore: return "wants a permit of \(title)"
        case .acquire: return "wants \(title), held by \(holder(LockStorage(object)))"
        case .waitCondition: return "waits to be notified by \(title)"
        case .waitEvent: return "waits for \(title)"
        case .waitBarrier:
            let barrier = BarrierStorage(object)
            return "waits at \(title), where \(barrier.waiting) of \(barrier.parties) are"
        case .joinProcess: return "joins \(ProcessRecord(object).name)"
        default: return "waits for \(title)"
        }
    }

    private static func holder(_ lock: LockStorage) -> String {
        guard let holder = lock.holder else { return "nobody" }
        let isDead = !lock.isHeldByLiving
        return isDead ? "\(holder.name) (pid \(holder.pid)), which is dead" : holder.name
    }
}
