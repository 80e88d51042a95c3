import InterProcess
import LuaBridge

/// What `lock:hold()` gives: releases once, when told to or when its variable goes out of scope.
enum LockGuard {
    private struct State: BitwiseCopyable {
        var holds = true
    }

    private static let lockValue: Int32 = 1

    private static let userdata = LuaClass<State>(
        "Guard",
        methods: [LuaFunction("release") { Lua.run($0, release) }],
        metamethods: [
            LuaFunction("__close") { Lua.run($0, release) },
            LuaFunction("__tostring") { Lua.run($0, toString) },
        ],
        userValues: 1)

    /// Pushes a guard for the lock at `index`, which this process has just acquired.
    static func push(_ lua: Lua, lockAt index: Int32) {
        let index = lua.absolute(index)
        userdata.push(State(), to: lua)
        lua.pushValue(at: index)
        lua.setUserValue(lockValue, at: -2)
    }

    private static func release(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try userdata.check(lua, at: 1)
        guard state.pointee.holds else { return 0 }
        state.pointee.holds = false
        // As the lock's own method does, with the lock as its first argument.
        lua.top = 1
        lua.getUserValue(lockValue, at: 1)
        lua.replace(at: 1)
        let storage = try LockClass.check(lua, .release)
        try LockClass.release(lua, storage)
        return 0
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try userdata.check(lua, at: 1).pointee.holds ? "<Guard holding>" : "<Guard released>")
        return 1
    }
}
