import Glibc
import InterProcess
import LuaBridge

/// What `hold()` gives: lets go once, when told to or when its variable goes out of scope.
enum Guard {
    private struct State: BitwiseCopyable {
        /// The process that holds.
        let owner = getpid()
        /// Of a semaphore.
        let permit: SemaphoreStorage.Permit?
        var holds = true
    }

    private static let objectValue: Int32 = 1

    private static let userdata = LuaClass<State>(
        "Guard",
        methods: [LuaFunction("release") { Lua.run($0, release) }],
        metamethods: [
            LuaFunction("__close") { Lua.run($0, close) },
            LuaFunction("__tostring") { Lua.run($0, toString) },
        ],
        advice: ["close": "it is guard:release()", "unlock": "it is guard:release()"],
        userValues: 1)

    /// `with(f, ...)`: runs f while what `hold`, a body, gives is open, and returns what f returns.
    static func with(_ hold: @escaping LuaBody) -> LuaScript {
        LuaScript(
            "with",
            """
            local hold, check = ...
            return function(object, f, ...)
                check(object, f)
                local guard <close> = hold(object)
                return f(...)
            end
            """, using: [hold, { Lua.run($0, Guard.checkFunction) }])
    }

    /// `(object, f)`
    private static func checkFunction(_ lua: Lua) throws(LuaFault) -> Int32 {
        // What is wrong with the object, `hold` says.
        if SharedClasses.object(lua, at: 1) != nil { try checkCallable(lua) }
        return 0
    }

    private static func checkCallable(_ lua: Lua) throws(LuaFault) {
        if lua.type(at: 2) == .function || lua.hasMetafield("__call", at: 2) { return }
        let note = lua.isNoneOrNil(at: 2) ? nil : "write lock:with(f), not lock:with(f())"
        throw .typeMismatch(lua, at: 2, expected: "function", note: note)
    }

    /// Pushes a guard for the object at `index`, which this process has just acquired.
    static func push(_ lua: Lua, objectAt index: Int32, permit: SemaphoreStorage.Permit? = nil) {
        let index = lua.absolute(index)
        userdata.push(State(permit: permit), to: lua)
        lua.pushValue(at: index)
        lua.setUserValue(objectValue, at: -2)
    }

    private static func release(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try userdata.check(lua, at: 1)
        guard state.pointee.owner == getpid() else { throw .message("the guard belongs to another process") }
        guard state.pointee.holds else { return 0 }
        state.pointee.holds = false
        lua.getUserValue(objectValue, at: 1)
        guard let object = SharedClasses.object(lua, at: -1) else { return 0 }
        Operation.enter(.release, object)
        if let permit = state.pointee.permit, object.kind == .semaphore {
            guard SemaphoreStorage(object).release(permit) else { throw LockClass.releasedTooOften(lua) }
            return 0
        }
        let lock: LockStorage
        switch object.kind {
        case .lock: lock = LockStorage(object)
        case .condition: lock = ConditionStorage(object).lock
        default: return 0
        }
        // Another process may have released a Lock for us; then it is not ours to release.
        if lock.isMine { try LockClass.release(lua, lock) }
        return 0
    }

    private static func close(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try userdata.check(lua, at: 1)
        return state.pointee.owner == getpid() ? try release(lua) : 0
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try userdata.check(lua, at: 1).pointee.holds ? "<Guard holding>" : "<Guard released>")
        return 1
    }
}
