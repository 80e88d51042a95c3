import Glibc
import InterProcess
import LuaBridge

/// The plain functions of the module.
enum ModuleFunctions {
    private static func activeChildren(_ lua: Lua) throws(LuaFault) -> Int32 {
        Children.pushActive(lua)
        return 1
    }

    private static func cpuCount(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        return 1
    }

    /// `join(list[, timeout])`: true once all have ended.
    private static func join(_ lua: Lua) throws(LuaFault) -> Int32 {
        guard lua.type(at: 1) == .table else {
            let isProcess = ProcessObject.userdata.object(lua, at: 1) != nil
            throw .typeMismatch(
                lua, at: 1, expected: "table", note: isProcess ? "a list of processes: mp.join{p}" : nil)
        }
        let deadline = try Parameters(lua, of: "join", from: 2, ["timeout"]).timeout().deadline
        for index in 1...max(1, lua.rawLength(at: 1)) {
            lua.top = 1
            if lua.rawGet(Int64(index), at: 1) == .nil { break }
            guard let state = ProcessObject.userdata.object(lua, at: -1) else {
                throw .argument(1, "list of processes expected, got \(lua.typeName(at: -1)) at [\(index)]")
            }
            guard state.pointee.phase != .closed else { throw .message("process object is closed") }
            guard state.pointee.creator == getpid() else { throw .message("can only join a child process") }
            guard state.pointee.phase != .initial else { throw .message("can only join a started process") }
            guard try Children.join(lua, state, until: deadline) else {
                lua.push(false)
                return 1
            }
        }
        lua.push(true)
        return 1
    }

    static let all =
        [
            LuaFunction("current_process") {
                Lua.run($0) { lua throws(LuaFault) in
                    try CurrentProcess.push(lua)
                    return 1
                }
            },
            LuaFunction("parent_process") {
                Lua.run($0) {
                    ParentProcess.push($0)
                    return 1
                }
            },
            LuaFunction("active_children") { Lua.run($0, activeChildren) },
            LuaFunction("cpu_count") { Lua.run($0, cpuCount) },
            LuaFunction("getpid") {
                Lua.run($0) {
                    $0.push(getpid())
                    return 1
                }
            },
            LuaFunction("getppid") {
                Lua.run($0) {
                    $0.push(getppid())
                    return 1
                }
            },
            LuaFunction("join") { Lua.run($0, join) },
            LuaFunction("freeze_support") { Lua.run($0) { _ in 0 } },
            LuaFunction("register") { Lua.run($0, register) },
        ] + StartMethods.functions

    /// `register(name, metatable)`: tables with this metatable can be sent.
    private static func register(_ lua: Lua) throws(LuaFault) -> Int32 {
        let name = try lua.checkString(at: 1)
        try lua.check(.table, at: 2)
        try ClassRegistry.register(lua, name, metatableAt: 2)
        lua.pushValue(at: 2)
        return 1
    }
}
