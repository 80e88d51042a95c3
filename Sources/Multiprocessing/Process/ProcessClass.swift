import Glibc
import InterProcess
import LuaBridge

/// `mp.Process`: a table that is called to make objects and from which classes are derived.
enum ProcessClass {
    private static let table = Registry.Key.processClass

    private static let methods =
        ProcessLifecycle.methods + [
            LuaFunction("subclass") { Lua.run($0, subclass) },
            LuaFunction("init") { Lua.run($0, initialize) },
        ]

    private static let options: [StaticString] = ["group", "target", "name", "args", "kwargs", "daemon"]

    /// Pushes the class, making it the first time.
    static func push(_ lua: Lua) { Registry.push(table, to: lua) }

    static func install(in lua: Lua) throws(LuaFault) {
        lua.createTable(fields: methods.count + 2)
        lua.setFunctions(methods, at: -1)
        lua.push("Process")
        lua.rawSet("__name", at: -2)
        lua.push { Lua.run($0, ProcessClass.invocation) }
        try Prelude.push(Prelude.run, arguments: 1, to: lua)
        lua.rawSet("run", at: -2)
        try setMetatable(lua, base: nil)
        Registry.set(table, in: lua)
    }

    /// Gives the class on top of the stack its metatable: callable, with what is missing looked up in its base.
    private static func setMetatable(_ lua: Lua, base: Int32?) throws(LuaFault) {
        lua.createTable(fields: 3)
        lua.push { Lua.run($0, ProcessClass.new) }
        if base == nil {
            lua.rawGet("init", at: -3)
        } else {
            push(lua)
            lua.rawGet("init", at: -1)
            lua.remove(at: -2)
        }
        try Prelude.push(Prelude.construct, arguments: 2, to: lua)
        lua.rawSet("__call", at: -2)
        if let base {
            lua.pushValue(at: base)
            lua.rawSet("__index", at: -2)
        }
        lua.push("class Process")
        lua.rawSet("__name", at: -2)
        lua.setMetatable(at: -2)
    }

    /// `Class:subclass(name)`
    private static func subclass(_ lua: Lua) throws(LuaFault) -> Int32 {
        guard lua.type(at: 1) == .table else {
            throw .argument(
                1, "class expected, got \(lua.typeName(at: 1)); as in mp.Process:subclass(\"Name\")")
        }
        _ = try lua.checkBytes(at: 2)
        lua.top = 2
        lua.createTable()
        lua.pushValue(at: 2)
        lua.rawSet("__name", at: -2)
        lua.pushValue(at: 1)
        lua.rawSet("super", at: -2)
        try setMetatable(lua, base: 1)
        // So that messages can name the class. Where the name is taken, by another class or a user's, they cannot.
        let name = try lua.checkString(at: 2)
        do throws(LuaFault) {
            try ClassRegistry.register(lua, name, metatableAt: lua.top)
        } catch { lua.top = 3 }
        lua.top = 3
        return 1
    }

    /// A new object with the base fields set: `(class)`.
    private static func new(_ lua: Lua) throws(LuaFault) -> Int32 {
        let number = CurrentProcess.nextNumber()
        ProcessObject.push(lua, ofClassAt: 1, number: number)
        lua.push("\(name(of: -1, in: lua))-\(CurrentProcess.identityText(number))")
        ProcessObject.setField("name", of: -2, in: lua)
        return 1
    }

    /// `init(self, {target = …})`; returns the object.
    private static func initialize(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        let className = name(of: 1, in: lua)
        if lua.type(at: 2) == .function {
            throw .message(
                "bad argument #1 to '\(className)' (table expected, got function): write mp.Process{target = f, args = {…}}"
            )
        }
        guard lua.top <= 2 else { throw .argument(3, "surplus argument; the options go into one table") }
        let options = try Options(lua, at: 2, of: "Process", known: options)
        if options.push("group") != .nil { throw .message("group argument must be None for now") }
        lua.pop()
        switch options.push("name") {
        case .nil: lua.pop()
        case .string: ProcessObject.setField("name", of: 1, in: lua)
        default: throw .message("\(className): name must be a string, got \(lua.typeName(at: -1))")
        }
        if let daemon = try options.boolean("daemon") { state.pointee.isDaemon = daemon }
        try readTarget(lua, options, className)
        if options.push("args") != .nil {
            guard lua.type(at: -1) == .table else {
                throw .message("args must be a table: args = {\"egon\"}")
            }
            lua.pushValue(at: -1)
            ProcessObject.setField("args", of: 1, in: lua)
        }
        lua.pop()
        if try options.push("kwargs", .table) { ProcessObject.setField("kwargs", of: 1, in: lua) }
        lua.top = 1
        return 1
    }

    private static func readTarget(_ lua: Lua, _ options: Options, _ className: String) throws(LuaFault) {
        let type = options.push("target")
        defer { lua.pop() }
        if type == .nil {
            guard lua.type(at: 2) == .table, try runsTarget(lua) else { return }
            throw .message(
                "\(className): target is nil (is the function defined above this line?); write target = f, not target = f()"
            )
        }
        guard type == .function || lua.hasMetafield("__call", at: -1) else {
            throw .message("\(className): option 'target' must be a function, got \(lua.typeName(at: -1))")
        }
        lua.pushValue(at: -1)
        ProcessObject.setField("target", of: 1, in: lua)
    }

    /// Whether the object at 1 has the base class's `run`.
    private static func runsTarget(_ lua: Lua) throws(LuaFault) -> Bool {
        try lua.get("run", at: 1)
        push(lua)
        lua.rawGet("run", at: -1)
        defer { lua.pop(3) }
        return lua.rawEqual(-1, -3)
    }

    /// In the parent, once the process runs: what the target refers to is not kept alive for it.
    static func forgetInvocation(of index: Int32, in lua: Lua) {
        for field in ["target", "args", "kwargs"] as [StaticString] {
            lua.pushNil()
            ProcessObject.setField(field, of: index, in: lua)
        }
    }

    /// For `run`: the target and its arguments, kwargs last.
    private static func invocation(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        guard state.pointee.phase == .initial || state.pointee.isSelf else {
            throw .message("cannot run a process that was started: its target went with it")
        }
        let base = lua.top
        ProcessObject.field("target", of: 1, in: lua)
        if ProcessObject.field("args", of: 1, in: lua) == .table {
            let args = lua.top
            lua.rawGet("n", at: args)
            let count = lua.integer(at: -1).map { Int(max(0, $0)) } ?? lua.rawLength(at: args)
            lua.pop()
            guard count < 1_000_000 else { throw .message("too many arguments for a target: \(count)") }
            try lua.ensureStack(Int32(count) + 5)
            for index in 0..<count { lua.rawGet(Int64(index + 1), at: args) }
            lua.remove(at: args)
        } else {
            lua.pop()
        }
        if ProcessObject.field("kwargs", of: 1, in: lua) == .nil { lua.pop() }
        return lua.top - base
    }

    /// The name of the class of the object at `index`.
    static func name(of index: Int32, in lua: Lua) -> String {
        let index = lua.absolute(index)
        lua.getUserValue(ProcessObject.ownClass, at: index)
        defer { lua.pop(2) }
        guard lua.type(at: -1) == .table else {
            lua.pushNil()
            return "Process"
        }
        lua.rawGet("__name", at: -1)
        return lua.string(at: -1) ?? "Process"
    }
}
