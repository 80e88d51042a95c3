import InterProcess
import LuaBridge

/// The methods that all queues have, and putting and getting.
enum QueueMethods {
    // MARK: put

    /// `put(v, block=true, timeout)`
    private static func put(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try QueueClass.check(lua, .put)
        try lua.checkAny(at: 2)
        try lua.checkNothing(after: 4, "takes one value; send a table")
        if lua.type(at: 3) == .string { throw .argument(3, "takes one value; send a table") }
        let blocking = lua.top == 2 ? .forEver : try Blocking(lua, of: "put", from: 3)
        if try !putValue(lua, queue, until: blocking.deadline) { throw full(lua, queue, blocking) }
        return 0
    }

    private static func putNowait(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try QueueClass.check(lua, .put)
        try checkOneValue(lua)
        if try !putValue(lua, queue, until: .now) { throw full(lua, queue, .not) }
        return 0
    }

    /// `SimpleQueue:put(v)`
    private static func putSimply(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try QueueClass.check(lua, .put)
        try checkOneValue(lua)
        _ = try putValue(lua, queue, until: .never)
        return 0
    }

    /// `try_put(v[, timeout])`: without a timeout it does not wait.
    private static func tryPut(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try QueueClass.check(lua, .put)
        try lua.checkAny(at: 2)
        let timeout = try Parameters(lua, of: "try_put", from: 3, ["timeout"]).timeout()
        lua.push(try putValue(lua, queue, until: timeout?.deadline ?? .now))
        return 1
    }

    private static func checkOneValue(_ lua: Lua) throws(LuaFault) {
        try lua.checkAny(at: 2)
        try lua.checkNothing(after: 2, "takes one value; send a table")
    }

    /// Puts the value at 2. Returns false if the queue is full.
    @inline(__always)
    static func putValue(_ lua: Lua, _ queue: QueueStorage, until deadline: Deadline) throws(LuaFault) -> Bool
    {
        let outcome = try MemoryRelief.retrying(lua) { () throws(LuaFault) in
            let encoder = Encoder.take()
            defer { encoder.giveBack() }
            try encoder.encode(lua, at: 2)
            return Result { () throws(SharedMemoryExhausted) in
                if let bytes = encoder.plainBytes() { return try queue.put(bytes, until: deadline) }
                return try encoder.withMessage { message throws(SharedMemoryExhausted) in
                    try queue.put(message, until: deadline)
                }
            }
        }
        return try check(lua, queue, outcome)
    }

    /// True for done, false for timed out; the rest is thrown.
    @inline(__always)
    static func check(_ lua: Lua, _ queue: QueueStorage, _ outcome: QueueOutcome) throws(LuaFault) -> Bool {
        switch outcome {
        case .done: return true
        case .timedOut: return false
        case .interrupted: throw lua.interrupted()
        case .shutDown: throw ErrorObject.make(lua, .shutDown, "\(QueueClass.describe(queue)) is shut down")
        }
    }

    static func full(
        _ lua: Lua, _ queue: QueueStorage, _ blocking: Blocking,
        _ fill: (ErrorObject.Fields) -> Void = { _ in }
    ) -> LuaFault {
        ErrorObject.make(lua, .full, "no room\(blocking.description)\(place(queue))", fill)
    }

    static func empty(_ lua: Lua, _ queue: QueueStorage, _ blocking: Blocking) -> LuaFault {
        ErrorObject.make(lua, .empty, "no item\(blocking.description)\(place(queue))")
    }

    /// " in Queue 'jobs' (script.lua:3)" for a queue with a name.
    private static func place(_ queue: QueueStorage) -> String {
        SharedClasses.place(QueueClass.luaClass(of: queue).name, queue.object)
    }

    // MARK: get

    /// `get(block=true, timeout)`
    private static func get(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try QueueClass.check(lua, .get)
        let blocking = try Blocking(lua, of: "get", from: 2)
        if try !pushTaken(lua, queue, until: blocking.deadline) { throw empty(lua, queue, blocking) }
        return 1
    }

    private static func getNowait(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try QueueClass.check(lua, .get)
        if try !pushTaken(lua, queue, until: .now) { throw empty(lua, queue, .not) }
        return 1
    }

    /// `try_get([timeout])`: `true, v` or `false`; without a timeout it does not wait.
    private static func tryGet(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try QueueClass.check(lua, .get)
        let timeout = try Parameters(lua, of: "try_get", from: 2, ["timeout"]).timeout()
        guard try pushTaken(lua, queue, until: timeout?.deadline ?? .now) else {
            lua.push(false)
            return 1
        }
        lua.push(true)
        lua.insert(at: -2)
        return 2
    }

    /// Pushes the oldest value. Returns false if the queue is empty.
    @inline(__always)
    static func pushTaken(_ lua: Lua, _ queue: QueueStorage, until deadline: Deadline) throws(LuaFault)
        -> Bool
    {
        let buffer = BufferPool.take()
        defer { BufferPool.giveBack(buffer) }
        let outcome = queue.take(into: buffer, countsTasks: queue.variant == .joinable, until: deadline)
        guard try check(lua, queue, outcome) else { return false }
        try Decoder.decode(lua, buffer[0])
        return true
    }

    /// `items()`: for v in q:items() do
    private static func items(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try QueueClass.check(lua, .get)
        lua.push { Lua.run($0, QueueMethods.nextItem) }
        lua.pushValue(at: 1)
        return 2
    }

    /// The iterator: ends at nil and when the queue is shut down and empty.
    private static func nextItem(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try QueueClass.check(lua, .get)
        let buffer = BufferPool.take()
        defer { BufferPool.giveBack(buffer) }
        let outcome = queue.take(into: buffer, countsTasks: queue.variant == .joinable, until: .never)
        if outcome == .shutDown { return 0 }
        _ = try check(lua, queue, outcome)
        try Decoder.decode(lua, buffer[0])
        return 1
    }

    // MARK: State

    static func size(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try QueueClass.check(lua, .inspect).count)
        return 1
    }

    private static func isEmpty(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try QueueClass.check(lua, .inspect).count == 0)
        return 1
    }

    private static func isFull(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try QueueClass.check(lua, .inspect).isFull)
        return 1
    }

    /// For this process; what was put stays there for the others.
    static func close(_ lua: Lua) throws(LuaFault) -> Int32 {
        try QueueClass.reference(lua).pointee.isClosed = true
        return 0
    }

    /// There is no thread to join: a put is complete when it returns.
    private static func joinThread(_ lua: Lua) throws(LuaFault) -> Int32 {
        let reference = try QueueClass.reference(lua)
        guard reference.pointee.isClosed else {
            throw ErrorObject.make(lua, .valueError, "Queue is not closed")
        }
        return 0
    }

    private static func cancelJoinThread(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try QueueClass.reference(lua)
        return 0
    }

    /// `shutdown(immediate=false)`: for all processes.
    private static func shutdown(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try QueueClass.check(lua, .shutDown)
        let immediate = try Parameters(lua, of: "shutdown", from: 2, ["immediate"]).boolean("immediate")
        queue.shutDown(immediately: immediate ?? false)
        return 0
    }

    static let all = [
        LuaFunction("put") { Lua.run($0, put) },
        LuaFunction("get") { Lua.run($0, get) },
        LuaFunction("put_nowait") { Lua.run($0, putNowait) },
        LuaFunction("get_nowait") { Lua.run($0, getNowait) },
        LuaFunction("try_put") { Lua.run($0, tryPut) },
        LuaFunction("try_get") { Lua.run($0, tryGet) },
        LuaFunction("put_many") { Lua.run($0, QueueBatches.putMany) },
        LuaFunction("get_many") { Lua.run($0, QueueBatches.getMany) },
        LuaFunction("qsize") { Lua.run($0, size) },
        LuaFunction("empty") { Lua.run($0, isEmpty) },
        LuaFunction("full") { Lua.run($0, isFull) },
        LuaFunction("close") { Lua.run($0, close) },
        LuaFunction("join_thread") { Lua.run($0, joinThread) },
        LuaFunction("cancel_join_thread") { Lua.run($0, cancelJoinThread) },
        LuaFunction("shutdown") { Lua.run($0, shutdown) },
        LuaFunction("items") { Lua.run($0, items) },
    ]

    static let simple = [
        LuaFunction("put") { Lua.run($0, putSimply) },
        LuaFunction("get") { Lua.run($0, get) },
        LuaFunction("empty") { Lua.run($0, isEmpty) },
        LuaFunction("close") { Lua.run($0, close) },
    ]
}
