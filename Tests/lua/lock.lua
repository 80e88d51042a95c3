-- Section 5 of the API: Lock and RLock.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local elsewhere = support.elsewhere

for _, class in ipairs { "Lock", "RLock" } do
    test(class .. ": acquire and release", function()
        local lock = mp[class]()
        test.is(lock:acquire(), true)
        lock:release()
        test.is(lock:acquire(true), true)
        lock:release()
        test.is(lock:acquire(false), true)
        lock:release()
        test.is(lock:acquire(true, 1), true)
        lock:release()
        test.is(lock:acquire { timeout = 1 }, true)
        lock:release()
    end)

    test(class .. ": another process does not get it", function()
        local lock = mp[class]()
        lock:acquire()
        test.is(elsewhere(function() return lock:acquire(false) end), false)
        test.is(elsewhere(function() return lock:acquire { block = false } end), false)
        test.is(elsewhere(function()
            local started = time.monotonic()
            local got = lock:acquire { timeout = 0.1 }
            return not got and time.monotonic() - started >= 0.099
        end), true)
        test.is(elsewhere(function() return lock:acquire(true, 0), lock:acquire(true, -1) end), false)
        lock:release()
        test.is(elsewhere(function() return (lock:acquire(false)), lock:release() end), true)
    end)

    test(class .. ": a waiter gets it when it is released", function()
        local lock = mp[class]()
        lock:acquire()
        local p = mp.Process {
            target = function()
                local started = time.monotonic()
                lock:acquire()
                lock:release()
                return time.monotonic() - started
            end,
        }
        p:start()
        time.sleep(0.3)
        lock:release()
        test.between(p:result(60), 0.1, 60)
    end)

    test(class .. ": mutual exclusion among many processes", function()
        local lock = mp[class]()
        support.write("counter.txt", "0")
        local list = {}
        for i = 1, 5 do
            list[i] = mp.Process {
                target = function()
                    for _ = 1, 200 do
                        lock:acquire()
                        local n = tonumber(support.read "counter.txt")
                        support.write("counter.txt", n + 1)
                        lock:release()
                    end
                end,
            }:start()
        end
        mp.join(list)
        test.is(support.read "counter.txt", "1000")
    end)

    test(class .. ": hold is a guard", function()
        local lock = mp[class]()
        do
            local guard <close> = lock:hold()
            test.is(elsewhere(function() return lock:acquire(false) end), false)
        end
        test.is(lock:acquire(false), true)
        lock:release()
        pcall(function()
            local guard <close> = lock:hold()
            error "left by an error"
        end)
        test.is(lock:locked(), false)
        local guard = lock:hold(1)
        guard:release()
        test.is(lock:locked(), false)
    end)

    test(class .. ": a guard that was released does not release again", function()
        local lock = mp[class]()
        do
            local guard <close> = lock:hold()
            guard:release()
            test.is(lock:locked(), false)
        end
        test.is(lock:acquire(false), true)
        lock:release()
    end)

    test(class .. ": hold raises TimeoutError", function()
        local lock = mp[class]()
        lock:acquire()
        test.is(elsewhere(function()
            local started = time.monotonic()
            local _, e = pcall(function() lock:hold(0.1) end)
            return e.kind .. (time.monotonic() - started >= 0.099 and " in time" or " early")
        end), "TimeoutError in time")
        lock:release()
    end)

    test(class .. ": with runs a function holding it", function()
        local lock = mp[class]()
        local results = table.pack(lock:with(function(...)
            test.is(elsewhere(function() return lock:acquire(false) end), false)
            return select("#", ...), ...
        end, "a", nil, "c"))
        test.is(results, { 3, "a", nil, "c", n = 4 })
        test.is(lock:locked(), false)
        local finished, problem = pcall(function() lock:with(function() error "inside" end) end)
        test.is(finished, false)
        test.has(problem, "inside")
        test.is(lock:locked(), false)
        local object = { kind = "mine" }
        local _, same = pcall(function() lock:with(function() error(object) end) end)
        test.ok(same == object, "an error value comes through unchanged")
    end)

    test(class .. ": locked and tostring in two processes", function()
        local lock = mp[class] { name = "ledger" }
        test.is(lock:locked(), false)
        test.has(tostring(lock), "ledger")
        lock:acquire()
        test.is(lock:locked(), true)
        test.has(tostring(lock), "MainProcess")
        local locked, text = elsewhere(function() return lock:locked(), tostring(lock) end)
        test.is(locked, true)
        test.has(text, "MainProcess")
        lock:release()
        local q, gate = mp.Queue(), mp.Queue()
        local p = mp.Process { target = function() lock:acquire() q:put(1) gate:get() lock:release() end, name = "keeper" }
        p:start()
        q:get()
        test.is(lock:locked(), true)
        test.has(tostring(lock), "keeper")
        gate:put(1)
        p:join()
        test.is(lock:locked(), false)
        test.ok(not tostring(lock):find("keeper", 1, true))
    end)

    test(class .. ": unknown options", function()
        test.raises("on_owner_death", function() mp[class] { on_owner_death = "sulk" } end)
    end)
end

test("a Lock is not recursive", function()
    local lock = mp.Lock()
    lock:acquire()
    test.is(lock:acquire(false), false)
    test.is(lock:acquire { timeout = 0.05 }, false)
    lock:release()
end)

test("any process may release a Lock", function()
    local lock = mp.Lock()
    lock:acquire()
    elsewhere(function() lock:release() end)
    test.is(lock:locked(), false)
    test.is(lock:acquire(false), true)
    lock:release()
end)

test("an extra release of a Lock", function()
    local lock = mp.Lock()
    local e = test.kind("ValueError", function() lock:release() end)
    test.has(e.message, "semaphore or lock released too many times")
    lock:acquire()
    lock:release()
    test.kind("ValueError", function() lock:release() end)
end)

test("an RLock is recursive", function()
    local lock = mp.RLock()
    for _ = 1, 100 do test.is(lock:acquire(), true) end
    for _ = 1, 99 do lock:release() end
    test.is(elsewhere(function() return lock:acquire(false) end), false)
    lock:release()
    test.is(elsewhere(function() return (lock:acquire(false)), lock:release() end), true)
    lock:with(function() lock:with(function() test.is(lock:locked(), true) end) end)
    test.is(lock:locked(), false)
end)

test("only the owner releases an RLock", function()
    local lock = mp.RLock()
    local text = "attempt to release recursive lock not owned by process"
    local _, unowned = pcall(function() lock:release() end)
    test.has(tostring(unowned), text)
    lock:acquire()
    test.has(elsewhere(function() return tostring(select(2, pcall(function() lock:release() end))) end), text)
    test.is(lock:locked(), true)
    lock:release()
end)

test("a fork does not inherit ownership of an RLock", function()
    local lock = mp.RLock()
    lock:acquire()
    test.is(elsewhere(function() return lock:acquire(false) end), false)
    lock:release()
end)

test("a stopped waiter does not keep the others from a lock that is in use", function()
    local lock = mp.Lock()
    lock:acquire()
    local function take() lock:acquire() lock:release() return true end
    local list = {}
    for i = 1, 3 do
        list[i] = mp.Process { target = take }:start()
        support.until_asleep(list[i].pid)
    end
    support.kill("STOP", list[1].pid)
    local started = time.monotonic()
    lock:release()
    -- The first is on its way, for all that the lock can tell.
    while list[2]:is_alive() or list[3]:is_alive() do
        lock:acquire()
        lock:release()
        test.ok(time.monotonic() - started < 60, "the others hang")
        time.sleep(0.001)
    end
    local seconds = time.monotonic() - started
    support.kill("CONT", list[1].pid)
    for _, p in ipairs(list) do test.is(p:result(60), true) end
    -- Nobody looks up by itself for several seconds.
    test.between(seconds, 0, 3)
end)

test("a waiter that runs a signal's handler lets the next one have the lock", function()
    local lock = mp.Lock()
    lock:acquire()
    local function take() lock:acquire() lock:release() return time.monotonic() end
    local first = mp.Process {
        target = function()
            mp.on_signal("USR1", function() time.sleep(10) end)
            return take()
        end,
    }:start()
    support.until_asleep(first.pid)
    local second = mp.Process { target = take }:start()
    support.until_asleep(second.pid)
    time.sleep(1.5) -- until neither looks up by itself
    support.kill("USR1", first.pid)
    support.until_asleep(first.pid)
    local started = time.monotonic()
    lock:release()
    test.between(second:result(60) - started, 0, 1)
    first:terminate()
    first:join()
end)

test("those who sleep for a lock get it beside those who take turns", function()
    local lock, stop, taken = mp.Lock(), mp.RawValue("b", 0), mp.Semaphore(0)
    lock:acquire()
    local sleepers = {}
    for i = 1, 4 do
        sleepers[i] = mp.Process { target = function() lock:acquire() lock:release() taken:release() end }:start()
        support.until_asleep(sleepers[i].pid)
    end
    local list = {}
    for i = 1, 2 do
        list[i] = mp.Process {
            target = function() repeat lock:acquire() lock:release() until stop.value == 1 end,
        }:start()
    end
    local started = time.monotonic()
    lock:release()
    for _ = 1, 4 do test.ok(taken:acquire(true, 60), "a sleeper starves") end
    test.between(time.monotonic() - started, 0, 10)
    stop.value = 1
    mp.join(sleepers)
    mp.join(list)
end)

test.done()
