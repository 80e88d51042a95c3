import LuaBridge

/// Start methods and contexts, for scripts that come from Python: there is one way to start a process.
enum StartMethods {
    private static let only = "fork"
    nonisolated(unsafe) private static var isSet = false

    private static func get(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(only)
        return 1
    }

    private static func list(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.createTable(array: 1)
        lua.push(only)
        lua.rawSet(1, at: -2)
        return 1
    }

    /// `set_start_method(method[, force])`
    private static func set(_ lua: Lua) throws(LuaFault) -> Int32 {
        let parameters = try Parameters(lua, of: "set_start_method", from: 1, ["method", "force"])
        let method = try parameters.string("method")
        let force = try parameters.boolean("force") ?? false
        if isSet, !force { throw .message("context has already been set") }
        if let method { try check(method) }
        isSet = method != nil
        return 0
    }

    /// `get_context([method])`: the module itself.
    private static func context(_ lua: Lua) throws(LuaFault) -> Int32 {
        if let method = try lua.optionalString(at: 1) { try check(method) }
        Multiprocessing.push(lua)
        return 1
    }

    private static func check(_ method: String) throws(LuaFault) {
        if method != only { throw .message("cannot find context for '\(method)'") }
    }

    static let functions = [
        LuaFunction("get_start_method") { Lua.run($0, get) },
        LuaFunction("get_all_start_methods") { Lua.run($0, list) },
        LuaFunction("set_start_method") { Lua.run($0, set) },
        LuaFunction("get_context") { Lua.run($0, context) },
    ]
}
