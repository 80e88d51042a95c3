import InterProcess
import LuaBridge

/// `mp.Semaphore` and `mp.BoundedSemaphore`.
enum SemaphoreClass {
    static let plain = make("Semaphore")
    static let bounded = make("BoundedSemaphore")
    static let classes = [plain, bounded]

    private static func make(_ name: StaticString) -> LuaClass<SharedReference> {
        LuaClass(
            name,
            methods: [
                LuaFunction("acquire") { Lua.run($0, SemaphoreClass.acquire) },
                LuaFunction("release") { Lua.run($0, SemaphoreClass.release) },
                LuaFunction("get_value") { Lua.run($0, SemaphoreClass.getValue) },
                LuaFunction("hold") { Lua.run($0, SemaphoreClass.hold) },
            ],
            metamethods: [
                LuaFunction("__tostring") { Lua.run($0, SemaphoreClass.toString) }, SharedClasses.equality,
            ],
            scripts: [Guard.with { Lua.run($0, SemaphoreClass.hold) }],
            advice: [
                "value": "it is semaphore:get_value()", "wait": "it is semaphore:acquire()",
                "signal": "it is semaphore:release()", "post": "it is semaphore:release()",
            ],
            finalizer: SharedReference.finalizer)
    }

    static func luaClass(of storage: SemaphoreStorage) -> LuaClass<SharedReference> {
        storage.isBounded ? bounded : plain
    }

    static let constructors = [
        LuaFunction("Semaphore") {
            Lua.run($0) { lua throws(LuaFault) in try construct(lua, "Semaphore", false) }
        },
        LuaFunction("BoundedSemaphore") {
            Lua.run($0) { lua throws(LuaFault) in try construct(lua, "BoundedSemaphore", true) }
        },
    ]

    /// `Semaphore([value])`
    private static func construct(_ lua: Lua, _ function: StaticString, _ isBounded: Bool) throws(LuaFault)
        -> Int32
    {
        let parameters = try Parameters(
            lua, of: function, from: Constructor.firstArgument(lua), ["value"], optionsOnly: ["name"])
        let value = Int(try parameters.integer("value") ?? 1)
        guard value >= 0 else {
            throw ErrorObject.make(lua, .valueError, "semaphore initial value must be >= 0, got \(value)")
        }
        guard value <= SemaphoreStorage.largestValue else {
            throw ErrorObject.make(
                lua, .valueError,
                "semaphore initial value must be at most \(SemaphoreStorage.largestValue), got \(value)")
        }
        let storage = try Constructor.make(parameters) { name, place throws(SharedMemoryExhausted) in
            try SemaphoreStorage.create(value: value, isBounded: isBounded, name: name, place: place)
        }
        luaClass(of: storage).push(storage.object, to: lua)
        return 1
    }

    @inline(__always)
    private static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> SemaphoreStorage {
        let luaClass = bounded.object(lua, at: 1) == nil ? plain : bounded
        return SemaphoreStorage(try luaClass.object(lua, for: operation))
    }

    /// `acquire(block=true, timeout)`
    private static func acquire(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .acquire)
        let blocking = lua.top == 1 ? .forEver : try Blocking(lua, of: "acquire", from: 2)
        switch storage.acquire(until: blocking.deadline) {
        case .ready: lua.push(true)
        case .timedOut: lua.push(false)
        case .interrupted: throw lua.interrupted()
        }
        return 1
    }

    /// `release([n])`
    private static func release(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .release)
        let parameters = try Parameters(lua, of: "release", from: 2, ["n"])
        let count = try parameters.integer("n") ?? 1
        guard count >= 1 else { throw ErrorObject.make(lua, .valueError, "n must be one or more") }
        guard count <= SemaphoreStorage.largestValue, storage.release(Int(count)) else {
            throw LockClass.releasedTooOften(lua)
        }
        return 0
    }

    private static func getValue(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua, .inspect).value)
        return 1
    }

    /// `hold([timeout])`: a guard for a permit that comes back when it is closed, and when its process dies.
    private static func hold(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .acquire)
        let blocking = try Blocking.timeout(lua, of: "hold", from: 2)
        let (outcome, permit) = storage.hold(until: blocking.deadline)
        switch outcome {
        case .ready: break
        case .timedOut:
            let name = SharedClasses.describe(luaClass(of: storage).name, storage.object)
            throw ErrorObject.make(lua, .timeoutError, "\(name) had no permit left\(blocking.description)")
        case .interrupted: throw lua.interrupted()
        }
        Guard.push(lua, objectAt: 1, permit: permit)
        return 1
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .inspect)
        let most = storage.isBounded ? ", maxvalue=\(storage.largestValue)" : ""
        lua.push(
            "<\(luaClass(of: storage).name)(value=\(storage.value)\(most))\(SharedClasses.suffix(storage.object))>"
        )
        return 1
    }
}
