import CInterProcess
import Glibc
import InterProcess
import LuaBridge

/// The methods of Process objects.
enum ProcessLifecycle {
    /// `p:start()`: forks. The child never returns from here.
    private static func start(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        guard state.pointee.phase == .initial, !state.isSelf else {
            throw .message("cannot start a process twice")
        }
        guard state.pointee.creator == getpid() else {
            throw .message("can only start a process object created by current process")
        }
        guard !CurrentProcess.isDaemon else {
            throw .message("daemonic processes are not allowed to have children")
        }
        try ProcessClass.checkPurpose(lua)
        Children.reapFinishedOccasionally(lua)
        ip_line_buffer_stdout()
        let parent = Family.currentRecord
        do throws(StartFailure) {
            switch try ChildProcess.fork(
                name: ProcessObject.name(of: 1, in: lua), isDaemon: state.pointee.isDaemon)
            {
            case .child(let record): ChildEntry.run(lua, objectAt: 1, state, record, parent: parent)
            case .parent(let child):
                state.pointee.child = child
                state.pointee.phase = .started
                Children.add(lua, objectAt: 1, child)
                ProcessClass.forgetInvocation(of: 1, in: lua)
            }
        } catch { throw ErrorObject.make(lua, error) }
        lua.top = 1
        return 1
    }

    /// The object at 1 as a child of this process that was started.
    private static func checkChild(
        _ lua: Lua, notStarted: String, notChild: String
    ) throws(LuaFault) -> UnsafeMutablePointer<ProcessState> {
        let state = try ProcessObject.check(lua)
        guard state.pointee.creator == getpid() else {
            let why = state.isSelf ? "this is the process itself" : "another process started it"
            throw .message("\(notChild) (\(why))")
        }
        guard state.pointee.phase != .initial else { throw .message(notStarted) }
        return state
    }

    private static func join(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try checkChild(
            lua, notStarted: "can only join a started process", notChild: "can only join a child process")
        let timeout = try Parameters(lua, of: "join", from: 2, ["timeout"]).timeout()
        lua.push(try Children.join(lua, state, until: timeout.deadline))
        return 1
    }

    private static func isAlive(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        if state.isSelf {
            lua.push(true)
            return 1
        }
        guard state.pointee.creator == getpid() else { throw .message("can only test a child process") }
        lua.push(state.pointee.phase != .initial && Children.exitCode(lua, of: 1, state) == nil)
        return 1
    }

    private static func send(_ lua: Lua, _ signal: Int32) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        guard let child = state.pointee.child else { throw .message("process not started") }
        // Once reaped, the pid may be somebody else's.
        if state.pointee.phase == .ended || Children.exitCode(lua, of: 1, state) != nil { return 0 }
        if state.pointee.creator != getpid(), !child.record.isAlive { return 0 }
        if kill(child.pid, signal) != 0, errno != ESRCH {
            throw ErrorObject.make(lua, SystemError(code: errno, doing: "sending a signal"))
        }
        return 0
    }

    private static func close(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.userdata.check(lua, at: 1)
        // The object of the running process stays: there is nothing to give back, and everybody here needs it.
        if state.pointee.phase == .closed || state.isSelf { return 0 }
        if state.pointee.phase == .started, Children.exitCode(lua, of: 1, state) == nil {
            throw .message(
                "Cannot close a process while it is still running. You should first call join() or terminate()."
            )
        }
        ProcessObject.release(&state.pointee)
        state.pointee.phase = .closed
        return 0
    }

    static let methods = [
        LuaFunction("start") { Lua.run($0, start) },
        LuaFunction("join") { Lua.run($0, join) },
        LuaFunction("is_alive") { Lua.run($0, isAlive) },
        LuaFunction("terminate") { Lua.run($0) { lua throws(LuaFault) in try send(lua, SIGTERM) } },
        LuaFunction("kill") { Lua.run($0) { lua throws(LuaFault) in try send(lua, SIGKILL) } },
        LuaFunction("interrupt") { Lua.run($0) { lua throws(LuaFault) in try send(lua, SIGINT) } },
        LuaFunction("result") { Lua.run($0, ProcessResult.result) },
        LuaFunction("close") { Lua.run($0, close) },
    ]
}
