import CInterProcess
import Glibc
import InterProcess
import LuaBridge

/// What the Lua code of Pool and Executor calls: taking tasks so that a death tells which one it cost, waiting for replies
/// and deaths at once, timers, errors.
enum PoolHost {
    /// The words of a worker on the board, an array of 64-bit integers that the owner and all workers see.
    private enum Word: Int {
        /// Number of the message that the worker took last and has not answered; 0 for none.
        case claim
        case tasks
        /// Nanoseconds, added up.
        case work, wait
        /// When the task was taken.
        case takenAt
        /// Nanoseconds from the first wait of the worker to its first task.
        case start
        case waitingSince
        /// Nanoseconds and number of the slowest tasks, four times.
        case slowest

        static let perWorker = 16
        static let slowestKept = 4
    }

    private struct Place {
        let array: ArrayStorage
        let first: Int

        /// The board at 2, the worker's place at 3.
        init(_ lua: Lua, boardAt board: Int32, placeAt place: Int32) throws(LuaFault) {
            guard let object = SharedClasses.object(lua, at: board), object.kind == .array else {
                throw .typeMismatch(lua, at: board, expected: "RawArray")
            }
            array = ArrayStorage(object)
            first = Int(try lua.checkInteger(at: place)) * Word.perWorker
            guard first >= 0, first + Word.perWorker <= array.count, array.type == .int64 else {
                throw .argument(place, "no place on the board")
            }
        }

        func word(_ word: Word, offset: Int = 0) -> SharedWord { array.word(first + word.rawValue + offset) }

        func add(_ amount: UInt64, to word: Word) {
            let word = self.word(word)
            word.storeRelaxed(word.relaxed() &+ amount)
        }
    }

    static let functions = [
        LuaFunction("shield") {
            Lua.run($0) {
                $0.shield()
                return 0
            }
        },
        LuaFunction("unshield") {
            Lua.run($0) {
                $0.unshield()
                return 0
            }
        },
        LuaFunction("list") { Lua.run($0, list) },
        LuaFunction("published") { Lua.run($0, published) },
        LuaFunction("take") { Lua.run($0, take) },
        LuaFunction("finish") { Lua.run($0, finish) },
        LuaFunction("arm") { Lua.run($0, arm) },
        LuaFunction("receive") { Lua.run($0, receive) },
        LuaFunction("wait") { Lua.run($0, wait) },
        LuaFunction("raise") { Lua.run($0, raise) },
        LuaFunction("error") { Lua.run($0, makeError) },
        LuaFunction("misuse") { Lua.run($0, misuse) },
        LuaFunction("unknown_option") { Lua.run($0, unknownOption) },
        LuaFunction("cause") { Lua.run($0, cause) },
        LuaFunction("columns") { Lua.run($0, columns) },
        LuaFunction("write") { Lua.run($0, write) },
        LuaFunction("now") {
            Lua.run($0) {
                $0.push(Double(Clock.now) / 1e9)
                return 1
            }
        },
    ]

    private static func queue(_ lua: Lua) throws(LuaFault) -> QueueStorage {
        QueueStorage(try QueueClass.queue.object(lua, for: .get))
    }

    // MARK: In the worker

    /// `take(tasks, board, place)`: number and content of the next task, nothing once the queue is shut down. Number, nil
    /// and a text if it cannot be decoded.
    private static func take(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try queue(lua)
        let place = try Place(lua, boardAt: 2, placeAt: 3)
        let waitingSince = Clock.now
        return try StoredMessages.withBuffer { buffer throws(LuaFault) in
            switch queue.take(into: buffer, claim: place.word(.claim), until: .never) {
            case .done: break
            case .shutDown, .timedOut: return 0
            case .interrupted: throw lua.interrupted()
            }
            let takenAt = Clock.now
            if place.word(.tasks).relaxed() == 0 { place.word(.start).storeRelaxed(takenAt - waitingSince) }
            place.add(takenAt - waitingSince, to: .wait)
            place.word(.takenAt).storeRelaxed(takenAt)
            lua.push(Int64(bitPattern: place.word(.claim).relaxed()))
            let top = lua.top
            do throws(LuaFault) {
                try Decoder.decode(lua, buffer[0])
                return 2
            } catch {
                let text = try explain(lua, error, dropTo: top)
                lua.pushNil()
                lua.push(text)
                return 3
            }
        }
    }

    /// What a fault says, for whoever is told of it instead of having it raised.
    private static func explain(_ lua: Lua, _ fault: LuaFault, dropTo top: Int32) throws(LuaFault) -> String {
        defer { lua.top = top }
        return switch fault {
        case .argument(_, let text), .message(let text), .messageWithoutPosition(let text): text
        case .value: try lua.displayString(at: -1)
        }
    }

    /// `finish(board, place)`: the task is answered.
    private static func finish(_ lua: Lua) throws(LuaFault) -> Int32 {
        let place = try Place(lua, boardAt: 1, placeAt: 2)
        let taken = Clock.now - place.word(.takenAt).relaxed()
        place.add(1, to: .tasks)
        place.add(taken, to: .work)
        noteSlowest(place, taken)
        place.word(.claim).store(0)
        return 0
    }

    private static func noteSlowest(_ place: Place, _ taken: UInt64) {
        var fastest = 0
        for index in 1..<Word.slowestKept
        where place.word(.slowest, offset: 2 * index).relaxed()
            < place.word(.slowest, offset: 2 * fastest).relaxed()
        {
            fastest = index
        }
        guard taken > place.word(.slowest, offset: 2 * fastest).relaxed() else { return }
        place.word(.slowest, offset: 2 * fastest).storeRelaxed(taken)
        place.word(.slowest, offset: 2 * fastest + 1).storeRelaxed(place.word(.claim).relaxed())
    }

    /// `arm(seconds)`: SIGALRM ends this process unless it is armed anew in time; 0 ends the timer.
    private static func arm(_ lua: Lua) throws(LuaFault) -> Int32 {
        ip_end_in(try lua.checkNumber(at: 1))
        return 0
    }

    // MARK: In the owner

    /// `receive(queue, most)`: a list of what is there, nil for nothing. A reply that cannot be decoded is a failure of the
    /// task that it answers, and costs nobody else's.
    private static func receive(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try queue(lua)
        let most = Int(try lua.checkInteger(at: 2))
        return try StoredMessages.withBuffer { buffer throws(LuaFault) in
            guard queue.take(into: buffer, atMost: most) == .done else { return 0 }
            lua.createTable(array: buffer.count)
            let list = lua.top
            for index in 0..<buffer.count {
                do throws(LuaFault) {
                    try Decoder.decode(lua, buffer[index])
                } catch {
                    let text = try explain(lua, error, dropTo: list)
                    pushUnreadable(lua, number: replyNumber(buffer[index]), text)
                }
                lua.rawSet(Int64(index + 1), at: list)
            }
            return 1
        }
    }

    /// What a reply begins with, also if the rest of it cannot be decoded: an array whose first item is the number.
    private static func replyNumber(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        var reader = MessageReader(bytes)
        var header = reader.header()
        if case .extension(let type, _) = header, type == ExtensionType.graph.rawValue {
            header = reader.header()
        }
        guard case .array = header else { return nil }
        return reader.integer()
    }

    /// The reply that stands for one that cannot be decoded: `{-number, {failed = {message = …}}}`.
    private static func pushUnreadable(_ lua: Lua, number: Int64?, _ text: String) {
        lua.createTable(array: 2)
        lua.push(-abs(number ?? 0))
        lua.rawSet(1, at: -2)
        lua.createTable(fields: 1)
        lua.createTable(fields: 1)
        lua.push("the result cannot be decoded: \(text)")
        lua.rawSet("message", at: -2)
        lua.rawSet("failed", at: -2)
        lua.rawSet(2, at: -2)
    }

    /// `published(queue)`: how many messages were ever put into it.
    private static func published(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(Int64(try queue(lua).publishedCount))
        return 1
    }

    /// `wait(queue, workers, seconds)`: whether there is a message, or one of the processes has died.
    private static func wait(_ lua: Lua) throws(LuaFault) -> Int32 {
        let queue = try queue(lua)
        try lua.check(.table, at: 2)
        var children: [ChildProcess] = []
        for position in stride(from: 1, through: lua.rawLength(at: 2), by: 1) {
            lua.rawGet(Int64(position), at: 2)
            // Without one where a worker has ended for good.
            if let child = ProcessObject.userdata.object(lua, at: -1)?.pointee.child {
                children.append(child)
            }
            lua.pop()
        }
        let seconds = try lua.checkNumber(at: 3)
        switch queue.waitForMessage(orDeathOf: children, until: .after(seconds: seconds)) {
        case .ready: lua.push(true)
        case .timedOut: lua.push(false)
        case .interrupted: throw lua.interrupted()
        }
        return 1
    }

    /// `list(count)`: an empty table with room for so many items.
    private static func list(_ lua: Lua) throws(LuaFault) -> Int32 {
        let count = try lua.checkInteger(at: 1)
        guard 0...(1 << 30) ~= count else { throw .argument(1, "no length of a list") }
        lua.createTable(array: Int(count))
        return 1
    }

    // MARK: Errors and texts

    /// `error(kind, message[, fields])`: an error object; of the fields it takes those that error objects have.
    private static func makeError(_ lua: Lua) throws(LuaFault) -> Int32 {
        let name = try lua.checkString(at: 1)
        let message = try lua.checkString(at: 2)
        guard let kind = ErrorKind(rawValue: name) else { throw .argument(1, "no kind of error: \(name)") }
        let hasFields = lua.type(at: 3) == .table
        _ = ErrorObject.make(lua, kind, message) { fields in
            guard hasFields else { return }
            for field in ["value", "traceback", "process", "exitcode"] as [StaticString] {
                if lua.rawGet(field, at: 3) == .nil { lua.pop() } else { fields.setTop(field) }
            }
        }
        return 1
    }

    /// The same, raised.
    private static func raise(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try makeError(lua)
        throw .value
    }

    /// `misuse(message)`: an ordinary error where the user called.
    private static func misuse(_ lua: Lua) throws(LuaFault) -> Int32 {
        throw .message(try lua.checkString(at: 1))
    }

    /// `unknown_option(where, key, known)`
    private static func unknownOption(_ lua: Lua) throws(LuaFault) -> Int32 {
        let function = try lua.checkString(at: 1)
        let key = try lua.checkString(at: 2)
        var known: [String] = []
        lua.pushNil()
        while try lua.next(at: 3) {
            lua.pop()
            known.append(lua.string(at: -1) ?? "")
        }
        let hint =
            Suggestion.nearest(to: key, among: known).map { "did you mean '\($0)'?" }
            ?? "known: \(known.sorted().joined(separator: ", "))"
        throw .message("\(function): unknown option '\(key)' (\(hint))")
    }

    /// `cause(exitcode)`: `was killed by SIGKILL`
    private static func cause(_ lua: Lua) throws(LuaFault) -> Int32 {
        let code = Int32(truncatingIfNeeded: try lua.checkInteger(at: 1))
        lua.push(code < 0 ? "was killed by \(SignalName.of(-code))" : "ended with exit code \(code)")
        return 1
    }

    /// The width of the terminal that stderr is; nothing if it is none.
    private static func columns(_ lua: Lua) throws(LuaFault) -> Int32 {
        guard isatty(STDERR_FILENO) == 1 else { return 0 }
        var size = winsize()
        let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        lua.push(isKnown ? Int(size.ws_col) : 80)
        return 1
    }

    private static func write(_ lua: Lua) throws(LuaFault) -> Int32 {
        StandardError.write(try lua.checkString(at: 1))
        return 0
    }
}
