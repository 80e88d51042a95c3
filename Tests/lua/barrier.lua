-- Section 5 of the API: Barrier.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local N = 5

-- Runs f in n processes at once and returns what they returned, in order.
local function together(n, f)
    local list, results = {}, {}
    for i = 1, n do list[i] = mp.Process { target = f, args = { i } }:start() end
    for i, p in ipairs(list) do results[i] = p:result(60) end
    return results
end

local function count(list, value)
    local n = 0
    for _, v in ipairs(list) do n = n + (v == value and 1 or 0) end
    return n
end

-- The kind of the error that f raises, or "passed".
local function outcome(f)
    local finished, e = pcall(f)
    return finished and "passed" or e.kind or e
end

-- Processes asleep at the barrier; p:result() is what became of them.
local function waiting(barrier, n, timeout)
    local list = {}
    for i = 1, n do
        list[i] = mp.Process { target = function() return outcome(function() barrier:wait(timeout) end) end }:start()
    end
    test.ok(support.eventually(function() return barrier.n_waiting == n end), "they arrive")
    return list
end

local function results(list)
    local found = {}
    for i, p in ipairs(list) do found[i] = p:result(60) end
    return found
end

for _, rounds in ipairs { 1, 10 } do
    test(("processes pass in lockstep, %d rounds"):format(rounds), function()
        local barrier = mp.Barrier(N)
        local before, after = mp.Value("i", 0), mp.Value("i", 0)
        local good = together(N, function()
            for round = 1, rounds do
                before:add(1)
                if after.value ~= (round - 1) * N then return "somebody was early" end
                barrier:wait()
                after:add(1)
                if before.value ~= round * N then return "somebody was late" end
                barrier:wait()
            end
            return true
        end)
        test.is(good, { true, true, true, true, true })
        test.is(barrier.n_waiting, 0)
        test.is(barrier.broken, false)
    end)
end

test("a thousand rounds", function()
    local barrier, q = mp.Barrier(N), mp.Queue()
    local list = {}
    for i = 1, N do
        list[i] = mp.Process {
            target = function()
                for round = 1, 1000 do
                    barrier:wait()
                    q:put(round)
                end
            end,
        }:start()
    end
    for round = 1, 1000 do
        for _ = 1, N do
            local got = q:get { timeout = 60 }
            -- Nobody is two rounds ahead: its next item needs everybody's arrival.
            if got < round or got > round + 1 then test.ok(false, got .. " in round " .. round) end
        end
    end
    mp.join(list)
    test.is(q:qsize(), 0)
end)

test("wait returns each of 0 to parties - 1 once", function()
    local barrier = mp.Barrier(N)
    for _ = 1, 3 do
        local ranks = together(N, function() return barrier:wait() end)
        table.sort(ranks)
        test.is(ranks, { 0, 1, 2, 3, 4 })
    end
end)

test("a single party does not wait", function()
    local barrier = mp.Barrier(1)
    for _ = 1, 3 do test.is(barrier:wait(), 0) end
end)

test("the action runs once, before anybody passes, in the process that arrives last", function()
    local calls, who = mp.Value("i", 0), mp.Value("q", 0)
    local barrier = mp.Barrier(3, function()
        time.sleep(0.05)
        who.value = mp.getpid()
        calls:add(1)
    end)
    local list = {}
    for i = 1, 2 do list[i] = mp.Process { target = function() barrier:wait() return calls.value end }:start() end
    test.ok(support.eventually(function() return barrier.n_waiting == 2 end))
    test.is(calls.value, 0)
    barrier:wait()
    test.is(calls.value, 1)
    test.is(who.value, mp.getpid())
    for _, p in ipairs(list) do test.is(p:result(60), 1) end
    test.is(together(3, function() barrier:wait() return calls.value end), { 2, 2, 2 })
end)

test("an error in the action is raised there and breaks the barrier for the others", function()
    local object = { kind = "mine" }
    local barrier = mp.Barrier { parties = 3, action = function() error(object) end }
    local list = waiting(barrier, 2)
    local _, same = pcall(function() barrier:wait() end)
    test.ok(same == object, "the error value comes through unchanged")
    test.is(results(list), { "BrokenBarrierError", "BrokenBarrierError" })
    test.is(barrier.broken, true)
end)

test("abort breaks the barrier for those who wait and those who come", function()
    local barrier = mp.Barrier(N)
    local list = waiting(barrier, 3)
    barrier:abort()
    test.is(count(results(list), "BrokenBarrierError"), 3)
    test.is(barrier.broken, true)
    test.is(barrier.n_waiting, 0)
    test.kind("BrokenBarrierError", function() barrier:wait() end)
    test.kind("BrokenBarrierError", function() barrier:wait(0) end)
    barrier:abort()
    test.is(barrier.broken, true)
end)

test("abort by one of those who have passed", function()
    local barrier = mp.Barrier(N)
    local outcomes = together(N, function()
        local rank = barrier:wait()
        if rank == N // 2 then
            barrier:abort()
            return "aborted"
        end
        return outcome(function() barrier:wait() end)
    end)
    test.is(count(outcomes, "aborted"), 1)
    test.is(count(outcomes, "BrokenBarrierError"), N - 1)
end)

test("reset frees those who wait with BrokenBarrierError and leaves the barrier usable", function()
    local barrier = mp.Barrier(3)
    local list = waiting(barrier, 2)
    barrier:reset()
    test.is(results(list), { "BrokenBarrierError", "BrokenBarrierError" })
    test.is(barrier.broken, false)
    test.is(barrier.n_waiting, 0)
    test.is(count(together(3, function() return outcome(function() barrier:wait() end) end), "passed"), 3)
end)

test("reset with nobody waiting changes nothing", function()
    local barrier = mp.Barrier(2)
    barrier:reset()
    test.is(barrier.broken, false)
    local list = waiting(barrier, 1)
    barrier:wait(60)
    test.is(results(list), { "passed" })
end)

test("reset mends an aborted barrier", function()
    local barrier, meeting = mp.Barrier(N), mp.Barrier(N)
    local outcomes = together(N, function()
        local rank = barrier:wait()
        local first = "aborted"
        if rank == N // 2 then barrier:abort() else first = outcome(function() barrier:wait() end) end
        if meeting:wait() == N // 2 then barrier:reset() end
        meeting:wait()
        barrier:wait()
        return first
    end)
    test.is(count(outcomes, "BrokenBarrierError"), N - 1)
    test.is(barrier.broken, false)
end)

test("a timeout of one breaks the barrier for all", function()
    local barrier = mp.Barrier(3)
    local list = waiting(barrier, 1)
    test.lasts(0.1, function()
        test.kind("BrokenBarrierError", function() barrier:wait(0.1) end)
    end)
    test.is(results(list), { "BrokenBarrierError" })
    test.is(barrier.broken, true)
    barrier:reset()
    test.kind("BrokenBarrierError", function() barrier:wait { timeout = 0 } end)
end)

test("the barrier's own timeout, and a wait's before it", function()
    for _, barrier in ipairs { mp.Barrier(2, nil, 0.1), mp.Barrier { parties = 2, timeout = 0.1 } } do
        test.lasts(0.1, function()
            test.kind("BrokenBarrierError", function() barrier:wait() end)
        end)
        test.is(barrier.broken, true)
        barrier:reset()
        local p = mp.Process { target = function() time.sleep(0.3) return barrier:wait() end }
        p:start()
        test.is(barrier:wait(60), 0, "its own timeout of 0.1 s would have broken it")
        test.is(p:result(60), 1)
    end
end)

test("parties, n_waiting and broken", function()
    local barrier = mp.Barrier(3)
    test.is(barrier.parties, 3)
    test.is(barrier.n_waiting, 0)
    test.is(barrier.broken, false)
    local list = waiting(barrier, 2)
    test.is(barrier.n_waiting, 2)
    barrier:wait()
    mp.join(list)
    test.is(barrier.n_waiting, 0)
    test.ok(not pcall(function() barrier.parties = 5 end), "they cannot be written")
    test.is(barrier.parties, 3)
end)

test("impossible barriers", function()
    for _, parties in ipairs { 0, -1, math.mininteger } do
        local e = test.kind("ValueError", function() mp.Barrier(parties) end)
        test.has(e.message, "parties must be > 0")
    end
    test.raises("bad argument #1 to 'Barrier'", function() mp.Barrier() end)
    test.raises("bad argument #1 to 'Barrier'", function() mp.Barrier "three" end)
    test.raises("bad argument #1 to 'Barrier'", function() mp.Barrier(2.5) end)
    test.raises("bad argument #2 to 'Barrier'", function() mp.Barrier(2, "action") end)
    test.raises("bad argument #3 to 'Barrier'", function() mp.Barrier(2, nil, "soon") end)
    test.raises("unknown option 'partys' (did you mean 'parties'?)", function() mp.Barrier { partys = 2 } end)
    test.raises("bad argument #1 to 'wait'", function() mp.Barrier(2):wait "soon" end)
end)

test("the name of a barrier is in its error messages", function()
    local barrier = mp.Barrier(2, { name = "start line" })
    local e = test.kind("BrokenBarrierError", function() barrier:wait(0) end)
    test.has(tostring(e), "start line")
    test.ok(e.kind == mp.BrokenBarrierError)
end)

test("who comes while the action runs waits for the next cycle and breaks nothing", function()
    local acting = mp.Event()
    local b = mp.Barrier(2, function()
        if not acting:is_set() then acting:set() time.sleep(0.4) end
    end)
    local function arrive(timeout) return b:wait(timeout) end
    local first = { mp.Process { target = arrive }:start(), mp.Process { target = arrive }:start() }
    acting:wait()
    local third = mp.Process { target = arrive, args = { 20 } }:start()
    for _, p in ipairs(first) do test.between(p:result(20), 0, 1) end
    test.between(b:wait(20), 0, 1)
    test.between(third:result(20), 0, 1)
    test.is(b.broken, false)
end)

test.done()
