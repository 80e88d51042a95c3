import InterProcess
import LuaBridge

/// `mp.Queue`, `mp.JoinableQueue` and `mp.SimpleQueue`: three faces of one storage.
enum QueueClass {
    static let queue = make("Queue", QueueMethods.all)
    static let joinable = make("JoinableQueue", QueueMethods.all + QueueTasks.methods)
    static let simple = make("SimpleQueue", QueueMethods.simple)
    static let classes = [queue, joinable, simple]

    private static func make(_ name: StaticString, _ methods: [LuaFunction]) -> LuaClass<SharedReference> {
        LuaClass(
            name, methods: methods,
            metamethods: [
                LuaFunction("__len") { Lua.run($0, QueueMethods.size) },
                LuaFunction("__close") { Lua.run($0, QueueMethods.close) },
                LuaFunction("__tostring") { Lua.run($0, QueueClass.toString) },
                SharedClasses.equality,
            ],
            advice: [
                "[1]": "take an item with q:get(), go through them with for v in q:items() do",
                "push": "it is q:put(v)", "append": "it is q:put(v)", "send": "it is q:put(v)",
                "insert": "it is q:put(v)",
                "add": "it is q:put(v)", "pop": "it is q:get()", "recv": "it is q:get()",
                "receive": "it is q:get()",
                "size": "it is q:qsize(), or #q", "len": "it is #q", "isEmpty": "it is q:empty()",
                "task_done": "an mp.JoinableQueue() has it", "join": "an mp.JoinableQueue() has it",
                "items": "an mp.Queue() has it", "get_nowait": "an mp.Queue() has it",
                "put_nowait": "an mp.Queue() has it",
            ],
            finalizer: SharedReference.finalizer)
    }

    static func luaClass(of storage: QueueStorage) -> LuaClass<SharedReference> {
        switch storage.variant {
        case .plain: queue
        case .joinable: joinable
        case .simple: simple
        }
    }

    static let constructors = [
        LuaFunction("Queue") { Lua.run($0) { lua throws(LuaFault) in try construct(lua, .plain, "Queue") } },
        LuaFunction("JoinableQueue") {
            Lua.run($0) { lua throws(LuaFault) in try construct(lua, .joinable, "JoinableQueue") }
        },
        LuaFunction("SimpleQueue") { Lua.run($0, constructSimple) },
    ]

    /// `Queue([maxsize])`, `Queue{maxsize=, name=}`
    private static func construct(
        _ lua: Lua, _ variant: QueueStorage.Variant, _ function: StaticString
    ) throws(LuaFault) -> Int32 {
        let parameters = try Parameters(
            lua, of: function, from: Constructor.firstArgument(lua), ["maxsize"], optionsOnly: ["name"])
        return try push(parameters, variant, limit: Int(max(0, try parameters.integer("maxsize") ?? 0)))
    }

    private static func constructSimple(_ lua: Lua) throws(LuaFault) -> Int32 {
        let parameters = try Parameters(
            lua, of: "SimpleQueue", from: Constructor.firstArgument(lua), [], optionsOnly: ["name"])
        return try push(parameters, .simple, limit: 0)
    }

    private static func push(
        _ parameters: Parameters, _ variant: QueueStorage.Variant, limit: Int
    ) throws(LuaFault) -> Int32 {
        let storage = try Constructor.make(parameters) { name, place throws(SharedMemoryExhausted) in
            try QueueStorage.create(limit: limit, variant: variant, name: name, place: place)
        }
        luaClass(of: storage).push(storage.object, to: parameters.lua)
        return 1
    }

    /// The reference at 1, whichever of the classes it is of.
    @inline(__always)
    static func reference(_ lua: Lua) throws(LuaFault) -> UnsafeMutablePointer<SharedReference> {
        if let reference = queue.object(lua, at: 1) { return reference }
        if let reference = joinable.object(lua, at: 1) ?? simple.object(lua, at: 1) { return reference }
        return try queue.check(lua, at: 1)
    }

    /// The queue at 1, unless it was closed, for an operation on it.
    @inline(__always)
    static func check(_ lua: Lua, _ operation: Operation.Kind) throws(LuaFault) -> QueueStorage {
        let reference = try reference(lua)
        if reference.pointee.isClosed { throw closed(lua, reference.pointee) }
        Operation.enter(operation, reference.pointee.object)
        return QueueStorage(reference.pointee.object)
    }

    private static func closed(_ lua: Lua, _ reference: SharedReference) -> LuaFault {
        let name = reference.object.name.map { " '\($0)'" } ?? ""
        return ErrorObject.make(lua, .valueError, "Queue\(name) is closed")
    }

    static func describe(_ storage: QueueStorage) -> String {
        SharedClasses.describe(luaClass(of: storage).name, storage.object)
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let reference = try reference(lua)
        let storage = QueueStorage(reference.pointee.object)
        let state = reference.pointee.isClosed ? "closed" : "\(storage.count) items"
        lua.push("<\(describe(storage)) \(state)>")
        return 1
    }
}
