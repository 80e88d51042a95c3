import InterProcess
import LuaBridge

/// `mp.Event`.
enum EventClass {
    static let event: LuaClass<SharedReference> = LuaClass(
        "Event",
        methods: [
            LuaFunction("set") { Lua.run($0, set) },
            LuaFunction("clear") { Lua.run($0, clear) },
            LuaFunction("is_set") { Lua.run($0, isSet) },
            LuaFunction("wait") { Lua.run($0, wait) },
        ],
        metamethods: [LuaFunction("__tostring") { Lua.run($0, toString) }, SharedClasses.equality],
        advice: [
            "notify": "it is event:set()", "unset": "it is event:clear()", "reset": "it is event:clear()",
            "value": "it is event:is_set()",
        ],
        finalizer: SharedReference.finalizer)

    static let constructor = LuaFunction("Event") { Lua.run($0, construct) }

    private static func construct(_ lua: Lua) throws(LuaFault) -> Int32 {
        let parameters = try Parameters(
            lua, of: "Event", from: Constructor.firstArgument(lua), [], optionsOnly: ["name"])
        let storage = try Constructor.make(parameters) { name, place throws(SharedMemoryExhausted) in
            try EventStorage.create(name: name, place: place)
        }
        event.push(storage.object, to: lua)
        return 1
    }

    private static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> EventStorage {
        EventStorage(try event.object(lua, for: operation))
    }

    private static func set(_ lua: Lua) throws(LuaFault) -> Int32 {
        try check(lua, .setEvent).set()
        return 0
    }

    private static func clear(_ lua: Lua) throws(LuaFault) -> Int32 {
        try check(lua, .clearEvent).clear()
        return 0
    }

    private static func isSet(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua, .inspect).isSet)
        return 1
    }

    /// `wait([timeout])`: whether it was set in time.
    private static func wait(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .waitEvent)
        switch storage.wait(until: try Blocking.timeout(lua, of: "wait", from: 2).deadline) {
        case .ready: lua.push(true)
        case .timedOut: lua.push(false)
        case .interrupted: throw lua.interrupted()
        }
        return 1
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let storage = try check(lua, .inspect)
        lua.push("<Event \(storage.isSet ? "set" : "unset")\(SharedClasses.suffix(storage.object))>")
        return 1
    }
}
