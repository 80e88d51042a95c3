-- Section 5 of the API: permits of a process that dies come back if they were taken with hold or with, and stay taken
-- if they were taken with acquire, as in Python.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

-- The others learn of a death within this time. A lost wake-up is noticed after half a second at the latest.
local SOON = 1.5

local function kill(list)
    for _, p in ipairs(list) do p:kill() end
    for _, p in ipairs(list) do p:join() end
end

local takes = {
    hold = { function(s, f) local guard <close> = s:hold() f() end, back = true },
    with = { function(s, f) s:with(f) end, back = true },
    acquire = { function(s, f) s:acquire() f() end, back = false },
}

for _, class in ipairs { "Semaphore", "BoundedSemaphore" } do
    for name, case in pairs(takes) do
        for _, ending in ipairs { "is killed", "calls os.exit" } do
            test(("%s: a process that took permits with %s %s"):format(class, name, ending), function()
                local s, ready = mp[class](3), mp.Event()
                local take = case[1]
                local p = mp.Process {
                    target = function()
                        take(s, function()
                            take(s, function()
                                ready:set()
                                if ending == "is killed" then time.sleep(100) else os.exit(0) end
                            end)
                        end)
                    end,
                }
                p:start()
                ready:wait()
                p:kill()
                p:join()
                local expected = case.back and 3 or 1
                for _ = 1, expected do test.is(s:acquire { timeout = 20 }, true) end
                test.is(s:acquire(false), false)
                s:release(expected)
                test.is(s:get_value(), expected)
            end)
        end
    end
end

test("a permit that comes back goes to who waits for it already", function()
    local s, ready = mp.Semaphore(1), mp.Event()
    local holder = mp.Process { target = function() s:with(function() ready:set() time.sleep(100) end) end }:start()
    ready:wait()
    local p = mp.Process { target = function() return s:acquire { timeout = 60 }, time.monotonic() end }:start()
    support.until_asleep(p.pid)
    local started = time.monotonic()
    kill { holder }
    local got, when = p:result(60)
    test.is(got, true)
    test.between(when - started, 0, SOON)
end)

test("a permit whose guard was released before the death does not come back twice", function()
    local s, ready = mp.Semaphore(2), mp.Event()
    local p = mp.Process {
        target = function()
            local guard = s:hold()
            guard:release()
            s:with(function() end)
            ready:set()
            time.sleep(100)
        end,
    }
    p:start()
    ready:wait()
    kill { p }
    test.is(s:get_value(), 2)
end)

test("three hundred holders are killed at random instants", function()
    local s = mp.BoundedSemaphore(2)
    for _ = 1, 100 do
        local list = {}
        for i = 1, 3 do
            list[i] = mp.Process { target = function() while true do s:with(function() end) end end }:start()
        end
        time.sleep(math.random() * 0.004)
        kill(list)
    end
    for _ = 1, 2 do test.is(s:acquire { timeout = 20 }, true) end
    test.is(s:acquire(false), false, "no permit too many")
    s:release(2)
    test.is(s:get_value(), 2)
end)

test("what was dropped while it was held is not mistaken for what came to its place", function()
    local results = mp.Queue()
    local p = mp.Process {
        target = function()
            local lock = mp.Lock()
            lock:acquire()
            lock = nil
            collectgarbage() collectgarbage()
            local s = mp.Semaphore(1)
            results:put(s)
        end,
    }
    p:start():join()
    test.is(results:get():get_value(), 1)
end)

test.done()
