import InterProcess
import LuaBridge

/// `Pool`, `ProcessPoolExecutor` and their kin, which are written in Lua and loaded when a script first asks for one.
enum PoolModule {
    static let names: [StaticString] = [
        "Pool", "ProcessPoolExecutor", "as_completed", "wait_futures",
    ]
    private static let drive = Registry.Key.drivePools

    /// Pushes what the module at 1 gets under the name at 2, if that is one of these.
    ///
    /// - Returns: Whether it is.
    static func find(_ lua: Lua) throws(LuaFault) -> Bool {
        guard let name = names.first(where: { lua.isString($0, at: 2) }) else { return false }
        try load(lua)
        lua.rawGet(name, at: 1)
        return true
    }

    /// Runs the sources and sets what they define in the module at 1.
    private static func load(_ lua: Lua) throws(LuaFault) {
        lua.createTable(fields: PoolHost.functions.count)
        lua.setFunctions(PoolHost.functions, at: -1)
        let host = lua.top
        lua.push(Interruption.message)
        lua.rawSet("interruption", at: host)
        let worker = try run(lua, PackageResources.worker_lua, "=[pool worker]", arguments: [1, host])
        let options = try run(lua, PackageResources.arguments_lua, "=[pool arguments]", arguments: [host])
        let books = try run(lua, PackageResources.books_lua, "=[pool books]", arguments: [host, options])
        let owner = try run(
            lua, PackageResources.owner_lua, "=[pool owner]", arguments: [1, host, worker, books])
        let imap = try run(
            lua, PackageResources.imap_lua, "=[imap]", arguments: [host, options, books, owner])
        let progress = try run(lua, PackageResources.progress_lua, "=[progress]", arguments: [host])
        let pool = try run(
            lua, PackageResources.pool_lua, "=[pool]",
            arguments: [1, host, options, books, owner, imap, progress])
        let executor = try run(
            lua, PackageResources.executor_lua, "=[executor]",
            arguments: [1, host, options, owner, imap, pool])
        lua.rawGet("drive", at: owner)
        Registry.set(drive, in: lua)
        lua.rawGet("new", at: pool)
        lua.rawSet("Pool", at: 1)
        lua.rawGet("new", at: executor)
        lua.rawSet("ProcessPoolExecutor", at: 1)
        for name in ["as_completed", "wait_futures"] as [StaticString] {
            lua.rawGet(name, at: executor)
            lua.rawSet(name, at: 1)
        }
        lua.top = host - 1
    }

    /// Pushes what a source returns that is given the values at these indices. Returns its index.
    private static func run(
        _ lua: Lua, _ source: [UInt8], _ name: String, arguments: [Int32]
    ) throws(LuaFault) -> Int32 {
        try source.withUnsafeBytes { lua.load($0, name: name) }.check()
        for argument in arguments { lua.pushValue(at: argument) }
        try lua.call(arguments: Int32(arguments.count), results: 1)
        return lua.top
    }

    /// Lets the pools of this process, if any, do what there is to do: hand out tasks, run callbacks.
    ///
    /// - Parameter seconds: how long to go on while tasks are under way.
    /// - Returns: whether some still are.
    static func drive(_ lua: Lua, for seconds: Double) throws(LuaFault) -> Bool {
        guard Registry.push(drive, to: lua) == .function else {
            lua.pop()
            return false
        }
        lua.push(seconds)
        try lua.call(arguments: 1, results: 1)
        defer { lua.pop() }
        return lua.isTruthy(at: -1)
    }
}
