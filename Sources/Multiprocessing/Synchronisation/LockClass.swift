import InterProcess
import LuaBridge

/// `mp.Lock` and `mp.RLock`.
enum LockClass {
    static let lock = make("Lock")
    static let recursive = make("RLock")
    static let classes = [lock, recursive]

    private static func make(_ name: StaticString) -> LuaClass<SharedReference> {
        LuaClass(
            name,
            methods: [
                LuaFunction("acquire", quick: { LockClass.acquireQuickly(Lua($0.unsafelyUnwrapped)) }) {
                    Lua.run($0) { lua throws(LuaFault) in
                        try LockClass.acquire(lua, LockClass.check(lua, .acquire))
                    }
                },
                LuaFunction("release", quick: { LockClass.releaseQuickly(Lua($0.unsafelyUnwrapped)) }) {
                    Lua.run($0) { lua throws(LuaFault) in try LockClass.release(lua) }
                },
                LuaFunction("locked") { Lua.run($0, LockClass.locked) },
                LuaFunction("recover") { Lua.run($0, LockClass.recover) },
                LuaFunction("hold") { Lua.run($0, LockClass.hold) },
            ],
            metamethods: [
                LuaFunction("__tostring") { Lua.run($0, LockClass.toString) }, SharedClasses.equality,
            ],
            scripts: [Guard.with { Lua.run($0, LockClass.hold) }],
            advice: [
                "lock": "it is lock:acquire(), or local guard <close> = lock:hold()",
                "unlock": "it is lock:release()",
                "enter": "it is lock:acquire()", "exit": "it is lock:release()",
            ],
            finalizer: SharedReference.finalizer)
    }

    static func luaClass(of storage: LockStorage) -> LuaClass<SharedReference> {
        storage.isRecursive ? recursive : lock
    }

    static let constructors = [
        LuaFunction("Lock") { Lua.run($0) { lua throws(LuaFault) in try construct(lua, "Lock", false) } },
        LuaFunction("RLock") { Lua.run($0) { lua throws(LuaFault) in try construct(lua, "RLock", true) } },
    ]

    private static func construct(_ lua: Lua, _ function: StaticString, _ isRecursive: Bool) throws(LuaFault)
        -> Int32
    {
        let parameters = try Parameters(
            lua, of: function, from: Constructor.firstArgument(lua), [],
            optionsOnly: ["name", "on_owner_death"])
        let onOwnerDeath: LockStorage.OwnerDeath
        switch try parameters.string("on_owner_death") {
        case nil: onOwnerDeath = .report
        case "release": onOwnerDeath = .release
        case "hang": onOwnerDeath = .hang
        case let other?:
            throw .message("\(function): on_owner_death must be \"release\" or \"hang\", got \"\(other)\"")
        }
        let storage = try Constructor.make(parameters) { name, place throws(SharedMemoryExhausted) in
            try LockStorage.create(
                isRecursive: isRecursive, onOwnerDeath: onOwnerDeath, name: name, place: place)
        }
        luaClass(of: storage).push(storage.object, to: lua)
        return 1
    }

    /// The lock that the option `lock` of `parameters` names; nil if it is absent.
    static func option(_ parameters: Parameters) throws(LuaFault) -> LockStorage? {
        let lua = parameters.lua
        let type = parameters.push("lock")
        defer { lua.pop() }
        if type == .nil { return nil }
        guard let reference = lock.object(lua, at: -1) ?? recursive.object(lua, at: -1) else {
            throw parameters.mismatch(
                "lock", expected: "Lock or RLock", actual: lua.typeName(at: -1), note: nil)
        }
        return LockStorage(reference.pointee.object)
    }

    // The numbers of the two classes: constants are initialised on demand, which each access to one checks. That is much
    // for an operation of some forty nanoseconds.
    nonisolated(unsafe) private static var lockNumber: Int32 = 0
    nonisolated(unsafe) private static var recursiveNumber: Int32 = 0

    /// Before there is a lock.
    static func prepare() {
        lockNumber = lock.number
        recursiveNumber = recursive.number
    }

    private static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> LockStorage {
        guard
            let payload = cluabridge_object(lua.pointer, 1, lockNumber)
                ?? cluabridge_object(lua.pointer, 1, recursiveNumber)
        else { return LockStorage(try lock.object(lua, for: operation)) }
        let object = payload.assumingMemoryBound(to: SharedReference.self).pointee.object
        Operation.enter(operation, object)
        return LockStorage(object)
    }

    // MARK: Methods at their quickest: the lock is free, and it is known from where it is taken

    /// The lock that the method is called on, if it is one and nobody wants the process's attention.
    @inline(__always)
    private static func subject(_ lua: Lua) -> LockStorage? {
        guard
            let payload = cluabridge_frame_object(lua.pointer, lockNumber)
                ?? cluabridge_frame_object(lua.pointer, recursiveNumber),
            !Operation.isAttended
        else { return nil }
        return LockStorage(payload.assumingMemoryBound(to: SharedReference.self).pointee.object)
    }

    // Functions of their own: in the thunk around a closure, LLVM inlines nothing.

    /// `acquire()` where the lock is free.
    @inline(never)
    private static func acquireQuickly(_ lua: Lua) -> Int32 {
        guard cluabridge_frame_arguments(lua.pointer) == 1, let storage = subject(lua) else { return -1 }
        var place: UInt64 = 0
        if DeadlockDetector.notesPlaces {
            place = Place.noted(lua)
            if place == 0 { return -1 }
        }
        guard storage.acquireQuickly(place: place) else { return -1 }
        lua.push(true)
        return 1
    }

    /// `release()` where this process has acquired it once.
    @inline(never)
    private static func releaseQuickly(_ lua: Lua) -> Int32 {
        guard let storage = subject(lua), storage.releaseQuickly() else { return -1 }
        return 0
    }

    // MARK: Methods, also of what has a lock

    /// `acquire(block=true, timeout)`
    static func acquire(_ lua: Lua, _ storage: LockStorage, of owner: SharedObject? = nil) throws(LuaFault)
        -> Int32
    {
        let blocking = lua.top == 1 ? .forEver : try Blocking(lua, of: "acquire", from: 2)
        switch storage.acquire(until: blocking.deadline, place: place(lua)) {
        case .acquired: lua.push(true)
        case .timedOut: lua.push(false)
        case .inherited:
            lua.push(true)
            lua.push("owner_died")
            return 2
        case .interrupted: throw lua.interrupted()
        case .ownerDied: throw ownerDied(lua, storage, of: owner)
        }
        return 1
    }

    /// Where the script takes a lock, if somebody may ask.
    private static func place(_ lua: Lua) -> UInt64 {
        DeadlockDetector.notesPlaces ? Place.current(lua) : 0
    }

    private static func release(_ lua: Lua) throws(LuaFault) -> Int32 {
        try release(lua, try check(lua, .release))
        return 0
    }

    static func release(_ lua: Lua, _ storage: LockStorage) throws(LuaFault) {
        do throws(LockStorage.ReleaseFailure) {
            try storage.release()
        } catch {
            switch error {
            case .notAcquired: throw releasedTooOften(lua)
            case .notOwner: throw .message("attempt to release recursive lock not owned by process")
            }
        }
    }

    /// `hold([timeout])`: a guard that releases when it is closed. The object, a lock or what has one, is at 1.
    static func hold(_ lua: Lua, _ storage: LockStorage, of owner: SharedObject? = nil) throws(LuaFault)
        -> Int32
    {
        let blocking = try Blocking.timeout(lua, of: "hold", from: 2)
        switch storage.acquire(until: blocking.deadline, place: place(lua)) {
        case .acquired, .inherited: break
        case .timedOut:
            throw ErrorObject.make(
                lua, .timeoutError, "\(describe(storage, of: owner)) was not free\(blocking.description)")
        case .interrupted: throw lua.interrupted()
        case .ownerDied: throw ownerDied(lua, storage, of: owner)
        }
        Guard.push(lua, objectAt: 1)
        return 1
    }

    // MARK: Methods of locks

    private static func hold(_ lua: Lua) throws(LuaFault) -> Int32 { try hold(lua, try check(lua, .acquire)) }

    private static func locked(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua, .inspect).isLocked)
        return 1
    }

    /// `recover()`: makes a lock free whose owner died.
    private static func recover(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua, .recover).recover())
        return 1
    }

    // MARK: Texts

    /// The lock, or what it is the lock of.
    private static func describe(_ storage: LockStorage, of owner: SharedObject?) -> String {
        if let owner { return "the lock of \(SharedClasses.describe(owner))" }
        return SharedClasses.describe(storage.isRecursive ? "recursive lock" : "lock", storage.object)
    }

    static func releasedTooOften(_ lua: Lua) -> LuaFault {
        ErrorObject.make(lua, .valueError, "semaphore or lock released too many times")
    }

    static func ownerDied(_ lua: Lua, _ storage: LockStorage, of owner: SharedObject? = nil) -> LuaFault {
        let culprit = storage.culprit
        let how: String
        if let code = culprit.exitCode, code < 0 {
            how = "was killed by \(SignalName.of(-code))"
        } else {
            how = "ended without releasing it"
        }
        let who = culprit.pid == 0 ? "a process" : "\(culprit.name) (pid \(culprit.pid))"
        let message = "\(describe(storage, of: owner)) was held by \(who), which \(how)"
        return ErrorObject.make(lua, .ownerDiedError, message) { fields in
            fields.set("process", culprit.name)
            if let code = culprit.exitCode { fields.set("exitcode", Int(code)) }
        }
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .inspect)
        let holder = storage.holder.map { "\($0.name)" } ?? "None"
        let state = storage.isRecursive ? "RLock(\(holder), \(storage.count))" : "Lock(owner=\(holder))"
        lua.push("<\(state)\(SharedClasses.suffix(storage.object))>")
        return 1
    }
}
