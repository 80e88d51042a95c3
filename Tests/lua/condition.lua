-- Section 5 of the API: Condition.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local elsewhere = support.elsewhere

-- n processes that wait in the condition, and a queue of what their waits return. Each says that it is ready while
-- it holds the lock: who takes the lock after the last has said so finds all of them waiting.
local function waiters(cond, n, timeout)
    local ready, woken, list = mp.Queue(), mp.Queue(), {}
    for i = 1, n do
        list[i] = mp.Process {
            target = function()
                cond:acquire()
                ready:put(i)
                local result = cond:wait(timeout)
                cond:release()
                woken:put(result)
            end,
        }:start()
    end
    for _ = 1, n do ready:get() end
    return list, woken
end

-- Exactly n more waiters report; those who should sleep on get a moment to show that they do not.
local function wakes(woken, n)
    for _ = 1, n do test.is({ woken:try_get(20) }, { true, true }) end
    test.is({ woken:try_get(0.1) }, { false }, "one more woke")
end

test("notify wakes one", function()
    local cond = mp.Condition()
    local list, woken = waiters(cond, 2)
    wakes(woken, 0)
    for _ = 1, 2 do
        cond:acquire()
        cond:notify()
        cond:release()
        wakes(woken, 1)
    end
    mp.join(list)
end)

test("notify_all wakes all, after others have timed out", function()
    local cond = mp.Condition()
    local list, woken = waiters(cond, 4, 0.1)
    for _ = 1, 4 do test.is(woken:get { timeout = 20 }, false) end
    mp.join(list)

    list, woken = waiters(cond, 4)
    wakes(woken, 0)
    cond:with(function() cond:notify_all() end)
    wakes(woken, 4)
    mp.join(list)
end)

test("notify(n) wakes exactly n", function()
    local cond = mp.Condition()
    local list, woken = waiters(cond, 5)
    cond:with(function() cond:notify(2) end)
    wakes(woken, 2)
    cond:with(function() cond:notify { n = 1 } end)
    wakes(woken, 1)
    cond:with(function() cond:notify(4) end)
    wakes(woken, 2)
    cond:with(function() cond:notify(3) end)
    mp.join(list)
    test.is(cond:with(function() return cond:wait(0.05) end), false, "what nobody waited for is not kept")
end)

test("those who wait longest are woken first", function()
    local cond = mp.Condition()
    local order = mp.Queue()
    local list = {}
    for i = 1, 3 do
        local ready = mp.Queue()
        list[i] = mp.Process {
            target = function()
                cond:acquire()
                ready:put(true)
                cond:wait()
                order:put(i)
                cond:release()
            end,
        }:start()
        ready:get()
    end
    for i = 1, 3 do
        cond:with(function() cond:notify() end)
        test.is(order:get { timeout = 20 }, i)
    end
    mp.join(list)
end)

test("the result of wait, and its timeout", function()
    local cond = mp.Condition()
    cond:acquire()
    test.is(cond:wait(0), false)
    test.is(cond:wait(-1), false)
    test.lasts(0.1, function() test.is(cond:wait(0.1), false) end)
    test.lasts(0.1, function() test.is(cond:wait { timeout = 0.1 }, false) end)
    local p = mp.Process { target = function() cond:with(function() cond:notify() end) end }
    p:start()
    test.is(cond:wait(60), true)
    cond:release()
    p:join()
end)

test("wait gives the lock up while it waits and holds it afterwards", function()
    local cond = mp.Condition()
    local list, woken = waiters(cond, 1)
    cond:acquire()
    cond:notify()
    test.is({ woken:try_get(0.1) }, { false }, "not before the notifier has released")
    cond:release()
    test.is(woken:get { timeout = 20 }, true)
    mp.join(list)

    cond:acquire()
    cond:wait(0.01)
    test.is(elsewhere(function() return cond:acquire(false) end), false, "held after a timeout")
    cond:release()
    test.is(elsewhere(function() return (cond:acquire(false)), cond:release() end), true)
end)

test("wait gives up a recursive lock entirely and takes it back as often", function()
    local lock = mp.RLock()
    local cond = mp.Condition(lock)
    for _ = 1, 3 do lock:acquire() end
    local p = mp.Process { target = function() cond:with(function() cond:notify() end) end }
    p:start()
    test.is(cond:wait(60), true)
    p:join()
    for _ = 1, 2 do lock:release() end
    test.is(elsewhere(function() return lock:acquire(false) end), false)
    lock:release()
    test.is(lock:locked(), false)
end)

test("wait_for waits until its function is true and returns what it returned", function()
    local cond, state = mp.Condition(), mp.Value("i", -1)
    local p = mp.Process {
        target = function()
            cond:acquire()
            state.value = 0
            cond:notify()
            local result = cond:wait_for(function() return state.value == 4 and "four" end)
            cond:release()
            return result, state.value
        end,
    }
    cond:acquire()
    p:start()
    test.is(cond:wait_for(function() return state.value == 0 end), true)
    cond:release()
    for _ = 1, 4 do
        cond:with(function()
            state.value = state.value + 1
            cond:notify()
        end)
    end
    test.is({ p:result(60) }, { "four", 4 })
end)

test("wait_for with something true already does not wait", function()
    local cond = mp.Condition()
    cond:acquire()
    test.is(cond:wait_for(function() return "now" end), "now")
    test.is(cond:wait_for(function() return "now" end, 0), "now")
    cond:release()
end)

test("wait_for with a timeout, which notifications do not prolong", function()
    local cond, state = mp.Condition(), mp.Value("i", 0)
    local p = mp.Process {
        target = function()
            for _ = 1, 5 do
                time.sleep(0.03)
                cond:with(function() state.value = state.value + 1 cond:notify() end)
            end
        end,
    }
    p:start()
    cond:acquire()
    test.lasts(0.1, function()
        test.is(cond:wait_for(function() return state.value == 100 end, 0.1), false)
    end)
    test.lasts(0.05, function()
        test.is(cond:wait_for(function() return nil end, { timeout = 0.05 }), nil)
    end)
    cond:release()
    p:join()
end)

test("an error in the function of wait_for leaves the lock held", function()
    local cond = mp.Condition()
    cond:acquire()
    local object = { kind = "mine" }
    local _, same = pcall(function() cond:wait_for(function() error(object) end) end)
    test.ok(same == object)
    test.is(elsewhere(function() return cond:acquire(false) end), false)
    cond:release()
    test.raises("bad argument #1 to 'wait_for'", function() cond:with(function() cond:wait_for(5) end) end)
end)

test("wait and notify without the lock", function()
    for _, lock in ipairs { mp.Lock(), mp.RLock() } do
        local cond = mp.Condition(lock)
        local function try()
            test.raises("must acquire() condition before using wait()", function() cond:wait() end)
            test.raises("must acquire() condition before using wait()", function() cond:wait(0) end)
            test.raises("must acquire() condition before using wait()", function()
                cond:wait_for(function() return false end)
            end)
            test.raises("lock is not owned", function() cond:notify() end)
            test.raises("lock is not owned", function() cond:notify_all() end)
        end
        try()
        lock:acquire()
        test.has(elsewhere(function() return select(2, pcall(function() cond:notify() end)) end), "lock is not owned")
        test.has(elsewhere(function() return select(2, pcall(function() cond:wait(0) end)) end), "must acquire()")
        test.is(cond:wait(0), false, "held by us: it works")
        lock:release()
        try()
    end
end)

test("acquire, release, hold and with act on its lock", function()
    local lock = mp.Lock()
    local cond = mp.Condition(lock)
    test.is(cond:acquire(), true)
    test.is(lock:locked(), true)
    test.is(cond:acquire(false), false)
    test.is(cond:acquire { timeout = 0.01 }, false)
    cond:release()
    test.is(lock:locked(), false)
    test.kind("ValueError", function() cond:release() end)
    do
        local guard <close> = cond:hold()
        test.is(lock:locked(), true)
        test.kind("TimeoutError", function() cond:hold(0.01) end)
    end
    test.is(lock:locked(), false)
    test.is(cond:with(function(x) return x, lock:locked() end, 5), 5)
    pcall(function() cond:with(error, "inside") end)
    test.is(lock:locked(), false)
end)

test("the lock of a Condition: an RLock unless given", function()
    local cond = mp.Condition()
    cond:acquire()
    test.is(cond:acquire(false), true)
    cond:release()
    cond:release()
    test.raises("attempt to release recursive lock not owned by process", function() cond:release() end)
    local lock = mp.Lock()
    local mine = mp.Condition { lock = lock, name = "arrivals" }
    mine:acquire()
    test.is(lock:locked(), true)
    mine:release()
    test.raises("bad argument #1 to 'Condition'", function() mp.Condition(5) end)
    test.raises("bad argument #1 to 'Condition'", function() mp.Condition(mp.Event()) end)
end)

test("two conditions on one lock do not wake each other's waiters", function()
    local lock = mp.Lock()
    local full, empty = mp.Condition(lock), mp.Condition(lock)
    local list, woken = waiters(full, 1)
    lock:with(function() empty:notify_all() end)
    wakes(woken, 0)
    lock:with(function() full:notify_all() end)
    wakes(woken, 1)
    mp.join(list)
end)

test("notify never waits for the waiters", function()
    local cond = mp.Condition()
    local list, woken = waiters(cond, 2)
    cond:acquire()
    for _, p in ipairs(list) do support.kill("STOP", p.pid) end
    cond:notify()
    cond:notify_all()
    cond:release()
    test.is(woken:qsize(), 0, "both are stopped and we got here")
    for _, p in ipairs(list) do support.kill("CONT", p.pid) end
    wakes(woken, 2)
    mp.join(list)
end)

test("an interrupted waiter ends and harms nobody", function()
    local cond, ready = mp.Condition(), mp.Queue()
    local victim = mp.Process {
        target = function()
            cond:with(function()
                ready:put(true)
                cond:wait()
            end)
        end,
    }
    victim:start()
    ready:get()
    local list, woken = waiters(cond, 1)
    cond:with(function() end)
    victim:interrupt()
    victim:join()
    test.is(victim.exitcode, -2)
    cond:with(function() cond:notify() end)
    wakes(woken, 1)
    mp.join(list)
end)

test("a ping-pong of two processes over one Condition", function()
    local cond, turn = mp.Condition(), mp.Value("i", 0)
    local function play(mine, other)
        for _ = 1, 500 do
            cond:with(function()
                cond:wait_for(function() return turn.value == mine end)
                turn.value = other
                cond:notify()
            end)
        end
    end
    local p = mp.Process { target = play, args = { 1, 0 } }
    p:start()
    play(0, 1)
    test.is(p:join(60), true)
    test.is(p.exitcode, 0)
    test.is(turn.value, 0)
end)

test("arguments are checked", function()
    local cond = mp.Condition { name = "arrivals" }
    cond:acquire()
    test.raises("bad argument #1 to 'wait'", function() cond:wait "soon" end)
    test.raises("bad argument #1 to 'wait'", function() cond:wait(0 / 0) end)
    test.raises("bad argument #1 to 'notify'", function() cond:notify "all" end)
    test.raises("unknown option 'timout' (did you mean 'timeout'?)", function() cond:wait { timout = 1 } end)
    test.is(cond:wait(0), false, "intact")
    cond:release()
end)

test("a condition whose lock was held by a process that died says so and can be recovered", function()
    local cond, ready = mp.Condition { name = "stock" }, mp.Event()
    local p = mp.Process { target = function() cond:acquire() ready:set() time.sleep(100) end }:start()
    ready:wait()
    p:kill()
    p:join()
    local e = test.kind("OwnerDiedError", function() cond:acquire() end)
    test.like(e.message, "the lock of Condition 'stock' %(.*condition%.lua:%d+%) was held by")
    test.is(cond:recover(), true)
    cond:with(function() test.is(cond:wait(0), false) end)
end)

test.done()
