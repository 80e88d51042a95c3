import LuaBridge

/// The classes whose instances can be sent: metatables with a name that means the same in every process.
enum ClassRegistry {
    /// A table from names to metatables, and one from metatables to names.
    private static let metatablesKey = Registry.Key.classMetatables
    private static let namesKey = Registry.Key.classNames

    /// Makes instances of the class sendable. Registering the same again is harmless.
    ///
    /// - Parameters:
    ///   - name: The name that all processes know it by; must not be empty.
    ///   - index: Where its metatable is.
    /// - Throws: ``LuaFault/message(_:)`` if another class has the name, or the class another name.
    static func register(_ lua: Lua, _ name: String, metatableAt index: Int32) throws(LuaFault) {
        let metatable = lua.absolute(index)
        let top = lua.top
        defer { lua.top = top }

        if name == ErrorObject.className.description {
            throw .message("the class name '\(name)' is reserved")
        }
        pushTable(lua, metatablesKey)
        lua.push(name)
        if lua.rawGet(at: -2) != .nil, !lua.rawEqual(-1, metatable) {
            throw .message("another class is registered as '\(name)'")
        }
        if pushName(lua, of: metatable), let other = lua.string(at: -1), other != name {
            throw .message("the class is registered as '\(other)' already")
        }
        lua.top = top
        enter(lua, name: name, metatable: metatable)
    }

    /// Makes the metatable of error objects known under its reserved name.
    static func registerErrorObjects(_ lua: Lua) {
        ErrorObject.pushMetatable(lua)
        enter(lua, name: ErrorObject.className.description, metatable: lua.top)
        lua.pop()
    }

    /// Pushes the name of the class whose metatable is at `index`, or nothing if it is not registered.
    static func pushName(_ lua: Lua, of index: Int32) -> Bool {
        let metatable = lua.absolute(index)
        pushTable(lua, namesKey)
        lua.pushValue(at: metatable)
        let found = lua.rawGet(at: -2) != .nil
        if found { lua.remove(at: -2) } else { lua.pop(2) }
        return found
    }

    /// Pushes the metatable of the class of that name, or nothing if there is none.
    static func pushMetatable(_ lua: Lua, named name: UnsafeRawBufferPointer) -> Bool {
        pushTable(lua, metatablesKey)
        lua.push(name)
        let found = lua.rawGet(at: -2) != .nil
        if found { lua.remove(at: -2) } else { lua.pop(2) }
        return found
    }

    /// Calls `body` for each class, with its name at -2 and its metatable at -1.
    static func forEach(_ lua: Lua, _ body: () -> Void) {
        pushTable(lua, metatablesKey)
        let table = lua.top
        lua.pushNil()
        while lua.nextUnchanged(at: table) {
            body()
            lua.pop()
        }
        lua.pop()
    }

    private static func enter(_ lua: Lua, name: String, metatable: Int32) {
        pushTable(lua, metatablesKey)
        lua.push(name)
        lua.pushValue(at: metatable)
        set(lua)
        pushTable(lua, namesKey)
        lua.pushValue(at: metatable)
        lua.push(name)
        set(lua)
        KnownTables.invalidate()
    }

    /// Pops a value, a key, and the table to set it in.
    private static func set(_ lua: Lua) {
        // Neither strings nor tables are bad keys.
        _ = cluabridge_rawset(lua.pointer, -3)
        lua.pop()
    }

    private static func pushTable(_ lua: Lua, _ key: Registry.Key) {
        if Registry.push(key, to: lua) == .table { return }
        lua.pop()
        Registry.pushTable(key, to: lua)
        // The first use: error objects are a class from the start.
        registerErrorObjects(lua)
    }
}
