import InterProcess
import LuaBridge

/// A function that makes objects, of the module and of managers: `mp.Queue(5)`, `m:Queue(5)`.
enum Constructor {
    /// The position of its first argument: a manager before it does not count.
    static func firstArgument(_ lua: Lua) -> Int32 { ManagerClass.manager.object(lua, at: 1) == nil ? 1 : 2 }

    /// Makes a shared object with the option `name` of `parameters` and the script line that runs.
    static func make<Storage>(
        _ parameters: Parameters, _ create: (String?, UInt64) throws(SharedMemoryExhausted) -> Storage
    ) throws(LuaFault) -> Storage {
        let lua = parameters.lua
        let name = try parameters.string("name")
        return try MemoryRelief.retrying(lua) { () throws(SharedMemoryExhausted) in
            try create(name, Place.current(lua))
        }
    }

    /// Makes the classes of shared objects known to a state.
    static func installClasses(in lua: Lua) {
        for luaClass in SharedClasses.references { luaClass.install(in: lua) }
        ManagerClass.manager.install(in: lua)
        SharedMemoryClass.install(in: lua)
        LockClass.prepare()
    }

    /// All that managers offer as well.
    static let all =
        QueueClass.constructors + LockClass.constructors + SemaphoreClass.constructors
        + [ConditionClass.constructor, EventClass.constructor, BarrierClass.constructor]
        + ArrayClass.constructors
}
