// What an embedding program does with a state: runs scripts, calls their functions, gives them functions of its own.
// Values are Swift's, errors are `LuaError`, and the stack does not show.
//
// All of it works on the thread that runs Lua code at the moment: from inside a body too.
extension LuaRuntime {
    /// Runs a script.
    ///
    ///     try runtime.run(file: "set_up.lua")
    ///     let (name, count) = try runtime.run(file: "report.lua", returning: String.self, Int.self)
    ///
    /// - Parameters:
    ///   - path: The script's file, source or bytecode.
    ///   - arguments: What the script finds in `...`.
    ///   - types: What it returns. Surplus results are ignored, missing ones are nil.
    /// - Throws: What ended the script; also if the file cannot be read or does not compile, or if a result is not of
    ///   its type.
    public func run<each Result: LuaConvertible>(
        file path: String, arguments: [any LuaConvertible] = [], returning types: repeat (each Result).Type
    ) throws(LuaError) -> (repeat each Result) {
        try perform { lua throws(LuaError) in
            try lua.check(lua.loadFile(path))
            return try lua.call(with: arguments, returning: repeat each types)
        }
    }

    /// Runs source text.
    ///
    /// - Parameters:
    ///   - source: Lua code.
    ///   - name: What messages call it.
    ///   - arguments: What the code finds in `...`.
    ///   - types: What it returns. Surplus results are ignored, missing ones are nil.
    /// - Throws: What ended the code; also if it does not compile, or if a result is not of its type.
    public func run<each Result: LuaConvertible>(
        _ source: String, name: String = "script", arguments: [any LuaConvertible] = [],
        returning types: repeat (each Result).Type
    ) throws(LuaError) -> (repeat each Result) {
        try perform { lua throws(LuaError) in
            try lua.check(lua.load(source, name: "@\(name)"))
            return try lua.call(with: arguments, returning: repeat each types)
        }
    }

    /// Calls a global function: `try runtime.call("area", 2.0, 3.5, returning: Double.self)`.
    ///
    /// - Parameters:
    ///   - name: The global.
    ///   - arguments: What it is called with.
    ///   - types: What it returns. Surplus results are ignored, missing ones are nil.
    /// - Throws: What ended the function; also if there is no such, or if a result is not of its type.
    public func call<each Argument: LuaConvertible, each Result: LuaConvertible>(
        _ name: String, _ arguments: repeat each Argument, returning types: repeat (each Result).Type
    ) throws(LuaError) -> (repeat each Result) {
        var list: [any LuaConvertible] = []
        repeat list.append(each arguments)
        return try perform { lua throws(LuaError) in
            try lua.pushGlobal(name)
            guard lua.type(at: -1) == .function || lua.hasMetafield("__call", at: -1) else {
                throw LuaError("global '\(name)' is no function but \(lua.typeName(at: -1))")
            }
            return try lua.call(with: list, returning: repeat each types)
        }
    }

    /// The value of a global variable.
    ///
    /// - Throws: If it is of another type.
    public func global<Value: LuaConvertible>(_ name: String, as type: Value.Type = Value.self)
        throws(LuaError) -> Value
    {
        try perform { lua throws(LuaError) in
            try lua.pushGlobal(name)
            do throws(LuaMismatch) {
                return try Value.read(lua, at: -1)
            } catch { throw LuaError("global '\(name)': \(error)") }
        }
    }

    /// Sets a global variable.
    public func setGlobal(_ name: String, to value: some LuaConvertible) throws(LuaError) {
        try perform { lua throws(LuaError) in
            lua.pushGlobals()
            lua.push(name)
            value.push(to: lua)
            do throws(LuaFault) { try lua.set(at: -3) } catch { throw LuaError(lua, error) }
        }
    }

    /// Makes a module of the program's own, which scripts get by `require(name)`.
    ///
    /// Its functions can be sent to other processes, by name, as those of Lua's own libraries can.
    ///
    /// - Throws: If the standard libraries are not open.
    public func addModule(_ name: String, _ functions: [LuaFunction]) throws(LuaError) {
        try perform { lua throws(LuaError) in
            guard lua.rawGet("_LOADED", at: Lua.registry) == .table else {
                throw LuaError("the standard libraries are not open")
            }
            lua.push(name)
            lua.createTable(fields: functions.count)
            lua.setFunctions(functions, at: -1)
            do throws(LuaFault) { try lua.set(at: -3) } catch { throw LuaError(lua, error) }
        }
    }

    /// Does something with the thread that runs Lua code at the moment, and leaves its stack as it was.
    ///
    /// For what the other functions here do not offer: operations of ``Lua`` and conversions of values throw as they do, and
    /// arrive as ``LuaError``.
    public func withLua<Result>(_ body: (Lua) throws(LuaFault) -> Result) throws(LuaError) -> Result {
        try perform { lua throws(LuaError) in
            do throws(LuaFault) { return try body(lua) } catch { throw LuaError(lua, error) }
        }
    }

    private func perform<Result>(_ body: (Lua) throws(LuaError) -> Result) throws(LuaError) -> Result {
        guard !isClosed else { throw LuaError("the state is closed") }
        let lua = Lua(record.pointee.interrupts.running ?? record.pointee.main)
        let top = lua.top
        defer { lua.top = top }
        guard lua_checkstack(lua.pointer, LUA_MINSTACK) != 0 else { throw LuaError("stack overflow") }
        return try body(lua)
    }
}

// MARK: - Steps

extension Lua {
    /// Pushes a global variable.
    fileprivate func pushGlobal(_ name: String) throws(LuaError) {
        pushGlobals()
        push(name)
        do throws(LuaFault) { try get(at: -2) } catch { throw LuaError(self, error) }
    }

    /// Throws what a failed operation left on top of the stack.
    fileprivate func check(_ status: LuaStatus, traceback: String? = nil) throws(LuaError) {
        if status != .ok { throw LuaError(self, at: -1, status: status, traceback: traceback) }
    }

    /// Calls the function on top of the stack.
    fileprivate func call<each Result: LuaConvertible>(
        with arguments: [any LuaConvertible], returning types: repeat (each Result).Type
    ) throws(LuaError) -> (repeat each Result) {
        guard lua_checkstack(pointer, Int32(clamping: arguments.count + Int(LUA_MINSTACK))) != 0 else {
            throw LuaError("stack overflow")
        }
        for argument in arguments { argument.push(to: self) }
        var count: Int32 = 0
        for _ in repeat each types { count += 1 }
        let status = protectedCall(
            arguments: Int32(arguments.count), results: count, onError: .saveTraceback)
        try check(status, traceback: status == .ok ? nil : savedTraceback())
        var position: Int32 = 0
        let first = top - count
        return (repeat try result((each types), first: first, &position))
    }

    private func result<Value: LuaConvertible>(
        _ type: Value.Type, first: Int32, _ position: inout Int32
    ) throws(LuaError) -> Value {
        position += 1
        do throws(LuaMismatch) {
            return try Value.read(self, at: first + position)
        } catch { throw LuaError("bad result #\(position) (\(error))") }
    }

    private func savedTraceback() -> String? {
        pushSavedTraceback()
        defer { pop() }
        return string(at: -1)
    }
}
