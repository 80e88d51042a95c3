/// What a protected call does about an error, while the stack of the failed function still stands.
@frozen
public enum LuaErrorTreatment: Int32, Sendable {
    /// Leaves the error value alone.
    case asIs = 0
    /// Appends a traceback to messages, and makes text of other values, as the `lua` program does. An error
    /// object, a table whose metatable has a true `__traceback`, stays as it is, except that its field
    /// `traceback` is filled in if that is nil.
    case appendTraceback
    /// Leaves the error value alone, and keeps the traceback for ``Lua/pushSavedTraceback()``.
    case saveTraceback
}

extension Lua {
    /// For `results`: as many as the function returns.
    public static let allResults: Int32 = -1

    /// Calls the function below the topmost `arguments` values, and catches errors.
    ///
    /// Function and arguments are popped; the results are pushed, or on failure the error value alone.
    @inlinable
    public func protectedCall(
        arguments: Int32, results: Int32, onError: LuaErrorTreatment = .asIs
    ) -> LuaStatus {
        LuaStatus(code: cluabridge_protected_call(pointer, arguments, results, onError.rawValue))
    }

    /// Calls the function below the topmost `arguments` values.
    ///
    /// - Throws: ``LuaFault/value``, with the error value on top of the stack. Whoever does not pass the
    ///   fault on has to pop it.
    @inlinable
    public func call(arguments: Int32, results: Int32) throws(LuaFault) {
        try protectedCall(arguments: arguments, results: results).check()
    }

    /// Pushes the traceback that the last failed call saved, or nil, and forgets it.
    public func pushSavedTraceback() { cluabridge_push_traceback(pointer) }

    /// Pushes a traceback of this thread from `level` on; 0 is the running function, 1 its caller.
    public func pushTraceback(level: Int32 = 1) throws(LuaFault) {
        try LuaStatus(code: cluabridge_traceback(pointer, nil, level)).check()
    }
}
