import InterProcess
import LuaBridge

/// Tasks on their way from the owner of a pool to a worker: `{job, limit or false, item, …}`.
enum PoolTasks {
    static let functions = [
        LuaFunction("put_tasks") { Lua.run($0, put) },
        LuaFunction("take") { Lua.run($0, take) },
        LuaFunction("published") { Lua.run($0, published) },
    ]

    /// Bytes of tasks that are put together.
    private static let largestBatch = 256 << 10

    // MARK: In the owner

    /// `put_tasks(tasks, job, limit, list, first, last, size, batches, batch)`: puts the items `first` to `last` of a list,
    /// `size` of them a task, and enters each task that is put: `batches[number] = batch`.
    ///
    /// If an item cannot be sent, none of the small tasks of this call is put.
    private static func put(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try PoolHost.queue(lua)
        let head = ItemsHead.task(
            job: try lua.checkInteger(at: 2),
            limit: lua.type(at: 3) == .number ? try lua.checkNumber(at: 3) : nil)
        let list: Int32 = 4
        try lua.check(.table, at: list)
        let last = try lua.checkInteger(at: 6)
        let size = try lua.checkInteger(at: 7)
        guard size > 0 else { throw .argument(7, "no size of a task") }
        let books: Int32 = 8
        try lua.check(.table, at: books)
        let top = lua.top
        try StoredMessages.withBuffer { buffer throws(LuaFault) in
            var first = try lua.checkInteger(at: 5)
            while first <= last {
                let items = Items.some(list: list, first: first, count: Int(min(size, last - first + 1)))
                let encoder = Encoder.take()
                defer { encoder.giveBack() }
                try encoder.encode(lua, head, items)
                if let bytes = encoder.plainBytes() {
                    buffer.append(bytes)
                    // Large ones at once, so that the workers begin while the next is made.
                    if buffer.byteCount > largestBatch { try putAll(lua, queue, buffer, books) }
                } else {
                    try putAll(lua, queue, buffer, books)
                    let outcome = try MemoryRelief.retrying(lua) { () throws(SharedMemoryExhausted) in
                        try encoder.withMessage { message throws(SharedMemoryExhausted) in
                            try queue.put(message, until: .never)
                        }
                    }
                    try enter(lua, queue, 1, outcome, books)
                }
                lua.top = top
                first += size
            }
            try putAll(lua, queue, buffer, books)
        }
        return 0
    }

    /// Puts what is in the buffer, and clears it.
    private static func putAll(
        _ lua: Lua, _ queue: QueueStorage, _ buffer: MessageBuffer, _ books: Int32
    ) throws(LuaFault) {
        var put = 0
        while put < buffer.count {
            let done = try MemoryRelief.retrying(lua) { () throws(SharedMemoryExhausted) in
                try queue.putSome(buffer, put..<buffer.count, until: .never)
            }
            try enter(lua, queue, done.count, done.outcome, books)
            put += done.count
        }
        buffer.clear()
    }

    /// Enters the tasks put last under the batch on the stack after the books. Nobody but the owner puts tasks.
    private static func enter(
        _ lua: Lua, _ queue: QueueStorage, _ count: Int, _ outcome: QueueOutcome, _ books: Int32
    ) throws(LuaFault) {
        let last = Int64(queue.publishedCount)
        for number in last - Int64(count) + 1..<last + 1 {
            lua.pushValue(at: books + 1)
            lua.rawSet(number, at: books)
        }
        _ = try QueueMethods.check(lua, queue, outcome)
    }

    /// `published(queue)`: how many messages were ever put into it.
    private static func published(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(Int64(try PoolHost.queue(lua).publishedCount))
        return 1
    }

    // MARK: In the worker

    /// `take(tasks, board, place)`: number, job, limit, how many items, and the item or a list of them. Nothing once the
    /// queue is shut down. Number, nil and a text for a task that cannot be decoded.
    private static func take(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try PoolHost.queue(lua)
        let board = try PoolBoard(lua, boardAt: 2, placeAt: 3)
        board.noteWaiting()
        return try StoredMessages.withBuffer { buffer throws(LuaFault) in
            var outcome = queue.take(into: buffer, claim: board.claim, until: .never)
            // Idle, it is nobody's fault that all others are deadlocked; and they may go on.
            while outcome == .interrupted, Attention.takeDeadlock() != nil {
                outcome = queue.take(into: buffer, claim: board.claim, until: .never)
            }
            switch outcome {
            case .done: break
            case .shutDown, .timedOut: return 0
            case .interrupted: throw lua.interrupted()
            }
            board.noteTaken()
            lua.push(Int64(bitPattern: board.claim.relaxed()))
            let top = lua.top
            if pushScalars(lua, buffer[0]) { return 5 }
            lua.top = top
            do throws(LuaFault) {
                try pushDecoded(lua, buffer[0])
                return 5
            } catch {
                let text = try PoolHost.explain(lua, error, dropTo: top)
                lua.pushNil()
                lua.push(text)
                return 3
            }
        }
    }

    /// Pushes job, limit, count and items if they are scalars; else returns false.
    private static func pushScalars(_ lua: Lua, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var reader = MessageReader(bytes)
        guard case .array(let length) = reader.header(), length >= 3, length <= bytes.count,
            reader.pushScalar(lua), reader.pushScalar(lua)
        else { return false }
        let count = length - 2
        lua.push(count)
        if count == 1 { return reader.pushScalar(lua) && reader.isAtEnd }
        lua.createTable(array: count)
        for position in 1...count {
            guard reader.pushScalar(lua) else { return false }
            lua.rawSet(Int64(position), at: -2)
        }
        return reader.isAtEnd
    }

    /// The same for any items.
    private static func pushDecoded(_ lua: Lua, _ bytes: UnsafeRawBufferPointer) throws(LuaFault) {
        try Decoder.decode(lua, bytes)
        let task = lua.top
        try lua.check(.table, at: task)
        let count = lua.rawLength(at: task) - 2
        lua.rawGet(1, at: task)
        lua.rawGet(2, at: task)
        lua.push(count)
        if count == 1 {
            lua.rawGet(3, at: task)
        } else {
            for position in stride(from: 1, through: Int64(count + 2), by: 1) {
                lua.rawGet(position + 2, at: task)
                lua.rawSet(position, at: task)
            }
            lua.pushValue(at: task)
        }
        lua.remove(at: task)
    }
}
