import Glibc
import InterProcess
import LuaBridge

/// What a Lua Process object holds in memory. Fields that are Lua values are in its table of fields.
struct ProcessState: BitwiseCopyable {
    enum Phase: UInt8 {
        case initial, started, ended, closed
    }

    /// The process that made the object and may start and join it.
    var creator: pid_t
    /// Its place among the objects its creator has made; 0 for that which stands for its creator.
    var number: Int32
    var isDaemon: Bool
    var phase = Phase.initial
    /// Valid once ended.
    var exitCode: Int32 = 0
    /// A pidfd, opened when asked for.
    var sentinel: Int32 = -1
    /// Valid from started until closed.
    var child: ChildProcess?
}

extension UnsafeMutablePointer<ProcessState> {
    /// Whether the object stands for the calling process itself.
    var isSelf: Bool { self == CurrentProcess.ownState || pointee.number == 0 && pointee.creator == getpid() }
}

/// The userdata behind Process objects and those of its subclasses.
enum ProcessObject {
    /// User value 1: a table with the fields `name`, `target`, `args`, `kwargs`, `authkey` under private names and the
    /// user's own; user value 2: its class, a table.
    static let fields: Int32 = 1
    static let ownClass: Int32 = 2

    static let userdata = LuaClass<ProcessState>(
        "Process",
        getters: ProcessProperties.getters,
        setters: ProcessProperties.setters,
        metamethods: [LuaFunction("__tostring") { Lua.run($0, ProcessDescription.toString) }],
        index: { Lua.run($0, index) },
        newIndex: { Lua.run($0, newIndex) },
        userValues: 2,
        finalizer: { _, payload in
            let state = payload.assumingMemoryBound(to: ProcessState.self)
            release(&state.pointee)
        })

    /// Pushes a new object of the class (a table) at `classIndex`.
    @discardableResult
    static func push(_ lua: Lua, ofClassAt classIndex: Int32, number: Int32) -> UnsafeMutablePointer<
        ProcessState
    > {
        let classIndex = lua.absolute(classIndex)
        let state = userdata.push(
            ProcessState(creator: getpid(), number: number, isDaemon: CurrentProcess.isDaemon), to: lua)
        // It has most of them soon.
        lua.createTable(fields: 8)
        lua.setUserValue(fields, at: -2)
        lua.pushValue(at: classIndex)
        lua.setUserValue(ownClass, at: -2)
        return state
    }

    /// Pushes the object that stands for the main process.
    static func pushMain(_ lua: Lua) throws(LuaFault) {
        ProcessClass.push(lua)
        push(lua, ofClassAt: -1, number: 0)
        lua.remove(at: -2)
        lua.push("MainProcess")
        setField("_name", of: -2, in: lua)
        AuthenticationKey.random().withUnsafeBytes { lua.push($0) }
        setField("_authkey", of: -2, in: lua)
    }

    /// The object at `position`, unless it was closed.
    static func check(_ lua: Lua, at position: Int32 = 1) throws(LuaFault) -> UnsafeMutablePointer<
        ProcessState
    > {
        guard let state = userdata.object(lua, at: position) else {
            let type = lua.typeName(at: position)
            let advice =
                type == "class Process"
                ? "make an object first, as p = Class(…), and in init write Class.super.init(self, {…})"
                : "call it with a colon, as in p:start()"
            throw .argument(position, "Process expected, got \(type)\(position == 1 ? "; \(advice)" : "")")
        }
        if state.pointee.phase == .closed { throw .message("process object is closed") }
        return state
    }

    /// Pushes a field that the module keeps in the object at `index`, under a name that begins with `_`: nil if it is not
    /// set.
    @discardableResult
    static func field(_ name: StaticString, of index: Int32, in lua: Lua) -> LuaType {
        let index = lua.absolute(index)
        lua.getUserValue(fields, at: index)
        lua.push(name)
        let type = lua.rawGet(at: -2)
        lua.remove(at: -2)
        return type
    }

    /// Pops a value into a field that the module keeps in the object at `index`.
    static func setField(_ name: StaticString, of index: Int32, in lua: Lua) {
        let index = lua.absolute(index)
        lua.getUserValue(fields, at: index)
        lua.push(name)
        lua.rotate(from: -3, by: -1)
        do throws(LuaFault) { try lua.rawSet(at: -3) } catch { lua.pop(2) }
        lua.pop()
    }

    static func name(of index: Int32, in lua: Lua) -> String {
        field("_name", of: index, in: lua)
        defer { lua.pop() }
        return lua.string(at: -1) ?? ""
    }

    /// `object[key]`: the user's own fields, then the class and its bases.
    private static func index(_ lua: Lua) throws(LuaFault) -> Int32 {
        lua.getUserValue(fields, at: 1)
        lua.pushValue(at: 2)
        if lua.rawGet(at: -2) != .nil { return 1 }
        lua.getUserValue(ownClass, at: 1)
        lua.pushValue(at: 2)
        try lua.get(at: -2)
        if lua.type(at: -1) == .nil, let key = lua.string(at: 2), let meant = ProcessClass.misspelt(key) {
            throw lua.scriptMessage("Process has no '\(key)' (did you mean '\(meant)'?)")
        }
        return 1
    }

    /// `object[key] = value`, where key is no property. A typing error away from one, it is taken for one.
    private static func newIndex(_ lua: Lua) throws(LuaFault) -> Int32 {
        if let key = lua.string(at: 2),
            let meant = Suggestion.nearest(to: key, among: ProcessProperties.names, within: 1)
        {
            throw .message(
                meant.description == key
                    ? "'\(key)' is read-only" : "Process has no property '\(key)' (did you mean '\(meant)'?)")
        }
        lua.getUserValue(fields, at: 1)
        lua.pushValue(at: 2)
        lua.pushValue(at: 3)
        try lua.rawSet(at: -3)
        return 0
    }

    /// Lets go of what the object holds outside Lua.
    static func release(_ state: inout ProcessState) {
        if state.sentinel >= 0 { close(state.sentinel) }
        state.sentinel = -1
        if let child = state.child { HandleTable.release(child.record.object) }
        state.child = nil
    }
}

/// `authkey`: the key with which processes of a family prove to each other who they are.
enum AuthenticationKey {
    static func random() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
