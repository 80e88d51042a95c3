-- Section 5 of the API: a process that dies after arriving at a Barrier breaks it for the others.

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

-- A process at the barrier; p:result() is "passed" or the kind of its error.
local function arrive(barrier)
    return mp.Process {
        target = function()
            local passed, e = pcall(function() barrier:wait() end)
            return passed and "passed" or e.kind
        end,
    }:start()
end

for _, state in ipairs { "asleep", "stopped" } do
    test("a process killed after it arrived at a Barrier, " .. state .. ", breaks it", function()
        local barrier = mp.Barrier(4)
        local list = { arrive(barrier), arrive(barrier), arrive(barrier) }
        test.ok(support.eventually(function() return barrier.n_waiting == 3 end))
        for _, p in ipairs(list) do support.until_asleep(p.pid) end
        local started = time.monotonic()
        if state == "stopped" then support.kill("STOP", list[2].pid) end
        support.kill("KILL", list[2].pid)
        for _, i in ipairs { 1, 3 } do test.is(list[i]:result(20), "BrokenBarrierError") end
        test.between(time.monotonic() - started, 0, SOON)
        test.kind("BrokenBarrierError", function() barrier:wait(20) end)
        test.is(barrier.broken, true)
        list[2]:join()
        barrier:reset()
        local again = { arrive(barrier), arrive(barrier), arrive(barrier) }
        barrier:wait(20)
        for _, p in ipairs(again) do test.is(p:result(20), "passed") end
    end)
end

test("the death of one that has not arrived, or has passed, breaks nothing", function()
    local barrier, passed = mp.Barrier(2), mp.Event()
    local early = mp.Process { target = function() time.sleep(100) end }:start()
    local late = mp.Process { target = function() barrier:wait() passed:set() time.sleep(100) end }:start()
    kill { early }
    barrier:wait(20)
    passed:wait(20)
    kill { late }
    test.is(barrier.broken, false)
    local p = arrive(barrier)
    barrier:wait(20)
    test.is(p:result(20), "passed")
end)

test("a process killed in a Barrier's action breaks it", function()
    local inside = mp.Event()
    local barrier = mp.Barrier(2, function() inside:set() time.sleep(100) end)
    local first = arrive(barrier)
    test.ok(support.eventually(function() return barrier.n_waiting == 1 end))
    local last = arrive(barrier)
    inside:wait(20)
    kill { last }
    test.is(first:result(20), "BrokenBarrierError")
end)

test.done()
