-- Section 7 of the API: the death of workers. The task that died with its worker fails and says who and why, all others
-- succeed, the worker is replaced, nothing hangs.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local pool_support = require "pool_support"
local time = require "time"

local die, processes, range = support.die, support.worker_pids, support.range

local function square(x) return x * x end

-- While a task runs ---------------------------------------------------------------------------------------------

local deaths = {
    { "is killed by SIGKILL", die, -9 },
    { "is ended by SIGTERM", function() die "TERM" end, -15 },
    { "crashes with SIGSEGV", function() die "SEGV" end, -11 },
    { "calls os.exit(3)", function() os.exit(3) end, 3 },
    { "calls os.exit(true)", function() os.exit(true) end, 0 },
    { "calls os.exit(0, true)", function() os.exit(0, true) end, 0 },
}

for _, workers in ipairs { 1, 2, 5, 13 } do
    for _, death in ipairs(deaths) do
        local how, act, exitcode = table.unpack(death)
        test(("one of %d workers %s: only its task fails"):format(workers, how), function()
            local pool <close> = mp.Pool(workers)
            local said, results = mp.Queue(), {}
            for i = 1, 25 do
                results[i] = pool:apply_async(function(x)
                    if x % 7 ~= 4 then return x * x end
                    said:put { x, mp.current_process().name }
                    act()
                end, { i })
            end
            for _, result in ipairs(results) do result:wait(60) end
            local names = {}
            while true do
                local more, item = said:try_get()
                if not more then break end
                test.is(names[item[1]], nil, "begun twice")
                names[item[1]] = item[2]
            end
            for i, result in ipairs(results) do
                if i % 7 ~= 4 then
                    test.is(result:get(0), i * i)
                else
                    test.is(result:successful(), false)
                    pool_support.process_error(function() result:get(0) end, names[i] or "nobody", exitcode)
                end
            end
            pool_support.works(pool, workers)
        end)
    end

    test("an error in a task of " .. workers .. " workers ends no worker", function()
        local pool <close> = mp.Pool(workers)
        local before = processes(pool)
        local results = {}
        for i = 1, 25 do
            results[i] = pool:apply_async(function(x) return x % 7 ~= 4 and x * x or error "mine" end, { i })
        end
        for i, result in ipairs(results) do
            if i % 7 == 4 then
                test.kind("RemoteError", function() result:get(60) end)
            else
                test.is(result:get(60), i * i)
            end
        end
        test.is(processes(pool), before)
    end)
end

-- While a result is sent ------------------------------------------------------------------------------------------

local function large(n)
    local list = {}
    for i = 1, n do list[i] = ("%08d"):format(i):rep(32) end -- 256 bytes
    return list
end

local function check_large(list, n)
    test.is(#list, n)
    for i = 1, n, 997 do test.is(list[i], ("%08d"):format(i):rep(32)) end
end

local function exists(path)
    local file <close> = io.open(path)
    return file ~= nil
end

-- Ways to end a process from outside at an instant that it does not choose.
local blows = {
    { "killed", "KILL", -9 },
    { "ended by os.exit in a signal handler", "TERM", 3 },
}

for _, workers in ipairs { 1, 2, 5, 13 } do
    for _, size in ipairs { { "a small", 1 }, { "a 10 MiB", 40960 } } do
        local n = size[2]
        for _, blow in ipairs(blows) do
            local how, signal, exitcode = table.unpack(blow)
            test(("%d workers, one %s while it sends %s result"):format(workers, how, size[1]), function()
                local pool <close> = mp.Pool(workers)
                for round = 1, n == 1 and 16 or 4 do
                    local victim = pool:apply_async(function()
                        mp.on_signal("TERM", function() os.exit(3) end)
                        local list = large(n)
                        os.execute(("touch blow; (sleep 0.003; kill -%s %d; rm blow) 2>/dev/null &"):format(
                            signal, mp.getpid()))
                        local finish = time.monotonic() + (n == 1 and 0.003 + round * 0.0005 or 0)
                        repeat until time.monotonic() >= finish
                        return list
                    end)
                    -- Should the blow come late, it hits one of these or nobody.
                    local others = {}
                    for i = 1, 8 do others[i] = pool:apply_async(square, { i }, { retries = 5 }) end
                    for i = 1, 8 do test.is(others[i]:get(60), i * i) end
                    local finished, got = pcall(victim.get, victim, 60)
                    if finished then
                        check_large(got, n)
                    else
                        pool_support.process_error(function() error(got, 0) end, "PoolWorker-", exitcode)
                    end
                    test.ok(support.eventually(function() return not exists "blow" end))
                end
                pool_support.works(pool, workers)
            end)
        end

        test(("%d workers, an error while one sends %s result"):format(workers, size[1]), function()
            local pool <close> = mp.Pool(workers)
            local before = processes(pool)
            local results = {}
            for i = 1, 4 do
                results[i] = pool:apply_async(function()
                    local list = large(n)
                    if i == 3 then list[n + 1] = coroutine.create(print) end
                    return list
                end)
            end
            for i = 1, 4 do
                if i == 3 then
                    test.kind("SerializationError", function() results[i]:get(60) end)
                else
                    check_large(results[i]:get(60), n)
                end
            end
            test.is(processes(pool), before)
        end)
    end
end

test("what dead workers were sending is given back", function()
    local r = support.run([[
        local mp = require "multiprocessing"
        local pool <close> = mp.Pool(2)
        local dead, good = 0, 0
        for round = 1, 20 do
            local finished, got = pcall(pool.apply, pool, function(x)
                local list = {}
                for i = 1, 10240 do list[i] = ("x"):rep(1024) end
                os.execute(("(sleep %.4f; exec kill -KILL %d) 2>/dev/null &"):format(x % 6 * 0.001, mp.getpid()))
                return list
            end, { round })
            if finished then good = good + 1
            elseif got.kind == "ProcessError" then dead = dead + 1
            else print(got) end
        end
        require "time".sleep(0.1)
        print(dead + good, #pool:apply(string.rep, { "x", 10 << 20 }, { retries = 5 }))
    ]], { env = "MPRUN_SHARED_MEMORY=64M", seconds = 120 })
    test.is({ r.status, r.out }, { 0, "20\t10485760\n" })
end)

test("a result larger than the shared memory is an error of its task", function()
    local r = support.run([[
        local mp = require "multiprocessing"
        local pool <close> = mp.Pool(2)
        for _ = 1, 3 do
            local finished, e = pcall(pool.apply, pool, string.rep, { "x", 40 << 20 })
            print(finished, tostring(e):find "MemoryError" ~= nil, pool:apply(math.abs, { -1 }))
        end
    ]], { env = "MPRUN_SHARED_MEMORY=32M" })
    test.is({ r.status, r.out }, { 0, ("false\ttrue\t1\n"):rep(3) })
end)

for _, workers in ipairs { 1, 2, 5, 13 } do
    test(("memory runs out in tasks of %d workers: while they run, while they send"):format(workers), function()
        support.write("script.lua", ([[
            local mp = require "multiprocessing"
            local pool <close> = mp.Pool(%d)
            local results = {}
            for i = 1, 25 do
                results[i] = pool:apply_async(function(x)
                    if x %% 7 == 4 then
                        local kept = {}
                        for n = 1, 100 do kept[n] = ("x"):rep(50 << 20) .. n end
                    elseif x %% 7 == 5 then
                        return ("x"):rep(70 << 20)
                    end
                    return ("y"):rep(x %% 2 * (2 << 20)), x
                end, { i })
            end
            local wrong = 0
            local function check(condition) if not condition then wrong = wrong + 1 end end
            for i, result in ipairs(results) do
                local finished, text, x = pcall(result.get, result, 60)
                if i %% 7 == 4 then
                    check(not finished and text.kind == "RemoteError" and text.message:find "not enough memory")
                elseif i %% 7 == 5 then
                    -- Of the shared memory, or of the worker's own.
                    check(not finished and (text.kind == "MemoryError" or text.message:find "not enough memory"))
                else
                    check(finished and #text == i %% 2 * (2 << 20) and x == i)
                end
            end
            print(wrong, pool:apply(math.abs, { -1 }))
        ]]):format(workers))
        local r = support.shell(("ulimit -v 700000; MPRUN_SHARED_MEMORY=64M exec %s script.lua"):format(
            support.quote(support.mprun)))
        test.is({ r.status, r.out }, { 0, "0\t1\n" }, r.err)
    end)
end

test("the error says which task it was, within a second", function()
    local function perish(x)
        if x == 3 then die() end
        return x
    end
    local line = debug.getinfo(perish, "S").linedefined
    local place = ("pool_killed.lua:%d)"):format(line)
    for _, workers in ipairs { 1, 2, 5, 13 } do
        local pool <close> = mp.Pool(workers)
        local started = time.monotonic()
        local e = test.kind("ProcessError", function() pool:apply(perish, { 3 }) end)
        test.between(time.monotonic() - started, 0, 1)
        test.has(e, "apply(")
        test.has(e, place)
        e = test.kind("ProcessError", function() pool:map(perish, { 1, 2, 3, 4 }, 1) end)
        test.has(e, "item 3 of map(")
        e = test.kind("ProcessError", function() pool:map(perish, { 1, 2, 3, 4 }, 2) end)
        test.has(e, "items 3 to 4 of map(")
        e = test.kind("TimeoutError", function()
            pool:starmap(time.sleep, { { 0 }, { 9 } }, { timeout = 0.2 })
        end)
        test.has(e, "item 2 of starmap took more than 0.2 s")
    end
end)

-- While a task is taken -------------------------------------------------------------------------------------------

test("idle workers that are killed are replaced; no task fails", function()
    for _, workers in ipairs { 1, 2, 5, 13 } do
        local pool <close> = mp.Pool(workers)
        for _ = 1, 2 do
            pool:map(square, { 1, 2, 3, 4, 5 }, 1)
            for _, pid in ipairs(processes(pool)) do
                support.until_asleep(pid)
                support.kill("KILL", pid)
                test.ok(support.eventually(function() return not support.runs(pid) end))
            end
            test.is(#pool:apply(function(s) return s .. "!" end, { ("x"):rep(10 << 20) }), (10 << 20) + 1)
            pool_support.works(pool, workers)
        end
    end
end)

test("a worker stopped and killed with a 10 MiB task before it", function()
    local pool <close> = mp.Pool(1)
    local text = ("x"):rep(10 << 20)
    for _ = 1, 3 do
        local pid = processes(pool)[1]
        support.until_asleep(pid)
        support.kill("STOP", pid)
        local result = pool:apply_async(string.len, { text }, { retries = 1 })
        time.sleep(0.02)
        test.is(result:ready(), false)
        support.kill("KILL", pid)
        test.is(result:get(60), 10 << 20)
    end
    pool_support.works(pool, 1)
end)

test("a stopped worker holds up its own task only", function()
    local pool <close> = mp.Pool(2)
    local pid = mp.Value("i", 0)
    local stopped = pool:apply_async(function()
        pid.value = mp.getpid()
        support.kill("STOP", mp.getpid())
        return "continued"
    end)
    test.is(pool:map(square, range(1, 100), 3), pool:map(square, range(1, 100)))
    test.is(stopped:ready(), false)
    support.kill("KILL", pid.value)
    pool_support.process_error(function() stopped:get(60) end, "PoolWorker-", -9)
    pool_support.works(pool, 2)
end)

test.done()
