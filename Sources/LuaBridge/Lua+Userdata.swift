// Userdata and metatables. Classes of objects are described by ``LuaClass``; this is what lies below.
extension Lua {
    /// Pushes a new full userdata and returns its memory, aligned to 8 bytes and not initialised.
    ///
    /// - Precondition: `size` is at most 2^31, `userValues` at most 65,534.
    public func newUserdata(size: Int, userValues: Int32 = 0) -> UnsafeMutableRawPointer {
        precondition(
            size >= 0 && size <= 1 << 31 && userValues >= 0 && userValues < 65535, "userdata within limits")
        return lua_newuserdatauv(pointer, size, userValues)
    }

    /// Pushes user value number `number`, from 1, of the full userdata at `index`; nil and `.none` if it has
    /// no such.
    @inlinable @discardableResult
    public func getUserValue(_ number: Int32, at index: Int32) -> LuaType {
        LuaType(code: lua_getiuservalue(pointer, index, number))
    }

    /// Pops a value into user value number `number` of the full userdata at `index`.
    ///
    /// - Returns: false if it has no such.
    @inlinable @discardableResult
    public func setUserValue(_ number: Int32, at index: Int32) -> Bool {
        lua_setiuservalue(pointer, index, number) != 0
    }

    /// The number of the class that the object at `index` is of, nil if it is anything else.
    @inlinable
    public func classNumber(at index: Int32) -> Int32? {
        let number = cluabridge_class_number(pointer, index)
        return number < 0 ? nil : number
    }

    /// Pushes the metatable of the value at `index`, or nothing if it has none.
    @inlinable
    public func getMetatable(at index: Int32) -> Bool { lua_getmetatable(pointer, index) != 0 }

    /// Pops a table or nil and makes it the metatable of the value at `index`.
    @inlinable
    public func setMetatable(at index: Int32) { lua_setmetatable(pointer, index) }

    /// Pushes a field of the metatable of the value at `index`, or nothing if there is none.
    public func getMetafield(_ name: StaticString, at index: Int32) -> Bool {
        let name = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        return luaL_getmetafield(pointer, index, name) != LUA_TNIL
    }

    /// Whether the metatable of the value at `index` has a field of that name.
    public func hasMetafield(_ name: StaticString, at index: Int32) -> Bool {
        let found = getMetafield(name, at: index)
        if found { pop() }
        return found
    }
}
