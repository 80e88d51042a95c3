import Glibc
import InterProcess
import LuaBridge

/// `require "time"`: Python's module, as far as scripts of this field use it.
enum TimeModule {
    private static let functions = [
        LuaFunction("time") {
            Lua.run($0) {
                $0.push(Double(nanoseconds(CLOCK_REALTIME)) / 1e9)
                return 1
            }
        },
        LuaFunction("monotonic") {
            Lua.run($0) {
                $0.push(Double(Clock.now) / 1e9)
                return 1
            }
        },
        LuaFunction("perf_counter") {
            Lua.run($0) {
                $0.push(Double(Clock.now) / 1e9)
                return 1
            }
        },
        LuaFunction("time_ns") {
            Lua.run($0) {
                $0.push(nanoseconds(CLOCK_REALTIME))
                return 1
            }
        },
    ]

    /// Behind Lua's own searchers: a `time.lua` on the user's path comes first.
    static func install(in lua: Lua) throws(LuaFault) {
        try Searchers.append({ Lua.run($0, TimeModule.search) }, to: lua)
    }

    private static func search(_ lua: Lua) throws(LuaFault) -> Int32 {
        guard lua.isString("time", at: 1) else { return 0 }
        lua.push { Lua.run($0, TimeModule.open) }
        lua.push("built in")
        return 2
    }

    private static func open(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.createTable(fields: functions.count)
        lua.setFunctions(functions, at: -1)
        pushSleep(lua)
        lua.rawSet("sleep", at: -2)
        lua.refuseUnknownNames(
            at: -1, owner: "time",
            advice: [
                "strftime": "os.date(format) does it", "clock": "os.clock() does it",
                "ctime": "os.date() does it",
                "localtime": #"os.date("*t") does it"#,
            ])
        return 1
    }

    private static let sleepKey = Registry.Key.sleep

    /// Pushes `sleep`, one function of two modules.
    static func pushSleep(_ lua: Lua) {
        if Registry.push(sleepKey, to: lua) == .function { return }
        lua.pop()
        lua.push { Lua.run($0, TimeModule.sleep) }
        lua.pushValue(at: -1)
        Registry.set(sleepKey, in: lua)
    }

    /// `sleep(seconds)`: other processes go on; Ctrl-C ends it.
    private static func sleep(_ lua: Lua) throws(LuaFault) -> Int32 {
        let seconds = try lua.checkNumber(at: 1)
        guard !seconds.isNaN else { throw .argument(1, "number of seconds expected, got NaN") }
        guard seconds >= 0 else { throw .message("sleep length must be non-negative") }
        let deadline = Deadline.after(seconds: seconds)
        _ = try PoolModule.drive(lua, for: seconds)
        var set = WaitSet()
        let outcome = Waiting.wait(
            Operation(.sleep), in: &set, until: deadline, looksReady: nil, attempt: { false })
        if outcome == .interrupted { throw lua.interrupted() }
        return 0
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}
