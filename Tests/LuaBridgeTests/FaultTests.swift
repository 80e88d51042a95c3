import LuaBridge
import XCTest

private let functions = [
    LuaFunction("argument") { Lua.run($0) { _ throws(LuaFault) in throw .argument(1, "too green") } },
    LuaFunction("message") { Lua.run($0) { _ throws(LuaFault) in throw .message("100% wrong") } },
    LuaFunction("plain") { Lua.run($0) { _ throws(LuaFault) in throw .messageWithoutPosition("no place") } },
    LuaFunction("value") {
        Lua.run($0) { lua throws(LuaFault) in
            lua.pushValue(at: 1)
            throw .value
        }
    },
    LuaFunction("long") {
        Lua.run($0) { _ throws(LuaFault) in throw .message(String(repeating: "x", count: 5000)) }
    },
    LuaFunction("longArgument") {
        Lua.run($0) { _ throws(LuaFault) in throw .argument(1, String(repeating: "y", count: 600)) }
    },
    LuaFunction("empty") { Lua.run($0) { _ throws(LuaFault) in throw .message("") } },
    LuaFunction("needsNumber") {
        Lua.run($0) { lua throws(LuaFault) in
            lua.push(try lua.checkNumber(at: 1))
            return 1
        }
    },
    LuaFunction("fullStack") {
        Lua.run($0) { lua throws(LuaFault) in
            while lua.top < 20 { lua.pushNil() }
            throw .argument(1, "after filling the stack")
        }
    },
    LuaFunction("call") {
        Lua.run($0) { lua throws(LuaFault) in
            try lua.call(arguments: lua.top - 1, results: Lua.allResults)
            return lua.top
        }
    },
    LuaFunction("swallow") {
        Lua.run($0) { lua throws(LuaFault) in
            let status = lua.protectedCall(arguments: lua.top - 1, results: Lua.allResults)
            lua.push(status == .ok)
            lua.insert(at: 1)
            return lua.top
        }
    },
]

final class FaultTests: LuaTestCase {
    func testArgumentFaultHasLuasWording() {
        let host = makeHost(functions)
        expect(host, "argument(1)", "error: test.lua:1: bad argument #1 to 'argument' (too green)")
        expect(
            host, "local o = {m = argument}; o:m()", "error: test.lua:1: calling 'm' on bad self (too green)")
        expect(host, "\n\nlocal f = argument; f()", "error: test.lua:3: bad argument #1 to 'f' (too green)")
        expect(
            host,
            "package.loaded.lib = {f = argument}; argument = nil; return select(2, pcall(package.loaded.lib.f))",
            "bad argument #1 to 'lib.f' (too green)")
    }

    func testMessageFaultHasTheCallersPosition() {
        let host = makeHost(functions)
        expect(host, "\nmessage()", "error: test.lua:2: 100% wrong")
        expect(host, "return select(2, pcall(message))", "100% wrong")
        expect(host, "plain()", "error: no place")
        expect(host, "empty()", "error: test.lua:1: ")
    }

    func testLongTextsArriveWhole() {
        let host = makeHost(functions)
        expect(host, "return #select(2, pcall(function() long() end))", "5012")
        expect(host, "return #select(2, pcall(function() longArgument() end))", "648")
    }

    func testAnyValueCanBeRaised() {
        let host = makeHost(functions)
        expect(host, "local e = {} local ok, r = pcall(value, e) return ok, r == e", "false true")
        expect(host, "return pcall(value, nil)", "false nil")
        expect(host, "return pcall(value, 12)", "false 12")
        expect(host, "return pcall(value, print) == false", "true")
    }

    func testTypeErrorsNameTheType() {
        let host = makeHost(functions)
        expect(host, "return needsNumber(2.5)", "2.5")
        expect(
            host, "needsNumber('5')",
            "error: test.lua:1: bad argument #1 to 'needsNumber' (number expected, got string)")
        expect(
            host, "needsNumber()",
            "error: test.lua:1: bad argument #1 to 'needsNumber' (number expected, got no value)")
        expect(
            host, "needsNumber(io.stdout)",
            "error: test.lua:1: bad argument #1 to 'needsNumber' (number expected, got FILE*)")
        expect(
            host, "needsNumber(setmetatable({}, {__name = 'Thing'}))",
            "error: test.lua:1: bad argument #1 to 'needsNumber' (number expected, got Thing)")
    }

    func testFaultWithFullStack() {
        expect(
            makeHost(functions), "fullStack()",
            "error: test.lua:1: bad argument #1 to 'fullStack' (after filling the stack)")
    }

    func testErrorsPassThroughNestedCalls() {
        let host = makeHost(functions)
        expect(host, "call(call, message)", "error: 100% wrong")
        expect(host, "return swallow(call, call, value, 'deep')", "false deep")
        expect(host, "return pcall(call, pcall, call, message)", "true false 100% wrong")
        expect(host, "return swallow(function() call(error, {}) end)  == false", "true")
        expect(
            host, "return call(function(...) return select('#', ...), ... end, nil, 2, nil)", "3 nil 2 nil")
    }

    func testErrorsPassThroughCoroutines() {
        let host = makeHost(functions)
        expect(
            host, "return coroutine.resume(coroutine.create(function() message() end))",
            "false test.lua:1: 100% wrong")
        expect(
            host, "coroutine.wrap(function() argument() end)()",
            "error: test.lua:1: test.lua:1: bad argument #1 to 'argument' (too green)")
        expect(
            host, "return call(coroutine.wrap(function() call(coroutine.yield, 1) end))",
            "error: attempt to yield across a C-call boundary")
        expect(host, "return swallow(coroutine.wrap(function() coroutine.yield(7) end))", "true 7")
    }

    func testDeepRecursionThroughSwiftIsAnError() {
        let host = makeHost(functions)
        let result = host.run("local function f() return call(f) end return pcall(f)")
        XCTAssertTrue(result.hasPrefix("false "), result)
        XCTAssertTrue(result.contains("C stack overflow"), result)
        expect(host, "return 'still alive'", "still alive")
    }

    func testErrorInFinalizerIsOnlyAWarning() {
        let host = makeHost(functions)
        expect(host, "setmetatable({}, {__gc = function() message() end}) collectgarbage() return 1", "1")
        // A finalizer that fails while another fault is on its way must not replace its text.
        expect(
            host,
            """
            for i = 1, 200 do setmetatable({}, {__gc = function() pcall(plain) end}) end
            local d = collectgarbage("incremental", 1, 1000)
            local ok, e = pcall(function() for i = 1, 100 do
              setmetatable({}, {__gc = function() pcall(plain) end})
              local ok, e = pcall(argument)
              if e ~= "bad argument #1 to 'argument' (too green)" and not e:find("too green") then return e end
            end end)
            return ok, e
            """, "true nil")
    }
}
