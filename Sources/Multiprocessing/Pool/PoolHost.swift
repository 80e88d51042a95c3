import CLuaBridge
import CInterProcess
import Glibc
import InterProcess
import LuaBridge

/// What the Lua code of Pool and Executor calls: tasks and replies, waiting for replies and deaths at once, timers,
/// errors.
enum PoolHost {
    static let functions =
        PoolTasks.functions + PoolReplies.functions + [
            LuaFunction("shield") { Lua.run($0, shield) },
            LuaFunction("unshield") { Lua.run($0, unshield) },
            LuaFunction("list") { Lua.run($0, list) },
            LuaFunction("arm") { Lua.run($0, arm) },
            LuaFunction("served") { Lua.run($0, served) },
            LuaFunction("wait") { Lua.run($0, wait) },
            LuaFunction("raise") { Lua.run($0, raise) },
            LuaFunction("error") { Lua.run($0, makeError) },
            LuaFunction("misuse") { Lua.run($0, misuse) },
            LuaFunction("unknown_option") { Lua.run($0, unknownOption) },
            LuaFunction("unknown_name") { Lua.run($0, unknownName) },
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

    /// The queue at 1.
    static func queue(_ lua: Lua) throws(LuaFault) -> QueueStorage {
        QueueStorage(try QueueClass.queue.object(lua, for: .get))
    }

    /// What a fault says, for whoever is told of it instead of having it raised.
    static func explain(_ lua: Lua, _ fault: LuaFault, dropTo top: Int32) throws(LuaFault) -> String {
        defer { lua.top = top }
        return switch fault {
        case .argument(_, let text), .message(let text), .messageWithoutPosition(let text): text
        case .value: try lua.displayString(at: -1)
        }
    }

    // MARK: Shields

    /// `shield()`: no code of the script runs from here on, neither signal handlers nor finalizers, until `unshield`.
    private static func shield(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.shield()
        return 0
    }

    private static func unshield(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.unshield()
        return 0
    }

    // MARK: Waiting and timers

    /// `arm(seconds)`: SIGALRM ends this process unless it is armed anew in time; 0 ends the timer.
    private static func arm(_ lua: Lua) throws(LuaFault) -> Int32 {
        ip_end_in(try lua.checkNumber(at: 1))
        return 0
    }

    /// `served()`: how many signal handlers of the script have run.
    private static func served(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(UserSignals.calls)
        return 1
    }

    /// `wait(queue, workers, seconds, served)`: whether there is a message, or one of the processes has died, or another
    /// signal handler has run, which may have done what is waited for.
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
        let served = try lua.checkInteger(at: 4)
        let outcome = queue.waitForMessage(
            orDeathOf: children, or: { UserSignals.calls != served }, until: .after(seconds: seconds))
        switch outcome {
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

    /// `unknown_option(where, key, known, options)`
    private static func unknownOption(_ lua: Lua) throws(LuaFault) -> Int32 {
        let function = try lua.checkString(at: 1)
        let key = try lua.checkString(at: 2)
        if cluabridge_is_module(lua.pointer, 4) { throw .colonAtModule(function) }
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

    /// `unknown_name(owner, name, members, advice)`
    private static func unknownName(_ lua: Lua) throws(LuaFault) -> Int32 {
        let owner = try lua.checkString(at: 1)
        let name = try lua.checkString(at: 2)
        let known = lua.stringKeys(at: 3).filter { !$0.hasPrefix("_") }
        throw lua.unknownName(name, owner: owner, known: known, advice: lua.string(at: 4))
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
