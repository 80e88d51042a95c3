import Glibc
import InterProcess
import LuaBridge

/// `p.name`, `p.daemon`, `p.pid` … The object is argument 1, a value to set argument 3.
enum ProcessProperties {
    static let names: [StaticString] = ["name", "daemon", "pid", "ident", "exitcode", "sentinel", "authkey"]

    static let getters = [
        LuaFunction("name") { Lua.run($0, name) },
        LuaFunction("daemon") { Lua.run($0, daemon) },
        LuaFunction("pid") { Lua.run($0, pid) },
        LuaFunction("ident") { Lua.run($0, pid) },
        LuaFunction("exitcode") { Lua.run($0, exitCode) },
        LuaFunction("sentinel") { Lua.run($0, sentinel) },
        LuaFunction("authkey") { Lua.run($0, authKey) },
    ]

    static let setters = [
        LuaFunction("name") { Lua.run($0, setName) },
        LuaFunction("daemon") { Lua.run($0, setDaemon) },
        LuaFunction("authkey") { Lua.run($0, setAuthKey) },
    ]

    private static func name(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try ProcessObject.userdata.check(lua, at: 1)
        ProcessObject.field("_name", of: 1, in: lua)
        return 1
    }

    private static func setName(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        guard lua.type(at: 3) == .string else { throw .message("name must be a string") }
        lua.pushValue(at: 3)
        if state.isSelf { CurrentProcess.ownName = lua.string(at: 3) }
        ProcessObject.setField("_name", of: 1, in: lua)
        return 0
    }

    private static func daemon(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try ProcessObject.check(lua).pointee.isDaemon)
        return 1
    }

    private static func setDaemon(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        guard state.pointee.phase == .initial, !state.isSelf else {
            throw .message("process has already started")
        }
        guard let value = lua.boolean(at: 3) else {
            throw .message("daemon must be a boolean, got \(lua.typeName(at: 3))")
        }
        state.pointee.isDaemon = value
        return 0
    }

    private static func pid(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        if state.isSelf {
            lua.push(getpid())
        } else if let child = state.pointee.child {
            lua.push(child.pid)
        } else {
            lua.pushNil()
        }
        return 1
    }

    private static func exitCode(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        if let code = Children.exitCode(lua, of: 1, state) { lua.push(code) } else { lua.pushNil() }
        return 1
    }

    private static func sentinel(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        guard let child = state.pointee.child else { throw .message("process not started") }
        if state.pointee.sentinel < 0 {
            state.pointee.sentinel = try openSentinel(lua, state.pointee, child)
        }
        lua.push(state.pointee.sentinel)
        return 1
    }

    private static func openSentinel(
        _ lua: Lua, _ state: ProcessState, _ child: ChildProcess
    ) throws(LuaFault) -> Int32 {
        var sentinel: Int32 = -1
        if state.phase != .ended {
            do throws(SystemError) {
                sentinel = try child.openSentinel()
            } catch  where error.code != ESRCH {
                throw ErrorObject.make(lua, error)
            } catch {}
            // Only its parent can be sure that the pid is still that of the process: until it reaps it.
            if state.creator == getpid() || child.record.isAlive, sentinel >= 0 { return sentinel }
        }
        // The process is gone, and with it its pid: something that is readable for ever stands in.
        if sentinel >= 0 { Glibc.close(sentinel) }
        return open("/dev/null", O_RDONLY | O_CLOEXEC)
    }

    private static func authKey(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try ProcessObject.check(lua)
        ProcessObject.field("_authkey", of: 1, in: lua)
        return 1
    }

    private static func setAuthKey(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try ProcessObject.check(lua)
        guard lua.type(at: 3) == .string else {
            throw .message("authkey: string expected, got \(lua.typeName(at: 3))")
        }
        lua.pushValue(at: 3)
        ProcessObject.setField("_authkey", of: 1, in: lua)
        return 0
    }
}
