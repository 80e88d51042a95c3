import LuaBridge

/// The logger: one object a state.
enum LoggerClass {
    private static let userdata: LuaClass<UInt64> = LuaClass(
        "Logger",
        methods: [
            LuaFunction("debug") { Lua.run($0) { lua throws(LuaFault) in try log(lua, .debug) } },
            LuaFunction("info") { Lua.run($0) { lua throws(LuaFault) in try log(lua, .info) } },
            LuaFunction("warning") { Lua.run($0) { lua throws(LuaFault) in try log(lua, .warning) } },
            LuaFunction("error") { Lua.run($0) { lua throws(LuaFault) in try log(lua, .error) } },
            LuaFunction("critical") { Lua.run($0) { lua throws(LuaFault) in try log(lua, .critical) } },
            LuaFunction("log") { Lua.run($0, logAtLevel) },
            LuaFunction("setLevel") { Lua.run($0, setLevel) },
            LuaFunction("getEffectiveLevel") { Lua.run($0, getEffectiveLevel) },
        ],
        getters: [LuaFunction("level") { Lua.run($0, getLevel) }],
        metamethods: [LuaFunction("__tostring") { Lua.run($0, toString) }],
        advice: [
            "addHandler": "it writes to stderr: mp.log_to_stderr(level)",
            "set_level": "it is logger:setLevel(level)",
        ])

    static func push(_ lua: Lua) {
        if Registry.push(.logger, to: lua) == .userdata { return }
        lua.pop()
        userdata.push(0, to: lua)
        lua.pushValue(at: -1)
        Registry.set(.logger, in: lua)
    }

    /// `info(message)`, `info(format, ...)`
    private static func log(_ lua: Lua, _ level: Logging.Level) throws(LuaFault) -> Int32 {
        _ = try userdata.check(lua, at: 1)
        try write(lua, level.rawValue, messageAt: 2)
        return 0
    }

    /// `log(level, message, ...)`
    private static func logAtLevel(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try userdata.check(lua, at: 1)
        try write(lua, try Logging.level(lua, at: 2), messageAt: 3)
        return 0
    }

    private static func write(_ lua: Lua, _ severity: Int64, messageAt index: Int32) throws(LuaFault) {
        try lua.checkAny(at: index)
        // Nobody pays for what nobody reads.
        guard Logging.isWanted(severity) else { return }
        if lua.top > index { try format(lua, from: index) }
        let message = try lua.displayString(at: index)
        Logging.write(lua, severity, message)
    }

    /// Replaces everything from `index` on by what `string.format` makes of it.
    private static func format(_ lua: Lua, from index: Int32) throws(LuaFault) {
        let count = lua.top - index + 1
        lua.push("")
        try lua.get("format", at: -1)
        lua.replace(at: lua.top - 1)
        lua.insert(at: index)
        try lua.call(arguments: count, results: 1)
    }

    private static func setLevel(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try userdata.check(lua, at: 1)
        Logging.level = try Logging.level(lua, at: 2)
        return 0
    }

    private static func getEffectiveLevel(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try userdata.check(lua, at: 1)
        lua.push(Logging.effectiveLevel)
        return 1
    }

    private static func getLevel(_ lua: Lua) throws(LuaFault) -> Int32 {
        _ = try userdata.check(lua, at: 1)
        lua.push(Logging.level)
        return 1
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push("<Logger multiprocessing (\(Logging.Level.name(of: Logging.effectiveLevel)))>")
        return 1
    }
}
