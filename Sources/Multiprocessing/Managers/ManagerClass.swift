import InterProcess
import LuaBridge

/// `mp.Manager()`: makes dictionaries, lists, namespaces and everything else that processes share. There is no server
/// process behind it: the objects live in shared memory and outlive the manager.
enum ManagerClass {
    static let manager: LuaClass<UInt64> = LuaClass(
        "Manager",
        methods: [
            LuaFunction("dict") { Lua.run($0, DictionaryClass.construct) },
            LuaFunction("list") { Lua.run($0, ListClass.construct) },
            LuaFunction("Namespace") { Lua.run($0, NamespaceClass.construct) },
            LuaFunction("start") { Lua.run($0, nothing) },
            LuaFunction("shutdown") { Lua.run($0, nothing) },
        ] + Constructor.all,
        metamethods: [
            LuaFunction("__close") { Lua.run($0, nothing) },
            LuaFunction("__tostring") {
                Lua.run($0) {
                    $0.push("<Manager>")
                    return 1
                }
            },
        ],
        advice: [
            "Pool": "it is mp.Pool()", "Process": "it is mp.Process{…}", "Pipe": "it is mp.Pipe()",
            "table": "it is m:dict() or m:list()", "map": "it is m:dict()",
            "array": "it is m:list(), or m:Array(…)",
            "join": "a manager has no process to wait for",
        ])

    static let constructor = LuaFunction("Manager") {
        Lua.run($0) { lua throws(LuaFault) in
            try lua.checkNothing(after: 0, "a manager takes no arguments")
            manager.push(0, to: lua)
            return 1
        }
    }

    /// `start` and `shutdown`, for scripts that come from Python: there is nothing to start or to end.
    private static func nothing(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try manager.check(lua, at: 1)
        return 0
    }
}
