// Lua threads. Calls run on the thread they are made on: `thread.protectedCall(…)`.
extension Lua {
    /// Pushes a new thread and returns it. It lives as long as something refers to the value pushed.
    public func newThread() -> Lua {
        Lua(lua_newthread(pointer).unsafelyUnwrapped)
    }

    /// Pushes this thread as a value.
    ///
    /// - Returns: Whether it is the main thread.
    @discardableResult
    public func pushThread() -> Bool { lua_pushthread(pointer) == 1 }

    /// Moves the topmost `count` values to another thread of the same state.
    public func move(_ count: Int32, to other: Lua) throws(LuaFault) {
        try other.ensureStack(count)
        lua_xmove(pointer, other.pointer, count)
    }
}
