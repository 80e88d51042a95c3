import LuaBridge
import XCTest

private let names: [StaticString] = ["group", "target", "name", "args", "daemon", "maxsize"]

private let functions = [
    LuaFunction("Process") {
        Lua.run($0) { lua throws(LuaFault) in
            let options = try Options(lua, at: 1, of: "Process", known: names)
            let before = lua.top
            let name = try options.string("name")
            let daemon = try options.boolean("daemon")
            let size = try options.integer("maxsize")
            if try options.push("args", .table, note: "args = {\"egon\"}") { lua.pop() }
            precondition(lua.top == before, "the readers leave the stack alone")
            lua.push("\(name ?? "-") \(daemon.map(String.init) ?? "-") \(size ?? -1)")
            return 1
        }
    },
    LuaFunction("get") {
        Lua.run($0) { lua throws(LuaFault) in
            let parameters = try Parameters(lua, of: "get", from: 2, ["block", "timeout"])
            let block = try parameters.boolean("block", note: "a timeout is q:get{timeout = 5}") ?? true
            let timeout = try parameters.timeout() ?? .forever
            lua.push("\(block) \(timeout)")
            return 1
        }
    },
    LuaFunction("Pool") {
        Lua.run($0) { lua throws(LuaFault) in
            let parameters = try Parameters(
                lua, of: "Pool", from: 1, ["processes", "initializer", "initargs", "maxtasksperchild"],
                tables: ["initargs"], optionsOnly: ["name"])
            let processes = try parameters.integer("processes") ?? 0
            let hasArguments = try parameters.push("initargs", .table)
            let tasks = try parameters.integer("maxtasksperchild") ?? 0
            lua.push("\(processes) \(hasArguments) \(tasks) \(try parameters.string("name") ?? "-")")
            return 1
        }
    },
    LuaFunction("sleep") {
        Lua.run($0) { lua throws(LuaFault) in
            lua.push("\(try lua.optionalTimeout(at: 1) ?? .forever)")
            return 1
        }
    },
    LuaFunction("typed") {
        Lua.run($0) { lua throws(LuaFault) in
            try lua.checkAny(at: 1)
            try lua.checkNothing(after: 3, "takes three values")
            lua.top = 3
            lua.push(try lua.checkInteger(at: 1))
            lua.push(try lua.optionalString(at: 2) ?? "absent")
            lua.push(try lua.optional(.function, at: 3))
            return 3
        }
    },
]

final class KeywordTests: LuaTestCase {
    func testOptionsAreRead() {
        let host = makeHost(functions)
        expect(host, "return Process{name = 'n', daemon = false, maxsize = 3.0}", "n false 3")
        expect(host, "return Process()", "- - -1")
        expect(host, "return Process(nil)", "- - -1")
        expect(host, "return Process{target = false}", "- - -1")
    }

    func testUnknownOptionsNameTheNearestKnownOne() {
        let host = makeHost(functions)
        expect(
            host, "Process{taget = 1}",
            "error: test.lua:1: Process: unknown option 'taget' (did you mean 'target'?)")
        expect(
            host, "Process{nmae = 1}",
            "error: test.lua:1: Process: unknown option 'nmae' (did you mean 'name'?)")
        expect(
            host, "Process{deamon = 1}",
            "error: test.lua:1: Process: unknown option 'deamon' (did you mean 'daemon'?)")
        expect(
            host, "Process{x = 1}",
            "error: test.lua:1: Process: unknown option 'x' (known: group, target, name, args, daemon, maxsize)"
        )
        expect(
            host, "Process{print}",
            "error: test.lua:1: Process: options are written name = value, found a value with a number as its key "
                + "(known: group, target, name, args, daemon, maxsize)")
    }

    func testOptionsOfTheWrongType() {
        let host = makeHost(functions)
        expect(
            host, "Process{name = 5}",
            "error: test.lua:1: Process: option 'name' must be a string, got number")
        expect(
            host, "Process{daemon = 'yes'}",
            "error: test.lua:1: Process: option 'daemon' must be a boolean, got string")
        expect(
            host, "Process{maxsize = 2.5}",
            "error: test.lua:1: Process: option 'maxsize' must be an integer, got 2.5")
        expect(
            host, "Process{maxsize = '2'}",
            "error: test.lua:1: Process: option 'maxsize' must be a number, got string")
        expect(
            host, "Process{args = 'egon'}",
            "error: test.lua:1: Process: option 'args' must be a table, got string; args = {\"egon\"}")
        expect(
            host, "Process('egon')",
            "error: test.lua:1: bad argument #1 to 'Process' (table expected, got string)")
    }

    func testParametersByPositionOrName() {
        let host = makeHost(functions)
        expect(host, "return get(q)", "true forever")
        expect(host, "return get(q, true, 0.5)", "true seconds(0.5)")
        expect(host, "return get(q, {timeout = 0.5})", "true seconds(0.5)")
        expect(host, "return get(q, false, {timeout = 2})", "false seconds(2.0)")
        expect(host, "return get(q, nil, 0)", "true immediate")
        expect(host, "return get(q, nil, {block = false})", "false forever")
        expect(host, "return get(q, {})", "true forever")
    }

    func testParameterErrors() {
        let host = makeHost(functions)
        expect(
            host, "local q = {get = get}; q:get(5)",
            "error: test.lua:1: bad argument #1 to 'get' (boolean expected, got number; a timeout is q:get{timeout = 5})"
        )
        expect(host, "get(q, true, {block = true})", "error: test.lua:1: get: 'block' is given twice")
        expect(
            host, "get(q, {time = 1})",
            "error: test.lua:1: get: unknown option 'time' (did you mean 'timeout'?)")
        expect(
            host, "get(q, {seconds = 1})",
            "error: test.lua:1: get: unknown option 'seconds' (known: block, timeout)")
        expect(
            host, "get(q, {timeut = 1})",
            "error: test.lua:1: get: unknown option 'timeut' (did you mean 'timeout'?)")
        expect(
            host, "get(q, {timeout = 'x'})",
            "error: test.lua:1: get: option 'timeout' must be a number of seconds, got string")
        expect(
            host, "get(q, {}, 1)",
            "error: test.lua:1: bad argument #2 to 'get' (boolean expected, got table; "
                + "a timeout is q:get{timeout = 5})")
        expect(
            host, "get(q, true, 1, 2)",
            "error: test.lua:1: bad argument #4 to 'get' (surplus argument; the parameters are block, timeout)"
        )
    }

    func testTablesThatAreNotOptions() {
        let host = makeHost(functions)
        expect(host, "return Pool(4, print, {1, 2})", "4 true 0 -")
        expect(
            host, "return Pool{processes = 4, initargs = {1}, maxtasksperchild = 2, name = 'n'}", "4 true 2 n"
        )
        expect(host, "return Pool(4, print, {1}, {maxtasksperchild = 9})", "4 true 9 -")
        expect(host, "return Pool(4, {name = 'n'})", "4 false 0 n")
    }

    func testTimeouts() {
        let host = makeHost(functions)
        for (source, expected) in [
            ("nil", "forever"), ("math.huge", "forever"), ("0", "immediate"), ("-1", "immediate"),
            ("-math.huge", "immediate"), ("3", "seconds(3.0)"), ("0.25", "seconds(0.25)"),
        ] {
            expect(host, "return sleep(\(source))", expected)
        }
        expect(
            host, "sleep(0/0)",
            "error: test.lua:1: bad argument #1 to 'sleep' (number of seconds expected, got NaN)")
        expect(
            host, "sleep('1')",
            "error: test.lua:1: bad argument #1 to 'sleep' (number of seconds expected, got string)")
        expect(
            host, "get(q, true, 0/0)",
            "error: test.lua:1: bad argument #3 to 'get' (number of seconds expected, got NaN)")
    }

    func testCheckedArguments() {
        let host = makeHost(functions)
        expect(host, "return typed(3.0, 'x', print)", "3 x true")
        expect(host, "return typed(3)", "3 absent false")
        expect(host, "typed()", "error: test.lua:1: bad argument #1 to 'typed' (value expected)")
        expect(
            host, "typed(3.5)",
            "error: test.lua:1: bad argument #1 to 'typed' (number has no integer representation)")
        expect(
            host, "typed(3, 4)", "error: test.lua:1: bad argument #2 to 'typed' (string expected, got number)"
        )
        expect(
            host, "typed(3, '', {})",
            "error: test.lua:1: bad argument #3 to 'typed' (function expected, got table)")
        expect(
            host, "typed(3, '', nil, nil)",
            "error: test.lua:1: bad argument #4 to 'typed' (takes three values)")
    }

    func testSuggestions() {
        XCTAssertEqual(Suggestion.nearest(to: "dameon", among: names)?.description, "daemon")
        XCTAssertEqual(Suggestion.nearest(to: "nam", among: names)?.description, "name")
        XCTAssertNil(Suggestion.nearest(to: "xy", among: names))
        XCTAssertNil(Suggestion.nearest(to: "", among: names))
        XCTAssertNil(Suggestion.nearest(to: "daemno", among: names, within: 0))
    }
}
