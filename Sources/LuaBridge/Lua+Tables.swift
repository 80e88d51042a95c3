// Raw access to tables: without metamethods. The value at `index` must be a table.
extension Lua {
    /// Pushes a new table. The counts are hints; they are capped, since Lua raises on absurd ones.
    @inlinable
    public func createTable(array: Int = 0, fields: Int = 0) {
        let most = 1 << 20
        lua_createtable(pointer, Int32(min(max(array, 0), most)), Int32(min(max(fields, 0), most)))
    }

    /// Pushes `table[key]`, where key is a position.
    @inlinable @discardableResult
    public func rawGet(_ key: Int64, at index: Int32) -> LuaType {
        LuaType(code: lua_rawgeti(pointer, index, key))
    }

    /// Pushes `table[key]`.
    @inlinable @discardableResult
    public func rawGet(_ key: StaticString, at index: Int32) -> LuaType {
        let table = absolute(index)
        push(key)
        return LuaType(code: lua_rawget(pointer, table))
    }

    /// Pushes `table[key]`, where key is a light userdata: the address of something of the program's own, in
    /// the registry usually.
    @inlinable @discardableResult
    public func rawGet(privateKey key: UnsafeRawPointer, at index: Int32) -> LuaType {
        LuaType(code: lua_rawgetp(pointer, index, key))
    }

    /// Replaces the key on top of the stack by `table[key]`.
    @inlinable @discardableResult
    public func rawGet(at index: Int32) -> LuaType {
        LuaType(code: lua_rawget(pointer, index))
    }

    /// Pops a value into `table[key]`, where key is a position.
    @inlinable
    public func rawSet(_ key: Int64, at index: Int32) { lua_rawseti(pointer, index, key) }

    /// Pops a value into `table[key]`.
    @inlinable
    public func rawSet(_ key: StaticString, at index: Int32) {
        let table = absolute(index)
        push(key)
        insert(at: -2)
        // A string is never a bad key.
        _ = cluabridge_rawset(pointer, table)
    }

    /// Pops a value into `table[key]`, where key is a light userdata: the address of something of the
    /// program's own, in the registry usually.
    @inlinable
    public func rawSet(privateKey key: UnsafeRawPointer, at index: Int32) { lua_rawsetp(pointer, index, key) }

    /// Pops a value, then a key, and sets `table[key]` to the value.
    ///
    /// - Throws: ``LuaFault/message(_:)`` with Lua's wording if the key is nil or NaN; both are then still on
    ///   the stack.
    @inlinable
    public func rawSet(at index: Int32) throws(LuaFault) {
        switch cluabridge_rawset(pointer, index) {
        case Int32(CLUABRIDGE_RAW_NIL_KEY): throw .message("index is nil")
        case Int32(CLUABRIDGE_RAW_NAN_KEY): throw .message("index is NaN")
        default: return
        }
    }

    /// As ``next(at:)``, at half the cost, for tables that nobody can change meanwhile.
    ///
    /// - Precondition: The key is nil or was got from the table, which has not been changed since.
    @inlinable @inline(__always)
    public func nextUnchanged(at index: Int32) -> Bool { cluabridge_next_unchanged(pointer, index) }

    /// Replaces the key on top of the stack by the next key and its value; start with nil.
    ///
    ///     lua.pushNil()
    ///     while try lua.next(at: table) {
    ///         …            // key at -2, value at -1
    ///         lua.pop()    // the key stays for the next round
    ///     }
    ///
    /// - Returns: false at the end, with the key popped.
    /// - Throws: ``LuaFault/message(_:)`` if the key vanished because something was added to the table
    ///   meanwhile; it is popped then.
    @inlinable
    public func next(at index: Int32) throws(LuaFault) -> Bool {
        switch cluabridge_next(pointer, index) {
        case Int32(CLUABRIDGE_RAW_DONE): return true
        case Int32(CLUABRIDGE_RAW_END): return false
        default: throw .message("table was changed while it was being traversed")
        }
    }

    /// The keys of the table at `index` that are strings, as text.
    ///
    /// - Parameter most: After so many keys of any kind it stops.
    public func stringKeys(at index: Int32, most: Int = .max) -> [String] {
        let table = absolute(index)
        let top = top
        defer { self.top = top }
        var keys: [String] = []
        var seen = 0
        pushNil()
        while seen < most, nextUnchanged(at: table) {
            seen += 1
            pop()
            if let key = string(at: -1) { keys.append(key) }
        }
        return keys
    }
}
