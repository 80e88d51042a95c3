import Glibc
import LuaBridge
import XCTest

/// The state that the signal handler interrupts.
nonisolated(unsafe) private var target: UnsafeMutablePointer<cluabridge_State>?

private let functions = [
    LuaFunction("alarm") {
        Lua.run($0) { lua throws(LuaFault) in
            var interval = itimerval()
            interval.it_value.tv_usec = 20_000
            setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &interval, nil)
            return 0
        }
    },
    LuaFunction("interrupt") {
        Lua.run($0) { lua throws(LuaFault) in
            cluabridge_interrupt(target!)
            return 0
        }
    },
    LuaFunction("wait") {
        Lua.run($0) { lua throws(LuaFault) in
            while !lua.isInterruptPending { usleep(1000) }
            try lua.deliverInterrupt()
            return 0
        }
    },
]

final class InterruptTests: LuaTestCase {
    /// A host whose interrupts raise `interrupted!`; the SIGALRM that `alarm()` orders interrupts it 20 ms
    /// later.
    private func makeInterruptible() -> Host {
        let host = makeHost(functions)
        host.runtime.setInterruptHandler { state in
            Lua(state).push("interrupted!")
            return true
        }
        target = host.runtime.interruptTarget
        signal(SIGALRM) { _ in cluabridge_interrupt(target!) }
        return host
    }

    override func tearDown() {
        signal(SIGALRM, SIG_DFL)
        target = nil
        super.tearDown()
    }

    func testLoopOnTheMainThread() {
        expect(makeInterruptible(), "alarm() while true do end", "error: interrupted!")
    }

    func testLoopInsideCoroutines() {
        let host = makeInterruptible()
        expect(
            host, "alarm() return coroutine.resume(coroutine.create(function() while true do end end))",
            "false interrupted!")
        expect(
            host, "alarm() coroutine.wrap(function() while true do end end)()",
            "error: test.lua:1: interrupted!")
        expect(
            host,
            """
            alarm()
            coroutine.wrap(function() coroutine.wrap(function() coroutine.wrap(function() while true do end end)() end)() end)()
            """, "error: test.lua:2: test.lua:2: test.lua:2: interrupted!")
    }

    func testLoopThatKeepsSwitchingThreads() {
        expect(
            makeInterruptible(),
            """
            local co = coroutine.wrap(function() while true do coroutine.yield() end end)
            alarm()
            return (pcall(function() while true do co() end end))
            """, "false")
    }

    func testLoopInClosingVariables() {
        expect(
            makeInterruptible(),
            """
            local co = coroutine.create(function()
              local x <close> = setmetatable({}, {__close = function() alarm() while true do end end})
              coroutine.yield()
            end)
            coroutine.resume(co)
            return coroutine.close(co)
            """, "false interrupted!")
    }

    func testEachInterruptRaisesOnce() {
        let host = makeInterruptible()
        expect(
            host,
            """
            local caught = 0
            for i = 1, 3 do
              alarm()
              local ok = pcall(function() while true do end end)
              if not ok then caught = caught + 1 end
            end
            local sum = 0
            for i = 1, 1000 do sum = sum + 1 end
            return caught, sum
            """, "3 1000")
    }

    func testHandlerMayGoOn() {
        let host = makeInterruptible()
        host.runtime.setInterruptHandler { state in
            let lua = Lua(state)
            lua.push(true)
            do throws(LuaFault) { try lua.setGlobal("seen") } catch { return true }
            return false
        }
        expect(host, "alarm() while not seen do end return seen", "true")
    }

    func testDeliveryWhileWaiting() {
        expect(makeInterruptible(), "alarm() wait()", "error: interrupted!")
        expect(makeInterruptible(), "alarm() pcall(wait) for i = 1, 100 do end return 'quiet'", "quiet")
    }

    func testUserHookIsPutBack() {
        expect(
            makeInterruptible(),
            """
            local lines = 0
            local function hook() lines = lines + 1 end
            debug.sethook(hook, "l")
            local ok = pcall(interrupt)
            local f, mask, count = debug.gethook()
            local before = lines
            local x = 1
            local y = 2
            local counted = lines - before
            debug.sethook()
            return ok, f == hook, mask, count, counted
            """, "false true l 0 3")
    }

    func testHookDoesNotStayBehind() {
        expect(
            makeInterruptible(),
            """
            pcall(interrupt)
            local co = coroutine.create(function() interrupt() end)
            coroutine.resume(co)
            return debug.gethook(), debug.gethook(co)
            """, "nil nil")
    }

    func testCallsOnAnotherThread() {
        let host = makeInterruptible()
        let thread = host.lua.newThread()
        XCTAssertEqual(thread.load("alarm() while true do end", name: "=x"), .ok)
        XCTAssertEqual(thread.protectedCall(arguments: 0, results: 0), .runtimeError)
        XCTAssertEqual(thread.string(at: -1), "interrupted!")
    }
}
