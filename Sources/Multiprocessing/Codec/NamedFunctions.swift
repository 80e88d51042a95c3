import LuaBridge

/// Functions written in C, which are sent by the module and the field where they are found.
enum NamedFunctions {
    /// Where to look first, so that `math.floor` does not travel as a field of some module that passes it on.
    private static let standardModules: [StaticString] = [
        "_G", "string", "table", "math", "io", "os", "coroutine", "utf8", "debug", "package",
    ]

    /// Pushes module and field of the C function at `index`, both strings, or nothing if it is in no loaded module.
    static func pushName(_ lua: Lua, of index: Int32) -> Bool {
        let function = lua.absolute(index)
        let top = lua.top
        if pushLoaded(lua) {
            let loaded = lua.top
            for module in standardModules {
                if lua.rawGet(module, at: loaded) == .table, pushField(lua, of: loaded + 1, holding: function)
                {
                    lua.push(module)
                    return keepName(lua, at: top)
                }
                lua.top = loaded
            }
            lua.pushNil()
            while lua.nextUnchanged(at: loaded) {
                if lua.type(at: -1) == .table, lua.type(at: -2) == .string,
                    pushField(lua, of: loaded + 2, holding: function)
                {
                    lua.pushValue(at: loaded + 1)
                    return keepName(lua, at: top)
                }
                lua.pop()
            }
        }
        lua.top = top
        return false
    }

    /// Pushes the function, or nothing if the loaded module has none there.
    static func push(_ lua: Lua, module: UnsafeRawBufferPointer, field: UnsafeRawBufferPointer) -> Bool {
        let top = lua.top
        if KnownTables.push(lua, .module, module), lua.type(at: -1) == .table {
            lua.push(field)
            if lua.rawGet(at: -2) == .function {
                lua.replace(at: top + 1)
                lua.top = top + 1
                return true
            }
        }
        lua.top = top
        return false
    }

    /// Pushes the name of a field of the table at `module` whose value is that function, or nothing.
    private static func pushField(_ lua: Lua, of module: Int32, holding function: Int32) -> Bool {
        lua.pushNil()
        while lua.nextUnchanged(at: module) {
            let found = lua.rawEqual(-1, function) && lua.type(at: -2) == .string
            lua.pop()
            if found { return true }
        }
        return false
    }

    /// Field and module on top: leaves module and field above `top`.
    private static func keepName(_ lua: Lua, at top: Int32) -> Bool {
        lua.copy(from: -1, to: top + 1)
        lua.pushValue(at: -2)
        lua.replace(at: top + 2)
        lua.top = top + 2
        return true
    }

    private static func pushLoaded(_ lua: Lua) -> Bool { lua.rawGet("_LOADED", at: Lua.registry) == .table }
}
