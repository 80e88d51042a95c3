import InterProcess
import LuaBridge

/// `mp.Lock` and `mp.RLock`.
enum LockClass {
    static let lock = make("Lock")
    static let recursive = make("RLock")
    static let classes = [lock, recursive]

    private static let withKey = Registry.Key.lockWith

    private static func make(_ name: StaticString) -> LuaClass<SharedReference> {
        LuaClass(
            name,
            methods: [
                LuaFunction("acquire") { Lua.run($0, LockClass.acquire) },
                LuaFunction("release") { Lua.run($0, LockClass.release) },
                LuaFunction("locked") { Lua.run($0, LockClass.locked) },
                LuaFunction("recover") { Lua.run($0, LockClass.recover) },
                LuaFunction("hold") { Lua.run($0, LockClass.hold) },
            ],
            metamethods: [LuaFunction("__tostring") { Lua.run($0, LockClass.toString) }],
            index: { Lua.run($0, LockClass.index) },
            finalizer: SharedReference.finalizer)
    }

    static func luaClass(of storage: LockStorage) -> LuaClass<SharedReference> {
        storage.isRecursive ? recursive : lock
    }

    static func install(in lua: Lua, moduleAt module: Int32) throws(LuaFault) {
        lua.setFunctions(
            [
                LuaFunction("Lock") {
                    Lua.run($0) { lua throws(LuaFault) in try LockClass.construct(lua, "Lock", false) }
                },
                LuaFunction("RLock") {
                    Lua.run($0) { lua throws(LuaFault) in try LockClass.construct(lua, "RLock", true) }
                },
            ], at: module)
        lua.push { Lua.run($0, LockClass.hold) }
        try Prelude.push(Prelude.with, arguments: 1, to: lua)
        Registry.set(withKey, in: lua)
    }

    private static func construct(_ lua: Lua, _ function: StaticString, _ isRecursive: Bool) throws(LuaFault)
        -> Int32
    {
        let parameters = try Parameters(
            lua, of: function, from: 1, [], optionsOnly: ["name", "on_owner_death"])
        let onOwnerDeath: LockStorage.OwnerDeath
        switch try parameters.string("on_owner_death") {
        case nil: onOwnerDeath = .report
        case "release": onOwnerDeath = .release
        case "hang": onOwnerDeath = .hang
        case let other?:
            throw .message("\(function): on_owner_death must be \"release\" or \"hang\", got \"\(other)\"")
        }
        let name = try parameters.string("name")
        let storage = try MemoryRelief.retrying(lua) { () throws(SharedMemoryExhausted) in
            try LockStorage.create(
                isRecursive: isRecursive, onOwnerDeath: onOwnerDeath, name: name, place: Place.current(lua))
        }
        luaClass(of: storage).push(SharedReference(storage.object), to: lua)
        lua.chargeCollector(bytes: SharedReference.charge)
        return 1
    }

    @inline(__always)
    static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> LockStorage {
        let reference: UnsafeMutablePointer<SharedReference>
        if let found = lock.object(lua, at: 1) ?? recursive.object(lua, at: 1) {
            reference = found
        } else {
            reference = try lock.check(lua, at: 1)
        }
        let object = reference.pointee.object
        Operation.enter(operation, object)
        return LockStorage(object)
    }

    /// `with` is written in Lua.
    private static func index(_ lua: Lua) throws(LuaFault) -> Int32 {
        guard lua.isString("with", at: 2) else { return 0 }
        Registry.push(withKey, to: lua)
        return 1
    }

    // MARK: Methods

    /// `acquire(block=true, timeout)`
    private static func acquire(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .acquire)
        let blocking = lua.top == 1 ? .forEver : try Blocking(lua, of: "acquire", from: 2)
        switch storage.acquire(until: blocking.deadline) {
        case .acquired: lua.push(true)
        case .timedOut: lua.push(false)
        case .inherited:
            lua.push(true)
            lua.push("owner_died")
            return 2
        case .interrupted: throw lua.interrupted()
        case .ownerDied: throw ownerDied(lua, storage)
        }
        return 1
    }

    private static func release(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .release)
        try release(lua, storage)
        return 0
    }

    static func release(_ lua: Lua, _ storage: LockStorage) throws(LuaFault) {
        do throws(LockStorage.ReleaseFailure) {
            try storage.release()
        } catch {
            switch error {
            case .notAcquired:
                throw ErrorObject.make(lua, .valueError, "semaphore or lock released too many times")
            case .notOwner: throw .message("attempt to release recursive lock not owned by process")
            }
        }
    }

    private static func locked(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua, .inspect).isLocked)
        return 1
    }

    /// `recover()`: makes a lock free whose owner died.
    private static func recover(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua, .recover).recover())
        return 1
    }

    /// `hold([timeout])`: a guard that releases when it is closed.
    private static func hold(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .acquire)
        let blocking =
            lua.top == 1
            ? .forEver : Blocking(try Parameters(lua, of: "hold", from: 2, ["timeout"]).timeout())
        switch storage.acquire(until: blocking.deadline) {
        case .acquired, .inherited: break
        case .timedOut:
            throw ErrorObject.make(
                lua, .timeoutError, "\(describe(storage)) was not free\(blocking.description)")
        case .interrupted: throw lua.interrupted()
        case .ownerDied: throw ownerDied(lua, storage)
        }
        LockGuard.push(lua, lockAt: 1)
        return 1
    }

    // MARK: Texts

    static func describe(_ storage: LockStorage) -> String {
        let name = storage.isRecursive ? "recursive lock" : "lock"
        let label = storage.object.label
        return label.isEmpty ? name : "\(name) \(label)"
    }

    private static func ownerDied(_ lua: Lua, _ storage: LockStorage) -> LuaFault {
        let culprit = storage.culprit
        let how: String
        if let code = culprit.exitCode, code < 0 {
            how = "was killed by \(SignalName.of(-code))"
        } else {
            how = "ended without releasing it"
        }
        let who = culprit.pid == 0 ? "a process" : "\(culprit.name) (pid \(culprit.pid))"
        let message = "\(describe(storage)) was held by \(who), which \(how)"
        return ErrorObject.make(lua, .ownerDiedError, message) { fields in
            fields.set("process", culprit.name)
            if let code = culprit.exitCode { fields.set("exitcode", Int(code)) }
        }
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .inspect)
        let holder = storage.holder.map { "\($0.name)" } ?? "None"
        let state = storage.isRecursive ? "RLock(\(holder), \(storage.count))" : "Lock(owner=\(holder))"
        let label = storage.object.label
        lua.push("<\(state)\(label.isEmpty ? "" : " " + label)>")
        return 1
    }
}
