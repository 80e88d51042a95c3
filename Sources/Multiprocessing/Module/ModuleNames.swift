import LuaBridge

/// Names that the module's table does not have: those that are loaded when a script first asks for them, and those
/// that there are not, which is an error, as it is in Python.
enum ModuleNames {
    /// Gives the module table at `index` its metatable.
    static func install(in lua: Lua, moduleAt index: Int32) {
        let module = lua.absolute(index)
        lua.createTable(fields: 1)
        lua.push { Lua.run($0, ModuleNames.find) }
        lua.rawSet("__index", at: -2)
        lua.setMetatable(at: module)
    }

    /// `__index` of the module: `(module, key)`.
    private static func find(_ lua: Lua) throws(LuaFault) -> Int32 {
        if try PoolModule.find(lua) { return 1 }
        // Tools look for names with underscores in everything.
        guard let name = lua.string(at: 2), !name.hasPrefix("_") else { return 0 }
        let known = lua.stringKeys(at: 1) + PoolModule.names.map(\.description)
        throw lua.unknownName(name, owner: "multiprocessing", known: known, advice: advice[name])
    }

    private static let levels = #"levels are strings: mp.log_to_stderr("info")"#
    private static let threads = "there are processes only: mp.Process{target = f}"

    private static let advice = [
        "Thread": threads, "Threads": threads, "thread": threads, "spawn": threads,
        "DEBUG": levels, "INFO": levels, "WARNING": levels, "WARN": levels, "ERROR": levels,
        "dict": "it is made by a manager: mp.Manager():dict()",
        "list": "it is made by a manager: mp.Manager():list()",
        "Namespace": "it is made by a manager: mp.Manager():Namespace()",
        "start": "a process is started by p:start()", "run": "a process is started by p:start()",
        "shared_memory": "it is mp.SharedMemory", "managers": "it is mp.Manager()", "pool": "it is mp.Pool()",
        "queues": "they are mp.Queue(), mp.JoinableQueue(), mp.SimpleQueue()",
        "sharedctypes": "they are mp.Value, mp.Array",
        "time": #"write local time = require "time""#, "exit": "it is os.exit(code)",
        "Listener": "it is not there (yet): use mp.Pipe() or a socket",
        "Client": "it is not there (yet): use mp.Pipe() or a socket",
    ]
}
