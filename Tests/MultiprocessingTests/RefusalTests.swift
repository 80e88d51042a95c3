import LuaBridge
import XCTest

@testable import Multiprocessing

final class RefusalTests: CodecTestCase {
    func testThePlaceIsNamed() {
        let thread = "coroutine.create(print)"
        assertRefused(thread, "cannot send a coroutine (at value)")
        assertRefused(
            "{jobs = {{}, {thread = \(thread)}}}", "cannot send a coroutine (at value.jobs[2].thread)")
        assertRefused("{['odd key'] = \(thread)}", "cannot send a coroutine (at value[\"odd key\"])")
        assertRefused("{['a\"\\n\\\\'] = \(thread)}", "cannot send a coroutine (at value[\"a\\\"\\n\\\\\"])")
        assertRefused("{['1st'] = \(thread)}", "cannot send a coroutine (at value[\"1st\"])")
        assertRefused("{[1.5] = \(thread)}", "cannot send a coroutine (at value[1.5])")
        assertRefused("{[-1] = \(thread)}", "cannot send a coroutine (at value[-1])")
        assertRefused("{[true] = \(thread)}", "cannot send a coroutine (at value[true])")
        assertRefused("{[{}] = \(thread)}", "cannot send a coroutine (at value[a table])")
        assertRefused("{t = {[\(thread)] = 1}}", "cannot send a coroutine (at a key of value.t)")
        assertRefused(
            "{t = {[{x = \(thread)}] = 1}}", "cannot send a coroutine (at inside a key of value.t.x)")
        assertRefused("{1, 2, {\(thread)}}", "cannot send a coroutine (at value[3][1])")
    }

    func testUpvaluesAreNamed() {
        assertRefused(
            "local log = coroutine.create(print) return function() return log end",
            "cannot send a coroutine (at value, upvalue 'log')")
        assertRefused(
            "local log = {t = coroutine.create(print)} return {f = function() return log end}",
            "cannot send a coroutine (at value.f, upvalue 'log'.t)")
    }

    func testUserdata() throws {
        assertRefused("io.tmpfile()", "cannot send a file (at value); pass it to the process at start()")
        assertRefused(
            "{log = io.tmpfile()}", "cannot send a file (at value.log); pass it to the process at start()")

        let pools = LuaClass<Int64>("Pool", methods: [])
        pools.push(1, to: lua)
        try lua.setGlobal("pool")
        assertRefused("{pool}", "cannot send a Pool (at value[1])")
        let sockets = LuaClass<Int64>("tcp{client}", methods: [LuaFunction("getfd") { _ in 0 }])
        sockets.push(1, to: lua)
        try lua.setGlobal("socket")
        assertRefused(
            "socket", "cannot send a socket (tcp{client}) (at value); pass it to the process at start()")
        lua.push(lightUserdata: nil)
        try lua.setGlobal("light")
        assertRefused("light", "cannot send a light userdata (at value)")
    }

    func testCFunctionsWithoutAName() {
        assertRefused(
            "{each = string.gmatch('a', 'a')}",
            "cannot send a C function that is in no loaded module (at value.each)")
    }

    func testUnregisteredMetatables() {
        let advice = "; register it with mp.register(name, metatable)"
        assertRefused(
            "setmetatable({}, {})", "cannot send a table with an unregistered metatable (at value)" + advice)
        assertRefused(
            "{x = setmetatable({}, {__name = 'Account'})}",
            "cannot send a table with an unregistered metatable ('Account') (at value.x)" + advice)
        assertRefused(
            "{x = setmetatable({}, {__name = 'Executor', __sendable = false})}",
            "cannot send an Executor (at value.x)")
    }

    func testARefusalLeavesTheEncoderUsable() throws {
        assertRefused(
            "{('x'):rep(100000), {1}, {2}, coroutine.create(print)}", "cannot send a coroutine (at value[4])")
        try assertCrosses("{{1}, {2}}")
        XCTAssertEqual(try encoded("{1}"), [0x91, 1])
    }
}
