import LuaBridge
import XCTest

final class CallTests: LuaTestCase {
    func testStatusTellsWhatHappened() {
        let host = makeHost()
        let lua = host.lua
        XCTAssertEqual(lua.load("return 1, 2, 3", name: "=x"), .ok)
        XCTAssertEqual(lua.protectedCall(arguments: 0, results: 2), .ok)
        XCTAssertEqual(lua.top, 2)
        lua.top = 0
        XCTAssertEqual(lua.load("x y", name: "=x"), .syntaxError)
        XCTAssertEqual(lua.string(at: -1), "x:1: syntax error near 'y'")
        XCTAssertEqual(lua.load("error()", name: "=x"), .ok)
        XCTAssertEqual(lua.protectedCall(arguments: 0, results: 0), .runtimeError)
        XCTAssertEqual(lua.type(at: -1), .nil)
        XCTAssertEqual(lua.loadFile("/nonexistent/file.lua"), .fileError)
        XCTAssertEqual(lua.string(at: -1), "cannot open /nonexistent/file.lua: No such file or directory")
    }

    func testTracebackIsAppendedToMessages() {
        let host = makeHost()
        let text = host.run("local function inner() error('oops') end\ninner()", onError: .appendTraceback)
        XCTAssertTrue(text.hasPrefix("error: test.lua:1: oops\nstack traceback:\n"), text)
        XCTAssertTrue(text.contains("test.lua:2: in main chunk"), text)
        XCTAssertTrue(
            host.run("error()", onError: .appendTraceback).hasPrefix(
                "error: (error object is a nil value)\nstack"))
        XCTAssertTrue(
            host.run("error(12)", onError: .appendTraceback).hasPrefix("error: 12\nstack traceback:"))
    }

    func testTablesStayTables() {
        let host = makeHost()
        XCTAssertEqual(
            host.run(
                "error(setmetatable({}, {__tostring = function() return 'mine' end}))",
                onError: .appendTraceback),
            "error: mine")
        XCTAssertTrue(
            host.run("error({})", onError: .appendTraceback)
                .hasPrefix("error: (error object is a table value)\nstack traceback:"))
        expect(
            host,
            """
            object = setmetatable({}, {__traceback = true})
            bare = {}
            own = setmetatable({traceback = "mine"}, {__traceback = true})
            """, "")
        for name in ["object", "bare", "own"] { _ = host.run("error(\(name))", onError: .appendTraceback) }
        expect(
            host,
            "return object.traceback:match('^stack traceback:\\n') ~= nil, bare.traceback, own.traceback",
            "true nil mine")
    }

    func testTracebackCanBeKeptApart() {
        let host = makeHost()
        let lua = host.lua
        XCTAssertEqual(
            host.run("local x = nil; x()", onError: .saveTraceback),
            "error: test.lua:1: attempt to call a nil value (local 'x')")
        lua.pushSavedTraceback()
        XCTAssertTrue(lua.string(at: -1)?.hasPrefix("stack traceback:\n\ttest.lua:1: in main chunk") ?? false)
        lua.pushSavedTraceback()
        XCTAssertEqual(lua.type(at: -1), .nil)
        lua.pop(2)
    }

    func testErrorInToStringDuringErrorHandling() {
        let host = makeHost()
        XCTAssertEqual(host.lua.load("error(io.stdout)", name: "=x"), .ok)
        _ = host.run("getmetatable(io.stdout).__tostring = function() error('again') end")
        XCTAssertNotEqual(host.lua.protectedCall(arguments: 0, results: 0, onError: .appendTraceback), .ok)
        XCTAssertEqual(host.lua.top, 1)
    }

    func testErrorTextNeverFails() {
        let host = makeHost()
        expect(
            host, "error(setmetatable({}, {__tostring = function() error('x') end}))",
            "error: (error object is a table value)")
        expect(
            host, "error(setmetatable({}, {__tostring = function() return {} end}))",
            "error: (error object is a table value)")
        expect(host, "error(1.5)", "error: 1.5")
        expect(host, "error(true)", "error: (error object is a boolean value)")
    }

    func testPositions() {
        let host = makeHost([
            LuaFunction("here") {
                Lua.run($0) { lua throws(LuaFault) in
                    lua.push(lua.position?.description ?? "nowhere")
                    lua.push(lua.position(level: 1)?.description ?? "nowhere")
                    return 2
                }
            }
        ])
        expect(host, "\n\nlocal a, b = here() return a, b", "test.lua:3 test.lua:3")
        expect(host, "return select(2, pcall(here)), (select(3, pcall(here)))", "test.lua:1 nowhere")
        expect(host, "return load('return here()', '=named')()", "named:1 named:1")
        XCTAssertNil(host.lua.position)
    }

    func testTracebackOnDemand() {
        let host = makeHost([
            LuaFunction("trace") {
                Lua.run($0) { lua throws(LuaFault) in
                    try lua.pushTraceback()
                    return 1
                }
            }
        ])
        expect(host, "local t = trace() return t", "stack traceback:\n\ttest.lua:1: in main chunk")
    }

    func testCallsOnAnotherThread() throws {
        let host = makeHost()
        let lua = host.lua
        let thread = lua.newThread()
        XCTAssertEqual(lua.load("return select('#', ...), coroutine.running()", name: "=x"), .ok)
        lua.push(1)
        lua.push("two")
        try lua.move(3, to: thread)
        XCTAssertEqual(thread.protectedCall(arguments: 2, results: 2), .ok)
        XCTAssertEqual(thread.integer(at: -2), 2)
        XCTAssertEqual(thread.thread(at: -1)?.pointer, thread.pointer)
        XCTAssertFalse(thread.pushThread())
        XCTAssertTrue(lua.pushThread())
        XCTAssertEqual(thread.mainThread.pointer, lua.pointer)
    }
}
