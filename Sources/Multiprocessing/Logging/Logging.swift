import InterProcess
import LuaBridge

/// What the module's logger writes: to stderr, once a script has asked for it. Level and handler are inherited by children.
enum Logging {
    /// Severities, as Python numbers them.
    enum Level: Int64, CaseIterable {
        case notSet = 0
        case subDebug = 5
        case debug = 10
        case info = 20
        case subWarning = 25
        case warning = 30
        case error = 40
        case critical = 50

        var name: StaticString {
            switch self {
            case .notSet: "NOTSET"
            case .subDebug: "SUBDEBUG"
            case .debug: "DEBUG"
            case .info: "INFO"
            case .subWarning: "SUBWARNING"
            case .warning: "WARNING"
            case .error: "ERROR"
            case .critical: "CRITICAL"
            }
        }

        static func name(of number: Int64) -> String {
            Level(rawValue: number)?.name.description ?? "Level \(number)"
        }
    }

    /// As set by the script; 0 is not set.
    nonisolated(unsafe) static var level: Int64 = 0
    nonisolated(unsafe) static var writesToStderr = false

    /// Where no level is set, Python's root logger decides: warnings and what is worse.
    static var effectiveLevel: Int64 { level == 0 ? Level.warning.rawValue : level }

    static func isWanted(_ severity: Int64) -> Bool { writesToStderr && severity >= effectiveLevel }

    /// Writes `[INFO/Process-1] message`.
    static func write(_ lua: Lua, _ severity: Int64, _ message: @autoclosure () -> String) {
        guard isWanted(severity) else { return }
        StandardError.write("[\(Level.name(of: severity))/\(CurrentProcess.name(lua))] \(message())\n")
    }

    /// Tells what the package itself does.
    static func info(_ lua: Lua, _ message: @autoclosure () -> String) {
        write(lua, Level.info.rawValue, message())
    }

    /// A level as scripts give it: `"debug"`, `"DEBUG"` or 10.
    static func level(_ lua: Lua, at position: Int32) throws(LuaFault) -> Int64 {
        if let number = lua.integer(at: position) { return number }
        let name = try lua.checkString(at: position)
        guard let level = Level.allCases.first(where: { $0.name.description == name.uppercased() }) else {
            throw .argument(
                position, "unknown level '\(name)' (debug, info, warning, error, critical or a number)")
        }
        return level.rawValue
    }

    static let functions = [
        LuaFunction("get_logger") { Lua.run($0, getLogger) },
        LuaFunction("log_to_stderr") { Lua.run($0, logToStderr) },
    ]

    private static func getLogger(_ lua: Lua) throws(LuaFault) -> Int32 {
        LoggerClass.push(lua)
        return 1
    }

    /// `log_to_stderr([level])`
    private static func logToStderr(_ lua: Lua) throws(LuaFault) -> Int32 {
        if !lua.isNoneOrNil(at: 1) { level = try level(lua, at: 1) }
        writesToStderr = true
        LoggerClass.push(lua)
        return 1
    }
}
