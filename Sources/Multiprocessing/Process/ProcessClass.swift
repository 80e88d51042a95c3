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

    /// Names that were looked at and are nobody's misspelling.
    nonisolated(unsafe) private static var innocent: Set<String> = []

    private static let plainMethods = Dictionary(
        uniqueKeysWithValues: methods.map { (Suggestion.plain($0.name.description), $0.name.description) })

    /// What was meant by a name that no object has: a method but for capitals and underscores, or a property but for a
    /// typing error, which is no name for a field of the user's own.
    static func misspelt(_ name: String) -> String? {
        // Objects may be asked often for fields of the user's own that are not there.
        if innocent.contains(name) { return nil }
        if let method = plainMethods[Suggestion.plain(name)] { return method }
        if let property = Suggestion.nearest(to: name, among: ProcessProperties.names, within: 1) {
            return property.description
        }
        if innocent.count < 100 { innocent.insert(name) }
        return nil
    }

    /// The method that was meant by what was called and is none. (Reading a name so near to one is no mistake: it may be a field
    /// of the user's own.)
    static func misspeltMethod(_ name: String) -> String? {
        Suggestion.nearest(to: name, among: methods.map(\.name), within: 1)?.description
    }

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
        ProcessObject.setField("_name", of: -2, in: lua)
        try CurrentProcess.push(lua)
        ProcessObject.field("_authkey", of: -1, in: lua)
        ProcessObject.setField("_authkey", of: -3, in: lua)
        lua.pop()
        return 1
    }

    /// `init(self, {target = …})`; returns the object.
    private static func initialize(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        let className = name(of: 1, in: lua)
        try checkShape(lua, className)
        let options = try Options(lua, at: 2, of: "Process", known: options)
        if options.push("group") != .nil { throw .message("group argument must be None for now") }
        lua.pop()
        switch options.push("name") {
        case .nil: lua.pop()
        case .string: ProcessObject.setField("_name", of: 1, in: lua)
        default: throw .message("\(className): name must be a string, got \(lua.typeName(at: -1))")
        }
        if let daemon = try options.boolean("daemon") { state.pointee.isDaemon = daemon }
        try readTarget(lua, options, className)
        if options.push("args") != .nil {
            try checkArguments(lua)
            lua.pushValue(at: -1)
            ProcessObject.setField("_args", of: 1, in: lua)
        }
        lua.pop()
        if try options.push("kwargs", .table) { ProcessObject.setField("_kwargs", of: 1, in: lua) }
        lua.top = 1
        return 1
    }

    /// The options are one table, or nothing.
    private static func checkShape(_ lua: Lua, _ className: String) throws(LuaFault) {
        let type = lua.type(at: 2)
        let surplus = lua.top > 2
        let example =
            className == "Process"
            ? "write mp.Process{target = f, args = {…}}"
            : "without a function \(className):init(…) of its own it takes \(className){name = …}"
        if type == .table {
            Multiprocessing.push(lua)
            defer { lua.pop() }
            guard !lua.rawEqual(2, -1) else {
                throw .message("call it with a dot: mp.\(className){…}, not mp:\(className){…}")
            }
        }
        guard type == .table || type == .none || type == .nil else {
            throw .message(
                "bad argument #1 to '\(className)' (table expected, got \(lua.typeName(at: 2))): \(example)")
        }
        guard !surplus else {
            throw .message("bad argument #2 to '\(className)' (surplus argument): \(example)")
        }
    }

    /// `args` is a list: names in it would be lost.
    private static func checkArguments(_ lua: Lua) throws(LuaFault) {
        guard lua.type(at: -1) == .table else { throw .message("args must be a table: args = {\"egon\"}") }
        guard lua.rawLength(at: -1) == 0 else { return }
        let args = lua.top
        lua.pushNil()
        while try lua.next(at: args) {
            lua.pop()
            guard let key = lua.string(at: -1), key != "n" else { continue }
            throw .message(
                "args is a list, as args = {\"egon\"}, but has the name '\(key)'; for names there is kwargs = {\(key) = …}"
            )
        }
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
            let advice =
                type == .string ? "write target = f, without quotes" : "write target = f, not target = f()"
            throw .message(
                "\(className): option 'target' must be a function, got \(lua.typeName(at: -1)); \(advice)")
        }
        lua.pushValue(at: -1)
        ProcessObject.setField("_target", of: 1, in: lua)
    }

    /// Whether the object at 1 has the base class's `run`.
    private static func runsTarget(_ lua: Lua) throws(LuaFault) -> Bool {
        try lua.get("run", at: 1)
        push(lua)
        lua.rawGet("run", at: -1)
        defer { lua.pop(3) }
        return lua.rawEqual(-1, -3)
    }

    /// Refuses to start an object that has nothing to do: neither a target nor a `run` of its class.
    static func checkPurpose(_ lua: Lua) throws(LuaFault) {
        defer { lua.pop() }
        guard ProcessObject.field("_target", of: 1, in: lua) == .nil, try runsTarget(lua) else { return }
        let className = name(of: 1, in: lua)
        if className == "Process" {
            throw .message("Process has no target: write mp.Process{target = f, args = {…}}")
        }
        let meant = try lua.top > 0 ? misspeltRun(lua) : nil
        let hint = meant.map { " ('\($0)' is spelled 'run')" } ?? ""
        throw .message(
            "\(className) has neither a run method nor a target: write function \(className):run() … end\(hint)"
        )
    }

    /// A key of the class of the object at 1 that is `run` but for a typing error.
    private static func misspeltRun(_ lua: Lua) throws(LuaFault) -> String? {
        lua.getUserValue(ProcessObject.ownClass, at: 1)
        defer { lua.pop() }
        var names: [String] = []
        lua.pushNil()
        while try lua.next(at: -2) {
            let isFunction = lua.type(at: -1) == .function
            lua.pop()
            if isFunction, let name = lua.string(at: -1) { names.append(name) }
        }
        return Suggestion.nearest(to: "run", among: names.filter { $0 != "init" })
    }

    /// In the parent, once the process runs: what the target refers to is not kept alive for it.
    static func forgetInvocation(of index: Int32, in lua: Lua) {
        for field in ["_target", "_args", "_kwargs"] as [StaticString] {
            lua.pushNil()
            ProcessObject.setField(field, of: index, in: lua)
        }
    }

    /// For `run`: the target and its arguments, kwargs last.
    private static func invocation(_ lua: Lua) throws(LuaFault) -> Int32 {
        let state = try ProcessObject.check(lua)
        guard state.pointee.phase == .initial || state.isSelf else {
            throw .message("cannot run a process that was started: its target went with it")
        }
        let base = lua.top
        ProcessObject.field("_target", of: 1, in: lua)
        if ProcessObject.field("_args", of: 1, in: lua) == .table {
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
        if ProcessObject.field("_kwargs", of: 1, in: lua) == .nil { lua.pop() }
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
