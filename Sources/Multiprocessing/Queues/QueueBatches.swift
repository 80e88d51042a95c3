import InterProcess
import LuaBridge

/// `put_many` and `get_many`: one round of the lock for many items.
enum QueueBatches {
    /// `put_many(list[, timeout])`. All values are encoded before the first is put.
    static func putMany(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try QueueClass.check(lua, .put)
        try lua.check(.table, at: 2)
        let blocking = Blocking(try Parameters(lua, of: "put_many", from: 3, ["timeout"]).timeout())
        let count = lua.rawLength(at: 2)
        let buffer = BufferPool.take()
        defer { BufferPool.giveBack(buffer) }
        // Values that need more than bytes (handles, pieces) are encoded again when their turn comes.
        var special: [Int] = []
        for index in 0..<count where try !encode(lua, index, into: buffer) { special.append(index) }
        var put = 0
        while put < count {
            let next = special.first { $0 >= put } ?? count
            let done =
                next == put
                ? try putSpecial(lua, queue, put, until: blocking.deadline) ? 1 : 0
                : try putPlain(lua, queue, buffer, put..<next, until: blocking.deadline)
            if done == 0 {
                throw QueueMethods.full(lua, queue, blocking) { $0.set("count", put) }
            }
            put += done
        }
        return 0
    }

    /// Encodes value number `index`. Returns false for one that needs more than bytes.
    private static func encode(_ lua: Lua, _ index: Int, into buffer: MessageBuffer) throws(LuaFault) -> Bool
    {
        let encoder = Encoder.take()
        defer { encoder.giveBack() }
        lua.rawGet(Int64(index + 1), at: 2)
        try encoder.encode(lua, at: lua.top, root: "value[\(index + 1)]")
        lua.pop()
        let bytes = encoder.plainBytes()
        buffer.append(bytes ?? UnsafeRawBufferPointer(start: nil, count: 0))
        return bytes != nil
    }

    private static func putPlain(
        _ lua: Lua, _ queue: QueueStorage, _ buffer: MessageBuffer, _ range: Range<Int>,
        until deadline: Deadline
    ) throws(LuaFault) -> Int {
        let outcome = try MemoryRelief.retrying(lua) { () throws(SharedMemoryExhausted) in
            try queue.putSome(buffer, range, until: deadline)
        }
        _ = try QueueMethods.check(lua, queue, outcome.outcome)
        return outcome.count
    }

    private static func putSpecial(
        _ lua: Lua, _ queue: QueueStorage, _ index: Int, until deadline: Deadline
    ) throws(LuaFault) -> Bool {
        lua.rawGet(Int64(index + 1), at: 2)
        lua.insert(at: 2)
        defer { lua.remove(at: 2) }
        return try QueueMethods.putValue(lua, queue, until: deadline)
    }

    /// `get_many(max[, timeout])`: a list of at least one value.
    static func getMany(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try QueueClass.check(lua, .get)
        let most = try lua.checkInteger(at: 2)
        guard most >= 1 else { throw .argument(2, "a number of items, 1 or more, expected") }
        let blocking = Blocking(try Parameters(lua, of: "get_many", from: 3, ["timeout"]).timeout())
        let buffer = BufferPool.take()
        defer { BufferPool.giveBack(buffer) }
        lua.createTable(array: min(Int(most), max(1, queue.count)))
        var list = lua.top
        var count: Int64 = 0
        var deadline = blocking.deadline
        // A large message ends a round of the lock early: go on with what is there.
        while count < most {
            let outcome = queue.take(
                into: buffer, atMost: Int(most - count), countsTasks: queue.variant == .joinable,
                until: deadline)
            if count > 0, outcome != .done { break }
            guard try QueueMethods.check(lua, queue, outcome) else {
                throw QueueMethods.empty(lua, queue, blocking)
            }
            var refusal: LuaFault?
            for index in 0..<buffer.count {
                do throws(LuaFault) {
                    try Decoder.decode(lua, buffer[index])
                } catch {
                    // The first error is raised; the values are taken already, and must not be lost with it.
                    if refusal == nil { lua.insert(at: list) } else { lua.pop() }
                    if refusal == nil { list += 1 }
                    refusal = refusal ?? error
                    continue
                }
                count += 1
                lua.rawSet(count, at: list)
            }
            if let refusal { throw withRest(lua, list, count, refusal) }
            buffer.clear()
            deadline = .now
        }
        return 1
    }

    /// The error below the list at `list`, with the values of the list as its field `value`.
    private static func withRest(_ lua: Lua, _ list: Int32, _ count: Int64, _ refusal: LuaFault) -> LuaFault {
        lua.top = list
        if ErrorObject.isErrorObject(lua, at: list - 1) {
            lua.rawSet("value", at: list - 1)
            lua.push(Int(count))
            lua.rawSet("count", at: list - 1)
        } else {
            lua.pop()
        }
        return refusal
    }
}
