import LuaBridge

/// What pipes and waiting add to the module.
enum ConnectionModule {
    private static let functions = [
        LuaFunction("Pipe") { Lua.run($0, Pipe.make) },
        LuaFunction("wait") { Lua.run($0, Wait.wait) },
    ]

    /// Sets `Pipe`, `wait` and `connection.wait` in the module table at `index`.
    static func install(in lua: Lua, moduleAt index: Int32) {
        let module = lua.absolute(index)
        CodecHooks.descriptors = ConnectionCoding.self
        lua.setFunctions(functions, at: module)
        lua.createTable(fields: 1)
        lua.rawGet("wait", at: module)
        lua.rawSet("wait", at: -2)
        lua.refuseUnknownNames(at: -1, owner: "multiprocessing.connection")
        lua.rawSet("connection", at: module)
    }
}
