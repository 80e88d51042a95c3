import InterProcess
import LuaBridge

/// What JoinableQueue has beyond Queue.
enum QueueTasks {
    private static func taskDone(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try storage(lua, .taskDone)
        if !queue.taskDone() { throw ErrorObject.make(lua, .valueError, "task_done() called too many times") }
        return 0
    }

    /// `join([timeout])`: true once every item has been reported done.
    private static func join(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try storage(lua, .joinTasks)
        let timeout = try Parameters(lua, of: "join", from: 2, ["timeout"]).timeout()
        switch queue.joinTasks(until: timeout.deadline) {
        case .done: lua.push(true)
        case .timedOut: lua.push(false)
        case .interrupted: throw lua.interrupted()
        case .consumerDied(let name, let pid, let tasks):
            let what = tasks == 1 ? "a task" : "\(tasks) tasks"
            throw ErrorObject.make(
                lua, .processError,
                "\(name) (pid \(pid)) died between get and task_done with \(what) of \(QueueClass.describe(queue))"
            ) {
                $0.set("process", name)
                $0.set("count", tasks)
            }
        }
        return 1
    }

    /// Tasks can be reported and joined after `close`, as in Python.
    private static func storage(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> QueueStorage {
        let object = try QueueClass.joinable.check(lua, at: 1).pointee.object
        Operation.enter(operation, object)
        return QueueStorage(object)
    }

    static let methods = [
        LuaFunction("task_done") { Lua.run($0, taskDone) },
        LuaFunction("join") { Lua.run($0, join) },
    ]
}
