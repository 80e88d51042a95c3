-- Section 7 of the API: dying workers under each method of Pool, at its end, and at random instants.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local pool_support = require "pool_support"
local time = require "time"

local die, processes, range = support.die, support.worker_pids, support.range

test("map and starmap raise ProcessError when all other items are done", function()
    local pool <close> = mp.Pool(2)
    local done = mp.Value("i", 0)
    local function f(x)
        if x == 2 then die() end
        time.sleep(0.01)
        return done:add(1)
    end
    pool_support.process_error(function() pool:map(f, range(1, 10), 1) end, "PoolWorker-", -9)
    test.is(done.value, 9)
    pool_support.process_error(function() pool:starmap(f, { { 1 }, { 2 }, { 3 } }, 1) end, "PoolWorker-", -9)
    test.is(done.value, 11)
    test.kind("ProcessError", function() pool:map(f, range(1, 40)) end)
    pool_support.works(pool, 2)
end)

test("imap raises ProcessError at the item and goes on", function()
    local pool <close> = mp.Pool(2)
    local function f(x)
        if x == 6 then os.exit(7) end
        return x
    end
    local it = pool:imap(f, range(1, 10))
    for i = 1, 10 do
        if i == 6 then
            pool_support.process_error(function() it() end, "PoolWorker-", 7)
        else
            test.is({ it() }, { i, i })
        end
    end
    test.is(it(), nil)
    -- In chunks of four the neighbours may share the fate of item 6, the other chunks may not.
    it = pool:imap(f, range(1, 12), 4)
    for i = 1, 12 do
        local finished, value = pcall(it)
        if i < 5 or i > 8 then test.is({ finished, value }, { true, i }) end
        if i == 6 then test.is({ finished, value.kind }, { false, "ProcessError" }) end
    end
    test.is(it(), nil)
    local values, errors = 0, 0
    it = pool:imap_unordered(f, range(1, 10))
    for _ = 1, 10 do
        local finished = pcall(it)
        values, errors = values + (finished and 1 or 0), errors + (finished and 0 or 1)
    end
    test.is({ values, errors, it() }, { 9, 1 })
    pool_support.works(pool, 2)
end)

test("retries after death: as many as asked for", function()
    local pool <close> = mp.Pool(2)
    local attempts = mp.Value("i", 0)
    local function third_time_lucky() return attempts:add(1) < 3 and die() or "lucky" end
    test.is(pool:apply(third_time_lucky, nil, { retries = 2 }), "lucky")
    attempts.value = 0
    pool_support.process_error(function() pool:apply(third_time_lucky, nil, { retries = 1 }) end, "PoolWorker-", -9)
    test.is(attempts.value, 2)
    attempts.value = 0
    test.is(pool:map(function(x) return x ~= 2 and x or third_time_lucky() end, { 1, 2, 3 }, { retries = 2 }),
        { 1, "lucky", 3 })
end)

test("the error callback tells of a death, also inside time.sleep", function()
    local pool <close> = mp.Pool(2)
    local seen
    pool:apply_async(die, nil, { error_callback = function(e) seen = e end })
    test.ok(support.eventually(function() return seen end))
    test.is(seen and seen.kind, "ProcessError")
end)

test("deaths after close, and in workers of one task each, do not hang join", function()
    for _, options in ipairs { { processes = 2 }, { processes = 2, maxtasksperchild = 1 } } do
        local pool = mp.Pool(options)
        local results = {}
        for i = 1, 12 do
            results[i] = pool:apply_async(function(x)
                time.sleep(0.02)
                return x % 4 == 0 and die() or x
            end, { i })
        end
        pool:close()
        pool:join()
        for i, result in ipairs(results) do
            if i % 4 == 0 then
                pool_support.process_error(function() result:get(0) end, "PoolWorker-", -9)
            else
                test.is(result:get(0), i)
            end
        end
    end
end)

test("terminate ends workers that are stopped or dead", function()
    local pool = mp.Pool(3)
    local pids = processes(pool)
    pool:map_async(time.sleep, { 600, 600, 600, 600 }, 1)
    support.kill("STOP", pids[1])
    support.kill("KILL", pids[2])
    pool:terminate()
    pool:join()
    for _, pid in ipairs(pids) do
        test.ok(support.eventually(function() return not support.runs(pid) end, 1), "no worker runs")
    end
end)

test("workers do not outlive an owner that is killed", function()
    local pids = mp.Queue()
    local owner = mp.Process {
        target = function()
            local pool = mp.Pool(3)
            pids:put(processes(pool))
            pool:map(time.sleep, { 600, 600, 600, 600 }, 1)
        end,
    }
    owner:start()
    local workers = pids:get(true, 30)
    test.is(#workers, 3)
    time.sleep(0.05)
    owner:kill()
    owner:join()
    for _, pid in ipairs(workers) do
        test.ok(support.eventually(function() return not support.runs(pid) end), "a worker lives")
    end
end)

-- At random -------------------------------------------------------------------------------------------------------

-- Kills whoever works, again and again, until `stop` is set.
local function start_killer(target, stop, kills)
    return mp.Process {
        daemon = true,
        target = function()
            while not stop:wait(math.random() * 0.02) do
                if target.value ~= 0 then
                    support.kill("KILL", target.value)
                    kills:add(1)
                    target.value = 0
                end
            end
        end,
    }:start()
end

test("kill -9 at random instants: with retries everything is done, without them what is lost is told", function()
    local target, kills, stop = mp.Value("i", 0), mp.Value("i", 0), mp.Event()
    local killer = start_killer(target, stop, kills)
    local pool <close> = mp.Pool(3)
    local text = ("x"):rep(100000)
    local function f(x)
        target.value = mp.getpid()
        time.sleep(0.001)
        return x, text
    end
    local round = 0
    while kills.value < 50 and round < 50 do
        round = round + 1
        test.is(pool:map(f, range(1, 60), { retries = 1000, chunksize = 1 + round % 3 }), range(1, 60))
    end
    local before, lost = kills.value, 0
    local it = pool:imap(f, range(1, 400))
    for i = 1, 400 do
        local finished, value, index = pcall(it)
        if finished then
            test.is({ value, index }, { i, i })
        else
            test.is(value.kind, "ProcessError")
            lost = lost + 1
        end
    end
    test.is(it(), nil)
    stop:set()
    killer:join()
    test.ok(kills.value > before, "nobody was killed")
    test.between(lost, 0, kills.value - before + 1)
    pool_support.works(pool, 3)
end)

test.done()
