import Glibc
import LuaBridge
import XCTest

/// What an embedding program does with a state.
final class RuntimeTests: LuaTestCase {
    private func failure(_ body: () throws(LuaError) -> Void) -> LuaError? {
        do throws(LuaError) {
            try body()
            return nil
        } catch { return error }
    }

    private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        var name = Array("/tmp/luabridge-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        let bytes = Array(text.utf8)
        XCTAssertEqual(write(descriptor, bytes, bytes.count), bytes.count)
        close(descriptor)
        defer { unlink(name) }
        try body(String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    func testResultsAreOfTheTypesAskedFor() throws {
        let runtime = makeHost().runtime
        try runtime.run("return 1")
        XCTAssertEqual(try runtime.run("return 6 * 7", returning: Int.self), 42)
        let (first, second, list, _, missing) = try runtime.run(
            "local a, b = ... return a, b, {1, 2}, 4", arguments: ["x", "y"],
            returning: String.self, String.self, [Int]?.self, Int.self, Bool?.self)
        XCTAssertEqual(first, "x")
        XCTAssertEqual(second, "y")
        XCTAssertEqual(list, [1, 2])
        XCTAssertNil(missing)
        XCTAssertEqual(runtime.lua.top, 0)
    }

    func testFilesRunWithArguments() throws {
        let runtime = makeHost().runtime
        try withFile("local a, b = ... return a + b, select('#', ...)") { path in
            let (sum, count) = try runtime.run(
                file: path, arguments: [1, 2, Int?.none], returning: Int.self, Int.self)
            XCTAssertEqual(sum, 3)
            XCTAssertEqual(count, 3)
        }
    }

    func testErrorsCarryMessageAndTraceback() {
        let runtime = makeHost().runtime
        let error = failure { () throws(LuaError) in try runtime.run("\nerror('oops')", name: "x.lua") }
        XCTAssertEqual(error?.message, "x.lua:2: oops")
        XCTAssertEqual(error?.status, .runtimeError)
        XCTAssertNil(error?.kind)
        XCTAssertEqual(
            error?.traceback, "stack traceback:\n\t[C]: in function 'error'\n\tx.lua:2: in main chunk")
        XCTAssertEqual(error?.description, (error?.message ?? "") + "\n" + (error?.traceback ?? ""))
        XCTAssertEqual(runtime.lua.top, 0)
    }

    func testErrorObjectsHaveAKind() {
        let runtime = makeHost().runtime
        let plain = failure { () throws(LuaError) in
            try runtime.run("error {kind = 'Full', message = 'no room', traceback = 'elsewhere'}")
        }
        XCTAssertEqual(plain?.kind, "Full")
        XCTAssertEqual(plain?.message, "no room")
        XCTAssertEqual(plain?.traceback, "elsewhere")
        let shown = failure { () throws(LuaError) in
            try runtime.run(
                "error(setmetatable({kind = 'Full', message = 'x'}, {__tostring = function() return 'shown' end}))"
            )
        }
        XCTAssertEqual(shown?.message, "shown")
        let nothing = failure { () throws(LuaError) in try runtime.run("error {}") }
        XCTAssertEqual(nothing?.message, "(error object is a table value)")
        XCTAssertNil(nothing?.kind)
    }

    func testWhatCannotRunSaysWhy() throws {
        let runtime = makeHost().runtime
        let syntax = failure { () throws(LuaError) in try runtime.run("x x", name: "x.lua") }
        XCTAssertEqual(syntax?.status, .syntaxError)
        XCTAssertEqual(syntax?.message, "x.lua:1: syntax error near 'x'")
        XCTAssertNil(syntax?.traceback)
        let file = failure { () throws(LuaError) in try runtime.run(file: "/nonexistent/x.lua") }
        XCTAssertEqual(file?.status, .fileError)
        XCTAssertEqual(file?.message, "cannot open /nonexistent/x.lua: No such file or directory")
        let result = failure { () throws(LuaError) in
            _ = try runtime.run("return 1, {2, 'x'}", returning: Int.self, [Int].self)
        }
        XCTAssertEqual(result?.message, "bad result #2 (number expected, got string at [2])")
        XCTAssertEqual(runtime.lua.top, 0)
    }

    func testGlobalsAndTheirFunctions() throws {
        let runtime = makeHost().runtime
        try runtime.setGlobal("numbers", to: [1, 2, 3])
        try runtime.run(
            "function sum(list, start) for _, n in ipairs(list) do start = start + n end return start end")
        XCTAssertEqual(try runtime.call("sum", [4, 5], 0.5, returning: Double.self), 9.5)
        try runtime.call("print")
        XCTAssertEqual(try runtime.global("numbers"), [1, 2, 3])
        XCTAssertNil(try runtime.global("nothing", as: Int?.self))
        XCTAssertEqual(
            failure { () throws(LuaError) in _ = try runtime.global("numbers", as: [String].self) }?.message,
            "global 'numbers': string expected, got number at [1]")
        XCTAssertEqual(
            failure { () throws(LuaError) in try runtime.call("nothing") }?.message,
            "global 'nothing' is no function but nil")
        XCTAssertEqual(runtime.lua.top, 0)
    }

    func testGlobalsMayHaveMetamethods() throws {
        let runtime = makeHost().runtime
        try runtime.run("setmetatable(_G, {__index = error, __newindex = error})")
        XCTAssertNotNil(failure { () throws(LuaError) in _ = try runtime.global("nothing", as: Int?.self) })
        XCTAssertNotNil(failure { () throws(LuaError) in try runtime.setGlobal("nothing", to: 1) })
        XCTAssertEqual(runtime.lua.top, 0)
    }

    func testModulesAreRequired() throws {
        let runtime = makeHost().runtime
        try runtime.addModule("own.sums", [LuaFunction("double") { Lua.apply($0) { (n: Int) in n * 2 } }])
        XCTAssertEqual(try runtime.run("return require('own.sums').double(21)", returning: Int.self), 42)
        let bare = makeHost(libraries: false).runtime
        XCTAssertEqual(
            failure { () throws(LuaError) in try bare.addModule("own", []) }?.message,
            "the standard libraries are not open")
    }

    func testWithLuaLeavesTheStackAsItWas() throws {
        let runtime = makeHost().runtime
        let length = try runtime.withLua { lua throws(LuaFault) in
            lua.push("text")
            lua.push("more")
            return try lua.length(at: -2)
        }
        XCTAssertEqual(length, 4)
        XCTAssertEqual(runtime.lua.top, 0)
        let error = failure { () throws(LuaError) in
            _ = try runtime.withLua { lua throws(LuaFault) in
                lua.push(1)
                return try lua.length(at: -1)
            }
        }
        XCTAssertEqual(error?.message, "attempt to get length of a number value")
        XCTAssertEqual(runtime.lua.top, 0)
    }

    func testClosedStateIsAnError() {
        let runtime = makeHost().runtime
        XCTAssertFalse(runtime.isClosed)
        runtime.close()
        XCTAssertTrue(runtime.isClosed)
        XCTAssertEqual(
            failure { () throws(LuaError) in try runtime.run("return 1") }?.message, "the state is closed")
    }

    func testRunningFromInsideABody() throws {
        let host = makeHost([
            LuaFunction("nested") {
                Lua.run($0) { lua throws(LuaFault) in
                    let runtime = lua.context(as: LuaRuntime.self)
                    do throws(LuaError) {
                        lua.push(
                            try runtime.run("return select(2, coroutine.running())", returning: Bool.self))
                    } catch { throw .message(error.message) }
                    return 1
                }
            }
        ])
        host.runtime.context = host.runtime
        defer { host.runtime.context = nil }
        expect(host, "return nested(), coroutine.wrap(function() return nested() end)()", "true false")
    }
}
