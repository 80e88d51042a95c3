import InterProcess
import LuaBridge

/// Replies on their way from a worker to the owner of a pool: `{number, result, …}`, or `{-number, details}`.
enum PoolReplies {
    static let functions = [
        LuaFunction("answer") { Lua.run($0, answer) },
        LuaFunction("receive") { Lua.run($0, receive) },
    ]

    // MARK: In the worker

    /// `answer(replies, board, place, number, count, result)`: answers the task in hand with one result, or with the first
    /// `count` of a list. True; or false and the error, if it cannot be sent.
    private static func answer(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try PoolHost.queue(lua)
        let board = try PoolBoard(lua, boardAt: 2, placeAt: 3)
        let head = ItemsHead.reply(try lua.checkInteger(at: 4))
        let count = Int(try lua.checkInteger(at: 5))
        let result: Int32 = 6
        if count != 1 { try lua.check(.table, at: result) }
        let items = count == 1 ? Items.one(result) : .some(list: result, first: 1, count: count)
        let outcome: QueueOutcome
        do throws(LuaFault) {
            outcome = try MemoryRelief.retrying(lua) { () throws(LuaFault) in
                let encoder = Encoder.take()
                defer { encoder.giveBack() }
                try encoder.encode(lua, head, items)
                board.noteDone()
                return Result { () throws(SharedMemoryExhausted) in
                    try encoder.withMessage { message throws(SharedMemoryExhausted) in
                        try queue.put(message, until: .never)
                    }
                }
            }
        } catch .value {
            lua.push(false)
            lua.insert(at: -2)
            return 2
        }
        _ = try QueueMethods.check(lua, queue, outcome)
        board.noteAnswered()
        lua.push(true)
        return 1
    }

    // MARK: In the owner

    /// `receive(replies, most, batches)`: takes what is there; nothing if that is nothing. Else a list of replies, and a list
    /// of batch, tasks, items: what was done of each batch that has a table for its values, `{values, number of its first
    /// task, first item, items a task}`. Those values are in place, and the tasks no longer in `batches`.
    ///
    /// A reply that cannot be decoded is a failure of the task that it answers, and costs nobody else's.
    private static func receive(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try PoolHost.queue(lua)
        let most = Int(try lua.checkInteger(at: 2))
        try lua.check(.table, at: 3)
        lua.top = 3
        return try StoredMessages.withBuffer { buffer throws(LuaFault) in
            guard queue.take(into: buffer, atMost: most) == .done else { return 0 }
            var inbox = Inbox(lua, batchesAt: 3)
            for index in 0..<buffer.count { try inbox.receive(buffer[index]) }
            inbox.close()
            return 2
        }
    }

    /// Replies that are being received, on the stack: the two lists, then the batch at work and its values.
    private struct Inbox {
        let lua: Lua
        let batches: Int32
        let replies: Int32
        var replyCount: Int64 = 0
        var doneCount: Int64 = 0

        // Of the batch at work.
        var identity: UnsafeRawPointer?
        var firstNumber: Int64 = 0
        var firstItem: Int64 = 0
        var size: Int64 = 0
        var tasks = 0
        var items = 0

        private var done: Int32 { replies + 1 }
        private var batch: Int32 { replies + 2 }
        private var values: Int32 { replies + 3 }

        init(_ lua: Lua, batchesAt batches: Int32) {
            self.lua = lua
            self.batches = batches
            lua.createTable()
            lua.createTable()
            replies = lua.top - 1
            lua.pushNil()
            lua.pushNil()
        }

        mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(LuaFault) {
            var reader = MessageReader(bytes)
            if let (length, number) = Self.begin(&reader), length >= 2, number > 0, find(number) {
                let first = firstItem + (number - firstNumber) * size
                if try store(&reader, bytes, at: first, count: length - 1) {
                    lua.pushNil()
                    lua.rawSet(number, at: batches)
                    tasks += 1
                    items += length - 1
                    return
                }
            } else {
                _ = try pushDecoded(bytes)
            }
            replyCount += 1
            lua.rawSet(replyCount, at: replies)
        }

        /// Makes the batch of a task the one at work, if it has a table for its values.
        @inline(__always)
        private mutating func find(_ number: Int64) -> Bool {
            guard lua.rawGet(number, at: batches) == .table else {
                lua.pop()
                return false
            }
            if lua_topointer(lua.pointer, -1) == identity {
                lua.pop()
                return true
            }
            return change()
        }

        /// To the batch on top of the stack, which is popped.
        private mutating func change() -> Bool {
            guard lua.rawGet(1, at: -1) == .table else {
                lua.pop(2)
                return false
            }
            note()
            lua.replace(at: values)
            lua.replace(at: batch)
            identity = lua_topointer(lua.pointer, batch)
            firstNumber = integer(2)
            firstItem = integer(3)
            size = integer(4)
            return true
        }

        private func integer(_ field: Int64) -> Int64 {
            lua.rawGet(field, at: batch)
            defer { lua.pop() }
            return lua.integer(at: -1) ?? 0
        }

        /// Stores the results, which come next in the message, as the values from `first` on.
        ///
        /// - Returns: False if they cannot be decoded; then the reply to be had instead is on top of the stack.
        @inline(__always)
        private mutating func store(
            _ reader: inout MessageReader, _ bytes: UnsafeRawBufferPointer, at first: Int64, count: Int
        ) throws(LuaFault) -> Bool {
            for offset in 0..<Int64(count) {
                guard reader.pushScalar(lua) else { return try storeDecoded(bytes, at: first, count: count) }
                lua.rawSet(first + offset, at: values)
            }
            return true
        }

        private func storeDecoded(
            _ bytes: UnsafeRawBufferPointer, at first: Int64, count: Int
        ) throws(LuaFault) -> Bool {
            let top = lua.top
            guard try pushDecoded(bytes) else { return false }
            for offset in 0..<Int64(count) {
                lua.rawGet(offset + 2, at: top + 1)
                lua.rawSet(first + offset, at: values)
            }
            lua.top = top
            return true
        }

        /// Pushes a reply; or, and returns false, the one that stands for it if it cannot be decoded.
        private func pushDecoded(_ bytes: UnsafeRawBufferPointer) throws(LuaFault) -> Bool {
            let top = lua.top
            do throws(LuaFault) {
                try Decoder.decode(lua, bytes)
                return true
            } catch {
                pushUnreadable(try PoolHost.explain(lua, error, dropTo: top), bytes)
                return false
            }
        }

        /// Notes what was done of the batch at work.
        private mutating func note() {
            guard tasks > 0 else { return }
            lua.pushValue(at: batch)
            lua.rawSet(doneCount + 1, at: done)
            lua.push(tasks)
            lua.rawSet(doneCount + 2, at: done)
            lua.push(items)
            lua.rawSet(doneCount + 3, at: done)
            doneCount += 3
            tasks = 0
            items = 0
        }

        /// Leaves the two lists on top of the stack.
        mutating func close() {
            note()
            lua.top = done
        }

        /// Pushes the reply that stands for one that cannot be decoded: `{-number, {failed = {message = …}}}`.
        private func pushUnreadable(_ text: String, _ bytes: UnsafeRawBufferPointer) {
            lua.createTable(array: 2)
            var reader = MessageReader(bytes)
            lua.push(-abs(Self.begin(&reader)?.number ?? 0))
            lua.rawSet(1, at: -2)
            lua.createTable(fields: 1)
            lua.createTable(fields: 1)
            lua.push("the result cannot be decoded: \(text)")
            lua.rawSet("message", at: -2)
            lua.rawSet("failed", at: -2)
            lua.rawSet(2, at: -2)
        }

        /// Reads what a reply begins with, also if the rest of it cannot be decoded: the length of an array and its first
        /// item, the number.
        @inline(__always)
        private static func begin(_ reader: inout MessageReader) -> (length: Int, number: Int64)? {
            var header = reader.header()
            if case .extension(let type, _) = header, type == ExtensionType.graph.rawValue {
                header = reader.header()
            }
            guard case .array(let length) = header, let number = reader.integer() else { return nil }
            return (length, number)
        }
    }
}
