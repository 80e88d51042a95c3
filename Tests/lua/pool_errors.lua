-- Section 7 of the API: Pool when tasks, results, initializers or iterators fail. (Deaths of workers: pool_killed.lua.)

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local processes = support.worker_pids

local pool = mp.Pool(2)

local function square(x) return x * x end

local function unlucky(x)
    local function inner_function() error("boom " .. tostring(x)) end
    inner_function()
end

-- Fails for 3, 7, 11 …
local function unlucky_third(x)
    if x % 4 == 3 then unlucky(x) end
    return x
end

-- An iterator over 1, 2, 3 … that raises instead of giving number `bad`.
local function breaking(bad)
    local i = 0
    return function()
        i = i + 1
        if i == bad then error { said = "no more" } end
        return i
    end
end

test("an error in f is a RemoteError with value, traceback and process", function()
    local e = test.kind("RemoteError", function() pool:apply(unlucky, { 7 }) end)
    test.like(e.value, "^[^\n]*pool_errors%.lua:%d+: boom 7$")
    test.like(e.traceback, "pool_errors%.lua:%d+: in ")
    test.has(e.traceback, "inner_function")
    test.like(tostring(e.process), "PoolWorker%-%d+")
    test.like(tostring(e), "^[^\n]*pool_errors%.lua:%d+: boom 7", "the original message comes first")
end)

test("an uncaught RemoteError prints the message and the worker's traceback", function()
    local r = support.run [[
        local mp = require "multiprocessing"
        local function inner_function() error "boom" end
        local pool <close> = mp.Pool(1)
        pool:apply(function() inner_function() end)
    ]]
    test.is({ r.status, r.out }, { 1, "" })
    test.like(r.err, "script%.lua:2: boom")
    test.has(r.err, "inner_function")
    test.like(r.err, "script%.lua:4: ", "the owner's line")
end)

test("the error value is the original one", function()
    for _, value in ipairs { { code = 5, list = { 1, 2 } }, 42, 1.5, false } do
        local e = test.kind("RemoteError", function() pool:apply(function() error(value) end) end)
        test.is(e.value, value)
        test.ok(#tostring(e) > 0)
    end
    test.is(test.kind("RemoteError", function() pool:apply(function() error() end) end).value, nil)
    local e = test.kind("RemoteError", function()
        pool:apply(function() mp.Queue { name = "orders" }:get(false) end)
    end)
    test.is(e.value.kind, "Empty")
    test.has(tostring(e), "orders")
    e = test.kind("RemoteError", function()
        pool:apply(function() error { thread = coroutine.create(print) } end)
    end)
    test.is(e.value, nil, "it cannot be sent")
    test.is(pool:apply(square, { 3 }), 9)
end)

test("runtime errors, deep recursion and errors of C functions", function()
    test.has(test.kind("RemoteError", function() pool:apply(function() return nil + 1 end) end), "arithmetic on a nil")
    test.has(test.kind("RemoteError", function() pool:map(math.floor, { 1, "x" }) end), "bad argument")
    local function deep(n) return 1 + deep(n + 1) end
    test.has(test.kind("RemoteError", function() pool:apply(deep, { 1 }) end), "stack overflow")
    test.is(pool:map(square, { 1, 2, 3, 4 }), { 1, 4, 9, 16 })
end)

test("an async error surfaces in get, as often as one asks; successful tells", function()
    local result = pool:apply_async(unlucky, { 1 })
    result:wait()
    test.is(result:ready(), true)
    test.is(result:successful(), false)
    for _ = 1, 2 do test.has(test.kind("RemoteError", function() result:get() end).message, "boom 1") end
end)

test("the error callback gets the error object and has run when get raises", function()
    local seen = {}
    local options = {
        callback = function() seen[#seen + 1] = "callback" end,
        error_callback = function(e) seen[#seen + 1] = e.kind .. (e.message:match "boom %d+" or e.message) end,
    }
    test.kind("RemoteError", function() pool:apply_async(unlucky, { 3 }, options):get() end)
    test.is(seen, { "RemoteErrorboom 3" })
    pool:map_async(function(x) if x == 2 then unlucky(2) end end, { 1, 2, 3 }, options):wait()
    test.is(seen[2], "RemoteErrorboom 2")
    test.is(#seen, 2)
end)

test("a callback that raises is reported and harms neither result nor pool", function()
    local r = support.run [[
        local mp = require "multiprocessing"
        local pool <close> = mp.Pool(1)
        print(pool:apply_async(math.abs, { -1 }, { callback = function() error "doh!" end }):get())
        print(pool:apply(math.abs, { -2 }))
    ]]
    test.is({ r.status, r.out }, { 0, "1\n2\n" })
    test.has(r.err, "doh!")
end)

test("map is not fail-fast: it raises the error when all items are done", function()
    local done = mp.Value("i", 0)
    local e = test.kind("RemoteError", function()
        pool:map(function(x)
            if x == 1 then error(("large "):rep(300000)) end
            time.sleep(0.05)
            done:add(1)
        end, { 1, 2, 3, 4, 5, 6 }, 1)
    end)
    test.is(done.value, 5)
    test.has(e.message, "large large")
    local first = test.kind("RemoteError", function() pool:map(unlucky, { 1, 2, 3, 4, 5, 6, 7, 8 }, 2) end)
    test.like(first.message, "boom %d")
end)

test("a task that cannot be sent raises in the call and costs nothing", function()
    local before = processes(pool)
    local thread = coroutine.create(print)
    for _ = 1, 20 do
        local e = test.kind("SerializationError", function() pool:apply_async(square, { thread }) end)
        test.has(e.message, "cannot send a coroutine")
        test.kind("SerializationError", function() pool:map_async(square, { 1, 2, { thread } }, 1) end)
        test.kind("SerializationError", function() pool:map(function() return thread end, { 1, 2 }) end)
        test.kind("SerializationError", function() pool:starmap(square, { { 1 }, { thread } }) end)
    end
    -- imap takes items lazily: in the call or at the item.
    local e = test.kind("SerializationError", function()
        for _ in pool:imap(square, { 1, thread, 3 }) do end
    end)
    test.has(e.message, "cannot send a coroutine")
    test.is(pool:map(square, { 1, 2, 3 }), { 1, 4, 9 })
    test.is(processes(pool), before)
end)

test("one item of many cannot be sent: none of the tasks put with it is", function()
    local list = support.range(1, 100)
    list[70] = coroutine.create(print)
    local ran = mp.Value("i", 0)
    local fails = function(size)
        return pcall(pool.map, pool, function(x) ran:add(1) return x end, list, size)
    end
    for _, size in ipairs { 1, 7, 100 } do
        local good, problem = fails(size)
        test.ok(not good)
        test.is(problem.kind, "SerializationError")
    end
    test.is(pool:apply(function() return "well" end), "well")
    test.is(ran.value, 0)
end)

test("in one chunk: errors, results that cannot be sent, and others", function()
    local good, problem = pcall(pool.map, pool, function(x)
        if x == 3 then return coroutine.create(print) end
        if x == 5 then error("five", 0) end
        return x
    end, support.range(1, 8), 8)
    test.ok(not good)
    test.is(problem.kind, "SerializationError", "the first of them")
    good, problem = pcall(pool.map, pool, function(x)
        if x >= 5 then error("item " .. x, 0) end
        return { x }
    end, support.range(1, 8), 4)
    test.ok(not good)
    test.is(problem.value, "item 5")
end)

test("a result that cannot be sent, twenty times, without losing a worker", function()
    local before = processes(pool)
    local caught, reported = {}, {}
    for _ = 1, 20 do
        local result = pool:apply_async(function() return { jobs = { coroutine.create(print) } } end, nil,
            { error_callback = function(e) reported[e.kind] = (reported[e.kind] or 0) + 1 end })
        local finished, e = pcall(result.get, result, 60)
        test.is(finished, false)
        test.has(e.message, "cannot send a coroutine (at value")
        test.has(e.message, "jobs[1]")
        caught[e.kind] = (caught[e.kind] or 0) + 1
    end
    test.is(caught, { SerializationError = 20 })
    test.is(reported, { SerializationError = 20 })
    test.kind("SerializationError", function()
        pool:map(function(x) return x == 3 and coroutine.create(print) or x end, { 1, 2, 3, 4 }, 1)
    end)
    test.is(pool:map(square, { 1, 2, 3, 4 }), { 1, 4, 9, 16 })
    test.is(processes(pool), before)
end)

test("a global that came after the pool is explained", function()
    function late_helper(x) return x end
    local e = test.kind("RemoteError", function() pool:apply(function() return late_helper(1) end) end)
    test.has(e.message, "late_helper")
    test.like(tostring(e), "before")
    late_helper = nil
end)

test("imap raises at the item and goes on behind it", function()
    for chunksize = 1, 3 do
        local it = pool:imap(unlucky_third, { 1, 2, 3, 4, 5, 6, 7, 8 }, chunksize)
        for i = 1, 8 do
            local finished, value, position = pcall(it)
            test.is(finished, i % 4 ~= 3)
            if finished then
                test.is({ value, position }, { i, i })
            else
                test.is(value.kind, "RemoteError")
                test.has(value.message, "boom " .. i)
            end
        end
        test.is(it(), nil)
    end
end)

test("imap_unordered raises once an item and goes on", function()
    local it = pool:imap_unordered(unlucky_third, { 1, 2, 3, 4, 5, 6, 7 })
    local good, bad = {}, {}
    for _ = 1, 7 do
        local finished, value, position = pcall(it)
        if finished then good[position] = value else bad[tonumber(value.message:match "boom (%d+)")] = true end
    end
    test.is(good, { [1] = 1, [2] = 2, [4] = 4, [5] = 5, [6] = 6 })
    test.is(bad, { [3] = true, [7] = true })
    test.is(it(), nil)
end)

test("imap: a nil result is a ValueError that names the item", function()
    local it = pool:imap(function(x) if x ~= 2 then return x end end, { 1, 2, 3 })
    test.is(it(), 1)
    local e = test.kind("ValueError", function() it() end)
    test.has(e.message, "2")
    test.has(e.message, "nil")
    test.is(it(), 3)
    test.is(it(), nil)
    local unordered = pool:imap_unordered(function() end, { "only" })
    test.has(test.kind("ValueError", function() unordered() end).message, "1")
    test.is(unordered(), nil)
end)

test("an iterator that raises: its error as it is, behind what came before", function()
    local function check(it, certain, limit)
        local seen = {}
        for _ = 1, limit do
            local finished, value, position = pcall(it)
            if not finished then
                test.is(value, { said = "no more" })
                break
            end
            test.is(seen[position], nil)
            test.is(value, position * position)
            seen[position] = true
        end
        for i = 1, certain do test.is(seen[i], true, "item " .. i) end
        test.is(seen[limit], nil, "no error")
    end
    for _ = 1, 2 do check(pool:imap(square, breaking(1)), 0, 1) end
    check(pool:imap(square, breaking(4)), 3, 4)
    check(pool:imap(square, breaking(8), 2), 6, 8)
    check(pool:imap(square, breaking(8), 4), 4, 8)
    check(pool:imap_unordered(square, breaking(1)), 0, 1)
    check(pool:imap_unordered(square, breaking(4)), 0, 4)
    check(pool:imap_unordered(square, breaking(8), 2), 0, 8)
    test.is(pool:map(square, { 1, 2, 3 }), { 1, 4, 9 })
end)

-- How an initializer can fail, and what the tasks report.
local failing = {
    ["raises"] = { function() error "boom in init" end, "boom in init" },
    ["calls os.exit"] = { function() os.exit(5) end, "exit code 5" },
    ["is killed"] = { function() support.kill("KILL", mp.getpid()) time.sleep(60) end, "SIGKILL" },
}

for how, case in pairs(failing) do
    test("an initializer that " .. how .. " fails the tasks; nothing hangs, nobody forks for ever", function()
        local begun = mp.Value("i", 0)
        local act, text = table.unpack(case)
        local broken = mp.Pool { processes = 2, initializer = function() begun:add(1) act() end }
        for i = 1, 5 do
            -- The call may already know; otherwise the result does.
            local finished, problem = pcall(function() return broken:apply_async(square, { i }):get(30) end)
            test.is(finished, false)
            test.has(tostring(problem), text, "task " .. i)
        end
        test.ok(not pcall(broken.map, broken, square, { 1, 2, 3 }), "map succeeds without an initialized worker")
        time.sleep(0.2)
        test.between(begun.value, 1, 60, "attempts")
        broken:terminate()
        broken:join()
    end)
end

test("a task's timeout ends it, replaces its worker and harms no other", function()
    local own <close> = mp.Pool(2)
    local before = processes(own)
    local slow = own:apply_async(function()
        while true do pcall(function() while true do end end) end
    end, nil, { timeout = 0.3 })
    local others = own:map_async(square, { 1, 2, 3, 4, 5, 6 }, 1)
    test.lasts(0.25, function()
        test.kind("TimeoutError", function() slow:get(60) end)
    end)
    test.is(slow:ready(), true)
    test.is(slow:successful(), false)
    test.is(others:get(60), { 1, 4, 9, 16, 25, 36 })
    test.is(own:map(square, { 1, 2, 3, 4 }, 1), { 1, 4, 9, 16 })
    local after = processes(own)
    test.is(#after, 2)
    local kept = (after[1] == before[1] or after[1] == before[2]) and 1 or 0
    kept = kept + ((after[2] == before[1] or after[2] == before[2]) and 1 or 0)
    test.is(kept, 1, "workers that stayed")
end)

test("timeouts in every form; a task in time is left alone", function()
    local own <close> = mp.Pool(2)
    local stuck = function(x) if x == 2 then time.sleep(600) end return x end
    test.kind("TimeoutError", function() own:apply(stuck, { 2 }, { timeout = 0.1 }) end)
    test.is(own:apply(stuck, { 1 }, { timeout = 30 }), 1)
    test.kind("TimeoutError", function() own:map(stuck, { 1, 2, 3 }, { timeout = 0.1, chunksize = 1 }) end)
    test.is(own:map(stuck, { 1, 3 }, { timeout = 30, chunksize = 1 }), { 1, 3 })
    local it = own:imap(stuck, { 1, 2, 3 }, { timeout = 0.4 })
    test.is(it(), 1)
    test.kind("TimeoutError", function() it() end)
    test.is(it(), 3)
    test.is(it(), nil)
    local seen
    own:apply_async(stuck, { 2 }, { timeout = 0.1, error_callback = function(e) seen = e.kind end }):wait()
    test.is(seen, "TimeoutError")
    -- The time counts from the start of the task, not from the call.
    local results = {}
    for i = 1, 8 do results[i] = own:apply_async(function() time.sleep(0.5) return i end, nil, { timeout = 1.7 }) end
    for i = 1, 8 do test.is(results[i]:get(60), i) end
end)

test("a timeout strikes while the owner is busy", function()
    local own <close> = mp.Pool(1)
    local pid = mp.Value("i", 0)
    local result = own:apply_async(function()
        pid.value = mp.getpid()
        while true do end
    end, nil, { timeout = 0.2 })
    -- Nothing here enters the pool, a sleep or a wait.
    local deadline = time.monotonic() + 20
    repeat until pid.value ~= 0 and not support.runs(pid.value) or time.monotonic() > deadline
    test.is(support.runs(pid.value), false, "the worker still runs")
    test.kind("TimeoutError", function() result:get(60) end)
    test.is(own:apply(square, { 5 }, { timeout = 60 }), 25)
end)

test("retries follow a timeout, never an error in f", function()
    local own <close> = mp.Pool(2)
    local attempts = mp.Value("i", 0)
    local slow_at_first = function() return attempts:add(1) < 3 and time.sleep(600) or attempts.value end
    test.is(own:apply(slow_at_first, nil, { timeout = 0.4, retries = 2 }), 3)
    attempts.value = 0
    test.kind("TimeoutError", function() own:apply(slow_at_first, nil, { timeout = 0.1, retries = 1 }) end)
    test.is(attempts.value, 2)
    attempts.value = 0
    test.kind("RemoteError", function()
        own:apply(function() attempts:add(1) error "mine" end, nil, { retries = 5 })
    end)
    test.is(attempts.value, 1)
end)

pool:terminate()
pool:join()
test.done()
