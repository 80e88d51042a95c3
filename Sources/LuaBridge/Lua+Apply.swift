// Swift functions as bodies of Lua functions: arguments and results are Swift values, converted on the way.
extension Lua {
    /// Runs a Swift function as the body of a Lua function.
    ///
    ///     func greet(_ name: String, times: Int?) throws -> String { … }
    ///
    ///     LuaFunction("greet") { Lua.apply($0, greet) }
    ///
    /// The parameters are read in order, an optional one that is missing or nil as nil; surplus arguments are ignored, as
    /// functions written in Lua do. The result may be nothing, a value or a tuple of them.
    ///
    /// What the function throws becomes a Lua error: a ``LuaFault`` the one that it describes, a ``LuaError`` its message,
    /// any other error its description with the caller's position in front.
    @inlinable @inline(__always)
    public static func apply<each Argument: LuaConvertible, each Result: LuaConvertible>(
        _ state: OpaquePointer?, _ function: (repeat each Argument) throws -> (repeat each Result)
    ) -> Int32 {
        let lua = Lua(state.unsafelyUnwrapped)
        do {
            var position: Int32 = 0
            let results = try function(repeat try lua.argument((each Argument).self, after: &position))
            var count: Int32 = 0
            repeat lua.push(result: each results, &count)
            return count
        } catch { return lua.report(error) }
    }

    /// Runs a method as the body of a Lua method: `LuaFunction("deposit") { Lua.apply($0, Account.deposit) }`. The object
    /// is the first argument.
    @inlinable @inline(__always)
    public static func apply<
        Object: LuaConvertible, each Argument: LuaConvertible, each Result: LuaConvertible
    >(
        _ state: OpaquePointer?, _ method: (Object) -> (repeat each Argument) throws -> (repeat each Result)
    ) -> Int32 {
        let lua = Lua(state.unsafelyUnwrapped)
        do {
            var position: Int32 = 0
            let object = try lua.argument(Object.self, after: &position)
            let results = try method(object)(
                repeat try lua.argument((each Argument).self, after: &position))
            var count: Int32 = 0
            repeat lua.push(result: each results, &count)
            return count
        } catch { return lua.report(error) }
    }

    /// Runs a Swift function as a setter of a class: with the object and the value that is assigned to its property.
    ///
    ///     LuaFunction("limit") { Lua.assign($0) { (account: Account, limit: Int) in account.limit = limit } }
    @inlinable @inline(__always)
    public static func assign<Object: LuaConvertible, Value: LuaConvertible>(
        _ state: OpaquePointer?, _ setter: (Object, Value) throws -> Void
    ) -> Int32 {
        let lua = Lua(state.unsafelyUnwrapped)
        do {
            var position: Int32 = 0
            let object = try lua.argument(Object.self, after: &position)
            try setter(object, try lua.assignedValue())
            return 0
        } catch { return lua.report(error) }
    }
}

// MARK: - Steps

extension Lua {
    /// The argument after `position`, which it moves on to.
    @inlinable @inline(__always)
    func argument<Value: LuaConvertible>(_ type: Value.Type, after position: inout Int32) throws -> Value {
        position += 1
        do throws(LuaMismatch) {
            return try Value.read(self, at: position)
        } catch { throw LuaFault.argument(position, error.description) }
    }

    /// The value that a setter is to set: argument 3, behind object and key.
    @inlinable @inline(__always)
    func assignedValue<Value: LuaConvertible>() throws -> Value {
        do throws(LuaMismatch) {
            return try Value.read(self, at: 3)
        } catch { throw LuaFault.message("'\(string(at: 2) ?? "?")': \(error)") }
    }

    @inlinable @inline(__always)
    func push<Value: LuaConvertible>(result: Value, _ count: inout Int32) {
        result.push(to: self)
        count += 1
    }

    /// Leaves any error where the trampoline finds it.
    ///
    /// - Returns: The code for the trampoline.
    @usableFromInline
    func report(_ error: any Error) -> Int32 {
        switch error {
        case let fault as LuaFault: report(fault)
        case let error as LuaError: report(LuaFault.messageWithoutPosition(error.message))
        default: report(LuaFault.message("\(error)"))
        }
    }
}
