import InterProcess
import LuaBridge

/// `mp.Value`, `mp.Array` and their raw forms: what they have in common.
///
/// A synchronized one takes its lock for each access, as in Python: what a process does to it while it holds the lock
/// is one step for everybody else.
enum ArrayClass {
    static let value = ValueClass.make("Value", isRaw: false)
    static let rawValue = ValueClass.make("RawValue", isRaw: true)
    static let array = SequenceClass.make("Array", isRaw: false)
    static let rawArray = SequenceClass.make("RawArray", isRaw: true)
    static let classes = [value, rawValue, array, rawArray]

    /// User value of a synchronized object: the Lua object of its lock, once asked for.
    private static let lockValue: Int32 = 1

    static func luaClass(of storage: ArrayStorage, isRaw: Bool = false) -> LuaClass<SharedReference> {
        switch (storage.isScalar, isRaw || storage.lock == nil) {
        case (true, false): value
        case (true, true): rawValue
        case (false, false): array
        case (false, true): rawArray
        }
    }

    /// What synchronized objects have besides.
    static let lockMethods = [
        LuaFunction("get_lock") { Lua.run($0, getLock) },
        LuaFunction("get_obj") { Lua.run($0, getObject) },
        LuaFunction("acquire") {
            Lua.run($0) { lua throws(LuaFault) in
                try LockClass.acquire(lua, try lock(lua, .acquire), of: SharedClasses.object(lua, at: 1))
            }
        },
        LuaFunction("recover") {
            Lua.run($0) { lua throws(LuaFault) in
                lua.push(try lock(lua, .recover).recover())
                return 1
            }
        },
        LuaFunction("release") {
            Lua.run($0) { lua throws(LuaFault) in
                try LockClass.release(lua, try lock(lua, .release))
                return 0
            }
        },
        LuaFunction("hold") { Lua.run($0, hold) },
    ]
    static let lockScripts = [Guard.with { Lua.run($0, hold) }]

    // MARK: Construction

    static let constructors = [
        LuaFunction("Value") {
            Lua.run($0) { lua throws(LuaFault) in try ValueClass.construct(lua, "Value", isRaw: false) }
        },
        LuaFunction("Array") {
            Lua.run($0) { lua throws(LuaFault) in try SequenceClass.construct(lua, "Array", isRaw: false) }
        },
    ]
    static let rawConstructors = [
        LuaFunction("RawValue") {
            Lua.run($0) { lua throws(LuaFault) in try ValueClass.construct(lua, "RawValue", isRaw: true) }
        },
        LuaFunction("RawArray") {
            Lua.run($0) { lua throws(LuaFault) in try SequenceClass.construct(lua, "RawArray", isRaw: true) }
        },
    ]

    /// Type, content and options of a constructor: `Value(type, content, {lock = false})`. Content may be anything, also a
    /// table; it is at the position returned.
    static func parameters(
        _ lua: Lua, _ function: StaticString, isRaw: Bool
    ) throws(LuaFault) -> (type: ElementType, content: Int32, options: Parameters) {
        let first = Constructor.firstArgument(lua)
        let content = first + 1
        if lua.top < content { lua.top = content }
        let type = try ElementType(lua, codeAt: first)
        // The content is no option: what comes after it may be a table of them.
        let options = try Parameters(
            lua, of: function, from: content + 1, isRaw ? [] : ["lock"], optionsOnly: ["name"])
        return (type, content, options)
    }

    /// Makes the object and pushes it.
    ///
    /// - Parameters:
    ///   - count: how many elements, nil for a value.
    ///   - fill: writes the elements, before anybody else has the object.
    static func push(
        _ type: ElementType, count: Int?, _ options: Parameters, isRaw: Bool,
        fill: (ArrayStorage) throws(LuaFault) -> Void
    ) throws(LuaFault) {
        let lua = options.lua
        let given = try lockOption(options, isRaw: isRaw)
        let storage = try Constructor.make(options) { name, place throws(SharedMemoryExhausted) in
            switch given {
            case .none:
                return try ArrayStorage.create(type, count: count, lock: nil, name: name, place: place)
            case .given(let lock):
                return try ArrayStorage.create(type, count: count, lock: lock, name: name, place: place)
            case .own:
                let lock = try LockStorage.create(isRecursive: true, name: name, place: place)
                // From here on the array keeps it.
                defer { HandleTable.release(lock.object) }
                return try ArrayStorage.create(type, count: count, lock: lock, name: name, place: place)
            }
        }
        luaClass(of: storage).push(storage.object, bytes: (count ?? 0) * type.size, to: lua)
        try fill(storage)
    }

    private enum LockChoice {
        case none
        case own
        case given(LockStorage)
    }

    private static func lockOption(_ options: Parameters, isRaw: Bool) throws(LuaFault) -> LockChoice {
        if isRaw { return .none }
        let found = options.push("lock")
        let isOn = options.lua.boolean(at: -1)
        options.lua.pop()
        if found == .nil { return .own }
        if let isOn { return isOn ? .own : .none }
        return try LockClass.option(options).map { .given($0) } ?? .own
    }

    // MARK: Access

    /// The object at 1 of one of two classes, for an operation.
    @inline(__always)
    static func check(
        _ lua: Lua, _ first: LuaClass<SharedReference>, _ second: LuaClass<SharedReference>,
        _ operation: Operation.Kind
    ) throws(LuaFault) -> (storage: ArrayStorage, isRaw: Bool) {
        if let reference = first.object(lua, at: 1) {
            Operation.enter(operation, reference.pointee.object)
            return (ArrayStorage(reference.pointee.object), false)
        }
        if let reference = second.object(lua, at: 1) {
            Operation.enter(operation, reference.pointee.object)
            return (ArrayStorage(reference.pointee.object), true)
        }
        return (ArrayStorage(try first.object(lua, for: operation)), false)
    }

    /// Runs `body` as one step: with the lock of a synchronized object, and with none of a raw one.
    @inline(__always)
    static func access<Result>(
        _ lua: Lua, _ object: (storage: ArrayStorage, isRaw: Bool), _ body: (ArrayStorage) -> Result
    ) throws(LuaFault) -> Result {
        let storage = object.storage
        guard !object.isRaw, let lock = storage.lock else { return body(storage) }
        let (outcome, result) = lock.withBriefHold { body(storage) }
        if let result { return result }
        if case .ownerDied = outcome { throw LockClass.ownerDied(lua, lock, of: storage.object) }
        throw lua.interrupted()
    }

    private static func synchronized(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> ArrayStorage
    {
        try check(lua, value, array, operation).storage
    }

    private static func lock(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> LockStorage {
        guard let lock = try synchronized(lua, operation).lock else { throw .message("it has no lock") }
        return lock
    }

    // MARK: Methods

    /// `get_lock()`: the same Lua object each time.
    private static func getLock(_ lua: Lua) throws(LuaFault) -> Int32 {
        let lock = try lock(lua, .inspect)
        if lua.getUserValue(lockValue, at: 1) == .userdata { return 1 }
        lua.pop()
        guard try SharedClasses.push(lua, lock.object.handle) else { return 0 }
        lua.pushValue(at: -1)
        lua.setUserValue(lockValue, at: 1)
        return 1
    }

    /// `get_obj()`: the same memory without the lock.
    private static func getObject(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try synchronized(lua, .inspect)
        HandleTable.retain(storage.object)
        luaClass(of: storage, isRaw: true).push(storage.object, to: lua)
        return 1
    }

    private static func hold(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try lock(lua, .acquire)
        let owner = SharedClasses.object(lua, at: 1)
        _ = try getLock(lua)
        lua.replace(at: 1)
        return try LockClass.hold(lua, storage, of: owner)
    }
}
