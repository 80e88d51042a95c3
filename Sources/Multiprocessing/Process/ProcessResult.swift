import Glibc
import InterProcess
import LuaBridge

/// What a process leaves to whoever asks: the values that its target returned, or the error that ended it.
enum ProcessResult {
    // MARK: In the child

    /// Leaves the values from `first` to the top of the stack.
    static func leave(_ lua: Lua, from first: Int32, in record: ProcessRecord) {
        let count = lua.top - first + 1
        guard count > 0 else { return }
        // {n = …, …}: holes and nils are kept.
        lua.createTable(array: Int(count), fields: 1)
        for index in 0..<count {
            lua.pushValue(at: first + index)
            lua.rawSet(Int64(index + 1), at: -2)
        }
        lua.push(count)
        lua.rawSet("n", at: -2)
        if !leaveTop(lua, in: record, isError: false) {
            // The error object says why; it surfaces when somebody asks for the result.
            _ = leaveTop(lua, in: record, isError: true)
        }
    }

    /// Leaves the error that ended the process.
    static func leaveError(_ lua: Lua, message: String, traceback: String?, in record: ProcessRecord) {
        lua.createTable(fields: 2)
        lua.push(message)
        lua.rawSet("message", at: -2)
        if let traceback {
            lua.push(traceback)
            lua.rawSet("traceback", at: -2)
        }
        _ = leaveTop(lua, in: record, isError: true)
    }

    /// Sends the value on top of the stack. On failure it is replaced by the error.
    private static func leaveTop(_ lua: Lua, in record: ProcessRecord, isError: Bool) -> Bool {
        let encoder = Encoder.take()
        defer { encoder.giveBack() }
        do throws(LuaFault) {
            try encoder.encode(lua, at: -1, root: "result")
        } catch { return false }
        do throws(SharedMemoryExhausted) {
            try encoder.withMessage { message throws(SharedMemoryExhausted) in
                try record.setResult(message, isError: isError)
            }
            return true
        } catch {
            _ = ErrorObject.make(lua, error)
            return false
        }
    }

    // MARK: In the parent

    /// `p:result([timeout])`
    static func result(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        guard state.pointee.creator == getpid() else { throw .message("can only join a child process") }
        guard let child = state.pointee.child else { throw .message("process not started") }
        let wait = Blocking(try Parameters(lua, of: "result", from: 2, ["timeout"]).timeout())
        guard try Children.join(lua, state, until: wait.deadline) else {
            throw ErrorObject.make(lua, .timeoutError, "\(name(lua)) has not ended\(wait.description)")
        }
        guard let (bytes, isError) = child.record.result else {
            if state.pointee.exitCode == 0 { return 0 }
            throw failure(lua, state, message: "\(name(lua)) (pid \(child.pid)) \(child.record.causeOfDeath)")
        }
        lua.top = 1
        try Decoder.decode(lua, bytes)
        return isError ? try raise(lua, state) : unpack(lua)
    }

    private static func name(_ lua: Lua) -> String { ProcessObject.name(of: 1, in: lua) }

    /// The table at 2 as results.
    private static func unpack(_ lua: Lua) -> Int32 {
        lua.rawGet("n", at: 2)
        let count = Int32(truncatingIfNeeded: lua.integer(at: -1) ?? 0)
        lua.pop()
        guard (try? lua.ensureStack(count)) != nil else { return 0 }
        for index in 0..<count { lua.rawGet(Int64(index + 1), at: 2) }
        return count
    }

    /// The error that the child left, at 2.
    private static func raise(_ lua: Lua, _ state: UnsafeMutablePointer<ProcessState>) throws(LuaFault)
        -> Int32
    {
        if ErrorObject.isErrorObject(lua, at: 2) {
            lua.top = 2
            // It was made where no line of a script was running; it surfaces here.
            if lua.rawGet("where", at: 2) == .nil, let place = lua.position {
                lua.push(place.description)
                lua.rawSet("where", at: 2)
            }
            lua.top = 2
            throw .value
        }
        lua.rawGet("message", at: 2)
        let message = lua.string(at: -1) ?? "unknown error"
        lua.pop()
        throw failure(lua, state, message: message, tracebackFrom: 2)
    }

    private static func failure(
        _ lua: Lua, _ state: UnsafeMutablePointer<ProcessState>, message: String,
        tracebackFrom table: Int32? = nil
    ) -> LuaFault {
        ErrorObject.make(lua, .processError, message) { fields in
            fields.set("exitcode", Int(state.pointee.exitCode))
            fields.set("process", name(lua))
            guard let table else { return }
            lua.rawGet("traceback", at: table)
            fields.setTop("traceback")
        }
    }
}
