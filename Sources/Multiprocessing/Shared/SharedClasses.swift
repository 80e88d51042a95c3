import InterProcess
import LuaBridge

/// The classes of shared objects: which Lua class an object of the family has.
enum SharedClasses {
    /// All whose payload is a `SharedReference`.
    static let references =
        QueueClass.classes + LockClass.classes + SemaphoreClass.classes + ArrayClass.classes
        + DictionaryClass.classes + [
            ConditionClass.condition, EventClass.event, BarrierClass.barrier, ListClass.list,
        ]

    /// All whose payload begins with a `SharedObject`, a bit each by their number.
    private static let numbers = (references.map(\.number) + [SharedMemoryClass.number])
        .reduce(UInt64(0)) { $0 | 1 << UInt64($1) }

    /// The object that the userdata at `index` refers to, nil if it is none.
    static func object(_ lua: Lua, at index: Int32) -> SharedObject? {
        guard let number = lua.classNumber(at: index), numbers & 1 << UInt64(number) != 0 else { return nil }
        let payload = cluabridge_object(lua.pointer, index, number).unsafelyUnwrapped
        return payload.assumingMemoryBound(to: SharedObject.self).pointee
    }

    /// Pushes a Lua object for a shared object to which this process has just got a reference.
    static func push(_ object: SharedObject, to lua: Lua) throws(LuaFault) {
        switch object.kind {
        case .queue: QueueClass.luaClass(of: QueueStorage(object)).push(object, to: lua)
        case .lock: LockClass.luaClass(of: LockStorage(object)).push(object, to: lua)
        case .semaphore: SemaphoreClass.luaClass(of: SemaphoreStorage(object)).push(object, to: lua)
        case .condition: ConditionClass.condition.push(object, to: lua)
        case .event: EventClass.event.push(object, to: lua)
        case .barrier: BarrierClass.barrier.push(object, to: lua)
        case .array: ArrayClass.luaClass(of: ArrayStorage(object)).push(object, to: lua)
        case .list: ListClass.list.push(object, to: lua)
        case .dictionary: DictionaryClass.luaClass(of: DictionaryStorage(object)).push(object, to: lua)
        case .segment: try SharedMemoryClass.push(SegmentStorage(object), to: lua)
        case .process, .pipe, .pipeEnd, .free:
            HandleTable.release(object)
            throw ErrorObject.make(lua, .valueError, "handle of an object that scripts have no class for")
        }
    }

    /// `Queue 'jobs' (script.lua:3)`: how messages speak of an object.
    static func describe(_ className: StaticString, _ object: SharedObject) -> String {
        let label = object.label
        return label.isEmpty ? className.description : "\(className) \(label)"
    }

    /// The same for an object of any class that has a lock.
    static func describe(_ object: SharedObject) -> String {
        object.kind == .array
            ? describe(ArrayClass.luaClass(of: ArrayStorage(object)).name, object)
            : describe("Condition", object)
    }

    /// `Queue 'jobs' (script.lua:3)` for an object of any kind, of which this process may have no share: by the time it is
    /// read it may be another one.
    static func title(_ object: SharedObject) -> String {
        switch object.kind {
        case .queue: describe(QueueClass.luaClass(of: QueueStorage(object)).name, object)
        case .lock: describe(LockClass.luaClass(of: LockStorage(object)).name, object)
        case .semaphore: describe(SemaphoreClass.luaClass(of: SemaphoreStorage(object)).name, object)
        case .condition: describe("Condition", object)
        case .event: describe("Event", object)
        case .barrier: describe("Barrier", object)
        case .process: ProcessRecord(object).name
        case .array, .list, .dictionary, .segment: describe("shared data", object)
        case .pipe, .pipeEnd: describe("Connection", object)
        case .free: "an object that is gone"
        }
    }

    /// ` in Queue 'jobs' (script.lua:3)` for an object with a name; else nothing.
    static func place(_ className: StaticString, _ object: SharedObject) -> String {
        object.name == nil ? "" : " in \(describe(className, object))"
    }

    /// ` 'jobs' (script.lua:3)`: the end of what `tostring` gives.
    static func suffix(_ object: SharedObject) -> String {
        let label = object.label
        return label.isEmpty ? "" : " " + label
    }

    /// `__eq`: two Lua objects for one shared object.
    static let equality = LuaFunction("__eq") {
        Lua.run($0) { lua in
            let left = object(lua, at: 1)
            lua.push(left != nil && left == object(lua, at: 2))
            return 1
        }
    }
}

/// How messages carry shared objects: by handle.
extension SharedClasses: SharedObjectCoding {
    static func handle(_ lua: Lua, at index: Int32) -> Handle? { object(lua, at: index)?.handle }

    static func push(_ lua: Lua, _ handle: Handle) throws(LuaFault) -> Bool {
        let adopted = try MemoryRelief.retrying(lua) { () throws(SharedMemoryExhausted) in
            try HandleTable.adopt(handle)
        }
        guard let object = adopted else { return false }
        try push(object, to: lua)
        return true
    }
}
