import InterProcess
import LuaBridge
import XCTest

@testable import Multiprocessing

final class ClassCodecTests: CodecTestCase {
    private func register(_ name: String, _ metatable: String) throws {
        try push(metatable)
        defer { lua.pop() }
        try ClassRegistry.register(lua, name, metatableAt: -1)
    }

    func testInstancesArriveAsInstances() throws {
        try run(
            "Account = {} Account.__index = Account function Account:balance() return self.cents / 100 end")
        try register("Account", "Account")
        try assertCrosses(
            "setmetatable({cents = 1250}, Account)", "getmetatable(b) == Account and b:balance() == 12.5")
        try assertCrosses("setmetatable({1, 2, 3}, Account)", "getmetatable(b) == Account and #b == 3")
        try assertCrosses("setmetatable({}, Account)", "getmetatable(b) == Account and next(b) == nil")
        try assertCrosses(
            "local x = setmetatable({}, Account) return {x, x}",
            "b[1] == b[2] and getmetatable(b[1]) == Account")
        try assertCrosses(
            "local x = setmetatable({}, Account) x.me = x return x",
            "b.me == b and getmetatable(b) == Account")
        try assertCrosses(
            "setmetatable({inner = setmetatable({{}}, Account), ('x'):rep(20000)}, Account)",
            "getmetatable(b.inner) == Account and #b[1] == 20000")
        try assertCrosses(
            "local t = setmetatable({}, Account) for i = 1, 20 do t['k' .. i] = ('y'):rep(20000) end return t",
            "#b.k20 == 20000")
        try assertCrosses("Account", "b == Account")
    }

    func testFinalizersNeverSeeHalfAnObject() throws {
        try run("Finalized = {__gc = function(self) assert(self.whole) end}")
        try register("Finalized", "Finalized")
        let bytes = try encoded("kept = setmetatable({x = 1, whole = true}, Finalized) return kept")
        try run("seen = 0 Finalized.__gc = function(self) seen = seen + 1 assert(self.whole) end")
        for length in 0..<bytes.count { XCTAssertThrowsError(try decode(Array(bytes[..<length]))) }
        try run("collectgarbage() return seen", results: 1)
        XCTAssertEqual(lua.integer(at: -1), 0)
        lua.pop()
    }

    func testRegistrationIsChecked() throws {
        try run("A, B = {}, {}")
        try register("A", "A")
        try register("A", "A")
        func text(_ name: String, _ metatable: String) -> String? {
            do { try register(name, metatable) } catch LuaFault.message(let text) { return text } catch {}
            return nil
        }
        XCTAssertEqual(text("A", "B"), "another class is registered as 'A'")
        XCTAssertEqual(text("B", "A"), "the class is registered as 'A' already")
        XCTAssertEqual(text("mp.Error", "B"), "the class name 'mp.Error' is reserved")
    }

    func testUnknownClassesAreNamed() throws {
        XCTAssertThrowsError(try decode([0xc7, 9, 3, 0xa7] + Array("Account".utf8) + [0x80])) { error in
            XCTAssertEqual(
                "\(error)",
                "SerializationError: class 'Account' is not registered in this process; call mp.register('Account', metatable) in both"
            )
        }
        XCTAssertThrowsError(try decode([0xc7, 8, 7] + Array("CAccount".utf8))) { error in
            XCTAssertEqual(
                "\(error)", "SerializationError: class 'Account' is not registered in this process")
        }
    }

    func testErrorObjectsTravelAsTheyAre() throws {
        _ = ErrorObject.make(lua, .empty, "no item within 0.5 s", place: "script.lua:12") {
            $0.set("count", 3)
        }
        try decode(try encodeTop())
        XCTAssertTrue(ErrorObject.isErrorObject(lua, at: -1))
        XCTAssertEqual(try lua.displayString(at: -1), "script.lua:12: Empty: no item within 0.5 s")
        lua.rawGet("count", at: -1)
        XCTAssertEqual(lua.integer(at: -1), 3)
        lua.pop(3)
    }
}

final class ErrorObjectTests: CodecTestCase {
    func testWhereIsTheLineThatRuns() throws {
        lua.push { state in
            Lua.run(state) { lua throws(LuaFault) in throw ErrorObject.make(lua, .timeoutError, "too late") }
        }
        try lua.setGlobal("fail")
        try run(
            "local e = select(2, pcall(function()\n fail()\n end)) return tostring(e), e.kind, e.message, e.where",
            results: 4)
        XCTAssertEqual(lua.string(at: -4), "test:2: TimeoutError: too late")
        XCTAssertEqual(lua.string(at: -3), "TimeoutError")
        XCTAssertEqual(lua.string(at: -2), "too late")
        XCTAssertEqual(lua.string(at: -1), "test:2")
        lua.pop(4)
    }

    func testTheOriginalMessageOfAnotherProcessComesFirst() throws {
        _ = ErrorObject.make(lua, .processError, "worker.lua:3: boom", place: "main.lua:9")
        XCTAssertEqual(try lua.displayString(at: -1), "worker.lua:3: boom\n\t(ProcessError at main.lua:9)")
        lua.pop()
    }

    func testOnlyErrorObjectsAreErrorObjects() throws {
        for value in ["{}", "setmetatable({}, {})", "1", "nil", "{kind = 'Empty'}"] {
            try push(value)
            XCTAssertFalse(ErrorObject.isErrorObject(lua, at: -1), value)
            lua.pop()
        }
    }

    func testSystemErrorsCarryErrno() {
        _ = ErrorObject.make(lua, SystemError(code: 11, doing: "starting a process"))
        lua.rawGet("errno", at: -1)
        XCTAssertEqual(lua.integer(at: -1), 11)
        lua.pop(2)
    }
}
