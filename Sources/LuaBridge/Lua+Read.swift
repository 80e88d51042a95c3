// Reading values exactly: nothing is converted from one type to another, and nothing changes on the stack.
extension Lua {
    /// The integer at `index`; also a float with an integral value in range. Nil for anything else, strings
    /// included.
    @inlinable
    public func integer(at index: Int32) -> Int64? {
        guard lua_type(pointer, index) == LUA_TNUMBER else { return nil }
        var exact: Int32 = 0
        let value = lua_tointegerx(pointer, index, &exact)
        return exact != 0 ? value : nil
    }

    /// The number at `index`. Nil for anything else, strings included.
    @inlinable
    public func number(at index: Int32) -> Double? {
        lua_type(pointer, index) == LUA_TNUMBER ? lua_tonumberx(pointer, index, nil) : nil
    }

    /// Whether the value at `index` is a number of the integer subtype.
    @inlinable
    public func isInteger(at index: Int32) -> Bool { lua_isinteger(pointer, index) != 0 }

    /// The bytes of the string at `index`. Nil for anything else, numbers included.
    ///
    /// They are valid while the string is on the stack or otherwise reachable. A zero byte follows them.
    @inlinable
    public func bytes(at index: Int32) -> UnsafeRawBufferPointer? {
        guard lua_type(pointer, index) == LUA_TSTRING else { return nil }
        var count = 0
        let start = lua_tolstring(pointer, index, &count)
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    /// The string at `index`, with invalid UTF-8 repaired. Nil for anything else, numbers included.
    public func string(at index: Int32) -> String? {
        bytes(at: index).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The boolean at `index`. Nil for anything else.
    @inlinable
    public func boolean(at index: Int32) -> Bool? {
        lua_type(pointer, index) == LUA_TBOOLEAN ? lua_toboolean(pointer, index) != 0 : nil
    }

    /// Whether the value at `index` counts as true: it is neither nil nor false.
    @inlinable
    public func isTruthy(at index: Int32) -> Bool { lua_toboolean(pointer, index) != 0 }

    /// The address that identifies the table, function, thread, string or userdata at `index`. Nil for other
    /// types.
    @inlinable
    public func rawPointer(at index: Int32) -> UnsafeRawPointer? { lua_topointer(pointer, index) }

    /// The memory of the full userdata, or the pointer of the light userdata, at `index`.
    @inlinable
    public func userdata(at index: Int32) -> UnsafeMutableRawPointer? { lua_touserdata(pointer, index) }

    /// The C function at `index`.
    @inlinable
    public func cFunction(at index: Int32) -> lua_CFunction? { lua_tocfunction(pointer, index) }

    /// Whether the function at `index` is written in C or Swift.
    @inlinable
    public func isCFunction(at index: Int32) -> Bool { lua_iscfunction(pointer, index) != 0 }

    /// The thread at `index`.
    @inlinable
    public func thread(at index: Int32) -> Lua? { lua_tothread(pointer, index).map(Lua.init) }

    /// Whether the values at two indices are the same, without metamethods.
    @inlinable
    public func rawEqual(_ left: Int32, _ right: Int32) -> Bool { lua_rawequal(pointer, left, right) != 0 }

    /// The length of the string, table or userdata at `index`, without metamethods.
    @inlinable
    public func rawLength(at index: Int32) -> Int { Int(lua_rawlen(pointer, index)) }
}
