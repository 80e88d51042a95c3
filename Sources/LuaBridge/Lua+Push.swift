// Pushing values. Each pushes exactly one.
extension Lua {
    /// Pushes nil.
    @inlinable
    public func pushNil() { lua_pushnil(pointer) }

    /// Pushes a boolean.
    @inlinable
    public func push(_ value: Bool) { lua_pushboolean(pointer, value ? 1 : 0) }

    /// Pushes an integer.
    @inlinable
    public func push(_ value: Int64) { lua_pushinteger(pointer, value) }

    /// Pushes an integer.
    @inlinable
    public func push(_ value: Int) { lua_pushinteger(pointer, Int64(value)) }

    /// Pushes an integer.
    @inlinable
    public func push(_ value: Int32) { lua_pushinteger(pointer, Int64(value)) }

    /// Pushes a float.
    @inlinable
    public func push(_ value: Double) { lua_pushnumber(pointer, value) }

    /// Pushes a string.
    @inlinable
    public func push(_ value: StaticString) {
        let start = UnsafeRawPointer(value.utf8Start).assumingMemoryBound(to: CChar.self)
        lua_pushlstring(pointer, start, value.utf8CodeUnitCount)
    }

    /// Pushes a string. (Literals prefer the other overload, which needs no string object.)
    @inlinable @_disfavoredOverload
    public func push(_ value: String) {
        // A copy of our own: the push may run finalizers, which may assign to whatever `value` came from.
        var text = value
        text.withUTF8 { push(UnsafeRawBufferPointer($0)) }
    }

    /// Pushes bytes as a string.
    @inlinable
    public func push(_ bytes: UnsafeRawBufferPointer) {
        lua_pushlstring(pointer, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }

    /// Pushes a pointer as a light userdata.
    @inlinable
    public func push(lightUserdata value: UnsafeMutableRawPointer?) { lua_pushlightuserdata(pointer, value) }

    /// Pushes the table of globals.
    @inlinable
    public func pushGlobals() { lua_rawgeti(pointer, Lua.registry, Int64(LUA_RIDX_GLOBALS)) }

    /// Pushes a Lua function that runs `body`.
    ///
    /// The `upvalues` values on top of the stack are popped and become its upvalues, at ``upvalue(_:)``.
    @inlinable
    public func push(_ body: @escaping LuaBody, upvalues: Int32 = 0) {
        cluabridge_push_function(pointer, body, upvalues)
    }
}
