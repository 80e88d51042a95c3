import InterProcess
import LuaBridge

/// `mp.Condition`.
enum ConditionClass {
    static let condition: LuaClass<SharedReference> = LuaClass(
        "Condition",
        methods: [
            LuaFunction("acquire") {
                Lua.run($0) { lua throws(LuaFault) in
                    let storage = try check(lua, .acquire)
                    return try LockClass.acquire(lua, storage.lock, of: storage.object)
                }
            },
            LuaFunction("release") {
                Lua.run($0) { lua throws(LuaFault) in
                    try LockClass.release(lua, try check(lua, .release).lock)
                    return 0
                }
            },
            LuaFunction("recover") {
                Lua.run($0) { lua throws(LuaFault) in
                    lua.push(try check(lua, .recover).lock.recover())
                    return 1
                }
            },
            LuaFunction("hold") { Lua.run($0, hold) },
            LuaFunction("wait") { Lua.run($0, wait) },
            LuaFunction("notify") { Lua.run($0, notify) },
            LuaFunction("notify_all") { Lua.run($0, notifyAll) },
        ],
        metamethods: [LuaFunction("__tostring") { Lua.run($0, toString) }, SharedClasses.equality],
        scripts: [
            Guard.with { Lua.run($0, hold) },
            LuaScript(
                "wait_for",
                """
                local wait, deadline, left = ...
                return function(condition, predicate, ...)
                    local finish = deadline(condition, predicate, ...)
                    local result = predicate()
                    while not result do
                        local seconds = finish and left(finish)
                        if seconds and seconds <= 0 then break end
                        wait(condition, seconds)
                        result = predicate()
                    end
                    return result
                end
                """,
                using: [
                    { Lua.run($0, wait) }, { Lua.run($0, endOfWaitFor) }, { Lua.run($0, secondsLeft) },
                ]),
        ],
        advice: ["signal": "it is condition:notify()", "broadcast": "it is condition:notify_all()"],
        finalizer: SharedReference.finalizer)

    static let constructor = LuaFunction("Condition") { Lua.run($0, construct) }

    /// `Condition([lock])`; without a lock it makes an RLock.
    private static func construct(_ lua: Lua) throws(LuaFault) -> Int32 {
        let parameters = try Parameters(
            lua, of: "Condition", from: Constructor.firstArgument(lua), ["lock"], optionsOnly: ["name"])
        let given = try LockClass.option(parameters)
        let storage = try Constructor.make(parameters) { name, place throws(SharedMemoryExhausted) in
            if let given { return try ConditionStorage.create(given, name: name, place: place) }
            let lock = try LockStorage.create(isRecursive: true, name: name, place: place)
            // From here on the condition keeps it.
            defer { HandleTable.release(lock.object) }
            return try ConditionStorage.create(lock, name: name, place: place)
        }
        condition.push(storage.object, to: lua)
        return 1
    }

    private static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> ConditionStorage {
        ConditionStorage(try condition.object(lua, for: operation))
    }

    private static func hold(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .acquire)
        return try LockClass.hold(lua, storage.lock, of: storage.object)
    }

    /// `wait([timeout])`: whether it was notified.
    private static func wait(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .waitCondition)
        let blocking = try Blocking.timeout(lua, of: "wait", from: 2)
        guard storage.lock.isMine else { throw .message("must acquire() condition before using wait()") }
        var inherited = false
        switch storage.wait(until: blocking.deadline, inherited: &inherited) {
        case .notified: lua.push(true)
        case .timedOut: lua.push(false)
        case .interrupted: throw lua.interrupted()
        case .ownerDied: throw LockClass.ownerDied(lua, storage.lock, of: storage.object)
        }
        guard inherited else { return 1 }
        lua.push("owner_died")
        return 2
    }

    /// `notify([n])`
    private static func notify(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try checkOwned(lua)
        let count = try Parameters(lua, of: "notify", from: 2, ["n"]).integer("n") ?? 1
        storage.notify(Int(max(0, min(count, Int64(Int32.max)))))
        return 0
    }

    private static func notifyAll(_ lua: Lua) throws(LuaFault) -> Int32 {
        try checkOwned(lua).notifyAll()
        return 0
    }

    private static func checkOwned(_ lua: Lua) throws(LuaFault) -> ConditionStorage {
        let storage = try check(lua, .notify)
        guard storage.lock.isMine else { throw .message("lock is not owned") }
        return storage
    }

    /// The arguments of `wait_for`: when its time is over, nil for never.
    private static func endOfWaitFor(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try check(lua, .waitCondition)
        try lua.checkCallable(at: 2)
        switch try Parameters(lua, of: "wait_for", from: 3, ["timeout"]).timeout() {
        case nil, .forever: return 0
        case .immediate: lua.push(-Double.infinity)
        case .seconds(let seconds): lua.push(Double(Clock.now) / 1e9 + seconds)
        }
        return 1
    }

    private static func secondsLeft(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try lua.checkNumber(at: 1) - Double(Clock.now) / 1e9)
        return 1
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .inspect)
        let lock = storage.lock
        let owner = lock.holder?.name ?? "None"
        lua.push(
            "<Condition(\(lock.isRecursive ? "RLock" : "Lock") of \(owner))\(SharedClasses.suffix(storage.object))>"
        )
        return 1
    }
}
