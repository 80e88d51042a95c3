import LuaBridge
import XCTest

/// The tracked `resume`, `wrap` and `close` against what Lua's manual and its test suite say of them.
final class CoroutineTests: LuaTestCase {
    func testValuesPassBothWays() {
        let host = makeHost()
        expect(
            host,
            """
            local co = coroutine.create(function(a, b)
              local c, d = coroutine.yield(a + b, a - b)
              return c * d, "end"
            end)
            local out = {}
            local function put(...) out[#out + 1] = table.concat(table.pack(...), ",", 2) end
            put(coroutine.resume(co, 5, 3))
            put(coroutine.resume(co, 6, 7))
            return out[1], out[2], coroutine.status(co), coroutine.resume(co)
            """, "8,2 42,end dead false cannot resume dead coroutine")
    }

    func testWrapIsAnIterator() {
        expect(
            makeHost(),
            """
            local sum = 0
            for i in coroutine.wrap(function() for i = 1, 100 do coroutine.yield(i) end end) do sum = sum + i end
            return sum
            """, "5050")
    }

    func testErrorsInWrap() {
        let host = makeHost()
        expect(host, "local f = coroutine.wrap(function() error('x', 0) end) f()", "error: test.lua:1: x")
        expect(
            host,
            """
            local e = {}
            local f = coroutine.wrap(function() error(e) end)
            local ok, r = pcall(f)
            local _, again = pcall(f)
            return ok, r == e, again
            """, "false true cannot resume dead coroutine")
        expect(
            host,
            """
            local f f = coroutine.wrap(function() return pcall(f) end)
            return f()
            """, "false cannot resume non-suspended coroutine")
    }

    func testWrapClosesVariablesAfterAnError() {
        expect(
            makeHost(),
            """
            local log = {}
            local f = coroutine.wrap(function()
              local a <close> = setmetatable({}, {__close = function(_, e) log[1] = e end})
              error("first", 0)
            end)
            local _, message = pcall(f)
            return message, log[1]
            """, "first first")
    }

    func testClose() {
        let host = makeHost()
        expect(
            host,
            """
            local log
            local co = coroutine.create(function()
              local a <close> = setmetatable({}, {__close = function() log = coroutine.running() end})
              coroutine.yield()
            end)
            coroutine.resume(co)
            return coroutine.close(co), coroutine.status(co), log == co, coroutine.close(co)
            """, "true dead true true")
        expect(
            host,
            """
            local co = coroutine.create(function()
              local a <close> = setmetatable({}, {__close = function() error("in close", 0) end})
              coroutine.yield()
            end)
            coroutine.resume(co)
            return coroutine.close(co)
            """, "false in close")
        expect(
            host, "coroutine.close(coroutine.running())",
            "error: test.lua:1: cannot close a running coroutine")
        expect(
            host,
            """
            local outer = coroutine.running()
            return coroutine.resume(coroutine.create(function() coroutine.close(outer) end))
            """, "false test.lua:2: cannot close a normal coroutine")
        expect(host, "return coroutine.close(coroutine.create(print))", "true")
    }

    func testArgumentErrors() {
        let host = makeHost()
        expect(
            host, "coroutine.resume(1)",
            "error: test.lua:1: bad argument #1 to 'resume' (thread expected, got number)")
        expect(
            host, "coroutine.close()",
            "error: test.lua:1: bad argument #1 to 'close' (thread expected, got no value)")
        expect(
            host, "coroutine.wrap(1)",
            "error: test.lua:1: bad argument #1 to 'wrap' (function expected, got number)")
    }

    func testTooManyValues() {
        let host = makeHost()
        expect(
            host,
            """
            local co = coroutine.create(function() return table.unpack({}, 1, 999900) end)
            return (function() local t = table.pack(coroutine.resume(co)) return t[1], t.n end)()
            """, "true 999901")
        expect(
            host,
            """
            local function wide(...) return select('#', ...) end
            local co = coroutine.create(wide)
            return coroutine.resume(co, table.unpack({}, 1, 100000))
            """, "true 100000")
    }

    func testResumeInsideResume() {
        let host = makeHost()
        expect(
            host,
            """
            local main = coroutine.running()
            local inner = coroutine.wrap(function() coroutine.yield(coroutine.resume(main)) end)
            local outer = coroutine.wrap(function() return inner() end)
            return outer()
            """, "false cannot resume non-suspended coroutine")
        let deep = host.run(
            """
            local function nest(n) return coroutine.wrap(function() return n == 0 and "bottom" or nest(n - 1)() end) end
            return nest(150)(), select(2, pcall(nest(250)))
            """)
        XCTAssertTrue(deep.hasPrefix("bottom "), deep)
        XCTAssertTrue(deep.contains("C stack overflow"), deep)
    }

    func testGeneratorsSurviveCollections() {
        expect(
            makeHost(),
            """
            local function permutations(a, n)
              n = n or #a
              if n <= 1 then coroutine.yield(a) else
                for i = 1, n do
                  a[n], a[i] = a[i], a[n]
                  permutations(a, n - 1)
                  a[n], a[i] = a[i], a[n]
                end
              end
            end
            local count = 0
            for _ in coroutine.wrap(function() permutations{1, 2, 3, 4, 5} end) do
              count = count + 1
              if count % 10 == 0 then collectgarbage() end
            end
            return count
            """, "120")
    }
}
