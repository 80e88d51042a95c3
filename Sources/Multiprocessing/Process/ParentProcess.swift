import Glibc
import InterProcess
import LuaBridge

/// `mp.parent_process()`: the parent, as its child sees it.
enum ParentProcess {
    private static let object = Registry.Key.parentProcess

    private static let userdata = LuaClass<SharedObject>(
        "ParentProcess",
        methods: [
            LuaFunction("is_alive") { Lua.run($0, isAlive) },
            LuaFunction("join") { Lua.run($0, join) },
        ],
        getters: [
            LuaFunction("name") { Lua.run($0, name) },
            LuaFunction("pid") { Lua.run($0, pid) },
            LuaFunction("ident") { Lua.run($0, pid) },
        ],
        metamethods: [LuaFunction("__tostring") { Lua.run($0, toString) }],
        advice: [
            "kill": "a process ends its children only", "terminate": "a process ends its children only",
        ],
        finalizer: { _, payload in
            HandleTable.release(payload.assumingMemoryBound(to: SharedObject.self).pointee)
        })

    /// The record of the process that forked this one. The child inherited its parent's reference to it.
    nonisolated(unsafe) private static var record: ProcessRecord?

    /// In a forked child, `record` being that of the process that forked it. The object is made when asked for.
    static func become(_ lua: Lua, _ record: ProcessRecord) {
        self.record = record
        lua.pushNil()
        Registry.set(object, in: lua)
    }

    /// Pushes the parent, nil in the main process.
    static func push(_ lua: Lua) {
        if Registry.push(object, to: lua) == .userdata { return }
        guard let record else { return }
        lua.pop()
        HandleTable.retain(record.object)
        userdata.push(record.object, to: lua)
        lua.pushValue(at: -1)
        Registry.set(object, in: lua)
    }

    private static func check(_ lua: Lua) throws(LuaFault) -> ProcessRecord {
        ProcessRecord(try userdata.check(lua, at: 1).pointee)
    }

    private static func isAlive(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua).isAlive)
        return 1
    }

    private static func join(_ lua: Lua) throws(LuaFault) -> Int32 {
        let record = try check(lua)
        let timeout = try Parameters(lua, of: "join", from: 2, ["timeout"]).timeout()
        switch record.waitForDeath(until: timeout.deadline) {
        case .ready: lua.push(true)
        case .timedOut: lua.push(false)
        case .interrupted: throw lua.interrupted()
        }
        return 1
    }

    private static func name(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua).name)
        return 1
    }

    private static func pid(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.push(try check(lua).pid)
        return 1
    }

    private static func toString(_ lua: Lua) throws(LuaFault) -> Int32 {
        let record = try check(lua)
        lua.push(
            "<_ParentProcess name='\(record.name)' pid=\(record.pid) \(record.isAlive ? "started" : "stopped")>"
        )
        return 1
    }
}
