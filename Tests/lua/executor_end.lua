-- Section 7 of the API: ProcessPoolExecutor: its options, its shutdown, failing initializers and dying workers.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local die, range = support.die, support.range

local function square(x) return x * x end

local function process_error(f, exitcode)
    local e = test.kind("ProcessError", f)
    test.is(e.exitcode, exitcode)
    test.like(tostring(e.process), "Worker%-%d+")
    test.has(e.message, exitcode < 0 and "SIG" or "exit code " .. exitcode)
end

-- Do n workers work at a time?
local function works(ex, n)
    local barrier, futures = mp.Barrier(n), {}
    for i = 1, n do
        futures[i] = ex:submit(function() barrier:wait(30) return i end)
    end
    for i = 1, n do test.is(futures[i]:result(60), i) end
    test.is(ex:submit(square, 5):result(60), 25)
end

test("the options", function()
    local ex <close> = mp.ProcessPoolExecutor {
        max_workers = 3,
        initializer = function(a, b) initialized = a + b end,
        initargs = { 40, 2 },
    }
    test.is(ex:submit(function() return initialized end):result(), 42)
    test.is(initialized, nil)
    works(ex, 3)
    local default <close> = mp.ProcessPoolExecutor {}
    works(default, mp.cpu_count())
    local none <close> = mp.ProcessPoolExecutor()
    test.is(none:submit(square, 3):result(), 9)
    for _, n in ipairs { 0, -1 } do
        local e = test.kind("ValueError", function() mp.ProcessPoolExecutor { max_workers = n } end)
        test.has(e.message, "max_workers must be greater than 0")
    end
    test.raises("ProcessPoolExecutor: unknown option 'max_worker' (did you mean 'max_workers'?)", function()
        mp.ProcessPoolExecutor { max_worker = 2 }
    end)
end)

test("max_tasks_per_child", function()
    local ex <close> = mp.ProcessPoolExecutor { max_workers = 2, max_tasks_per_child = 3 }
    local futures, tasks = {}, {}
    for i = 1, 20 do futures[i] = ex:submit(function() return mp.getpid() end) end
    for i = 1, 20 do
        local pid = futures[i]:result(60)
        tasks[pid] = (tasks[pid] or 0) + 1
    end
    for pid, n in pairs(tasks) do test.between(n, 1, 3, "tasks of " .. pid) end
end)

test("more tasks than workers, all blocked at first", function()
    local ex <close> = mp.ProcessPoolExecutor { max_workers = 2 }
    local permits, futures = mp.Semaphore(0), {}
    for i = 1, 30 do futures[i] = ex:submit(function() return permits:acquire(true, 60) end) end
    for _ = 1, 30 do permits:release() end
    for i = 1, 30 do test.is(futures[i]:result(60), true) end
end)

-- Shutdown ------------------------------------------------------------------------------------------------------

test("shutdown waits for all tasks; then nothing is taken", function()
    local ex = mp.ProcessPoolExecutor { max_workers = 2 }
    local pids, futures = {}, {}
    for i = 1, 10 do futures[i] = ex:submit(function() time.sleep(0.02) return i, mp.getpid() end) end
    ex:shutdown()
    for i = 1, 10 do
        local value, pid = futures[i]:result(0)
        test.is(value, i)
        pids[pid] = true
    end
    -- They have ended; putting them away takes the kernel another moment.
    for pid in pairs(pids) do
        test.ok(support.eventually(function() return not support.runs(pid) end, 1), "no worker runs")
    end
    for _, use in ipairs { ex.submit, ex.map, ex.starmap } do
        local finished, problem = pcall(use, ex, square, { { 1 } })
        test.is(finished, false)
        test.has(tostring(problem), "cannot schedule new futures after shutdown")
    end
    ex:shutdown()
end)

test("shutdown without waiting: what was submitted is still done", function()
    local ex = mp.ProcessPoolExecutor { max_workers = 2 }
    local go, futures = mp.Event(), {}
    for i = 1, 10 do futures[i] = ex:submit(function() return go:wait(60) and i end) end
    ex:shutdown { wait = false }
    test.is(futures[1]:done(), false, "it waited")
    test.ok(not pcall(ex.submit, ex, square, 1))
    go:set()
    for i = 1, 10 do test.is(futures[i]:result(60), i) end
    ex:shutdown()
end)

test("shutdown that cancels what is pending", function()
    for _, wait in ipairs { true, false } do
        local ex = mp.ProcessPoolExecutor { max_workers = 2 }
        local begun, ran, futures = mp.Semaphore(0), mp.Value("i", 0), {}
        for i = 1, 50 do
            futures[i] = ex:submit(function()
                ran:add(1)
                begun:release()
                time.sleep(0.2)
                return i
            end)
        end
        begun:acquire(true, 30)
        ex:shutdown { wait = wait, cancel_futures = true }
        ex:shutdown()
        local cancelled, results = 0, 0
        for i = 1, 50 do
            test.is(futures[i]:done(), true)
            if futures[i]:cancelled() then cancelled = cancelled + 1 else results = results + 1 end
            if not futures[i]:cancelled() then test.is(futures[i]:result(0), i) end
        end
        test.between(cancelled, 40, 49)
        test.is(ran.value, results)
    end
end)

test("an executor is a scope that waits", function()
    local futures = {}
    do
        local ex <close> = mp.ProcessPoolExecutor { max_workers = 2 }
        for v, i in ex:map(square, range(1, 5)) do test.is(v, i * i) end
        for i = 1, 6 do futures[i] = ex:submit(function() time.sleep(0.05) return i end) end
    end
    for i = 1, 6 do test.is(futures[i]:result(0), i) end
    test.is(mp.active_children(), {})
end)

test("values of a map that are read after shutdown", function()
    for _, wait in ipairs { true, false } do
        local ex = mp.ProcessPoolExecutor { max_workers = 2 }
        local it, expected = ex:map(square, range(1, 10)), 0
        ex:shutdown { wait = wait }
        for v, i in it do
            expected = expected + 1
            test.is({ v, i }, { expected * expected, expected })
        end
        test.is(expected, 10)
        ex:shutdown()
    end
end)

test("a script that never shuts down ends, its tasks done", function()
    for _, last in ipairs { "", "ex:shutdown { wait = false }" } do
        local r = support.run([[
            local mp = require "multiprocessing"
            local time = require "time"
            ex = mp.ProcessPoolExecutor { max_workers = 2 }
            for i = 1, 4 do
                ex:submit(function() time.sleep(0.1) io.stdout:write("done\n") io.stdout:flush() end)
            end
        ]] .. last)
        test.is({ r.status, r.out, r.err }, { 0, ("done\n"):rep(4), "" }, last)
    end
end)

-- Failing initializers ----------------------------------------------------------------------------------------

local failing = {
    ["raises"] = { function() error "boom in init" end, "boom in init" },
    ["calls os.exit"] = { function() os.exit(5) end, "exit code 5" },
    ["is killed"] = { die, "SIGKILL" },
}

for how, case in pairs(failing) do
    test("an initializer that " .. how .. " fails every future", function()
        local act, text = table.unpack(case)
        local ex = mp.ProcessPoolExecutor { max_workers = 2, initializer = function() act() end }
        for _ = 1, 4 do
            -- The submission may already know; otherwise the future does.
            local finished, problem = pcall(function() return ex:submit(square, 1):result(30) end)
            test.is(finished, false)
            test.has(tostring(problem), text)
        end
        ex:shutdown()
    end)
end

-- Deaths of workers ---------------------------------------------------------------------------------------------

local deaths = {
    { "killed by SIGKILL", die, -9 },
    { "ended by os.exit(1)", function() os.exit(1) end, 1 },
    { "ended by os.exit(0)", function() os.exit(0) end, 0 },
}

for _, workers in ipairs { 1, 2, 5 } do
    for _, death in ipairs(deaths) do
        local how, act, exitcode = table.unpack(death)
        test(("one of %d workers is %s: its future fails, the executor goes on"):format(workers, how), function()
            local ex <close> = mp.ProcessPoolExecutor { max_workers = workers }
            local futures = {}
            for i = 1, 20 do
                futures[i] = ex:submit(function() return i % 7 == 4 and act() or i end)
            end
            for i = 1, 20 do
                if i % 7 == 4 then
                    process_error(function() futures[i]:result(60) end, exitcode)
                    test.is(futures[i]:exception().kind, "ProcessError")
                    test.is({ futures[i]:done(), futures[i]:cancelled() }, { true, false })
                else
                    test.is(futures[i]:result(60), i)
                end
            end
            works(ex, workers)
        end)
    end
end

test("idle workers that are killed are replaced", function()
    local ex <close> = mp.ProcessPoolExecutor { max_workers = 2 }
    for _ = 1, 3 do
        local pid = ex:submit(mp.getpid):result()
        support.until_asleep(pid)
        support.kill("KILL", pid)
        test.ok(support.eventually(function() return not support.runs(pid) end))
        for i = 1, 5 do test.is(ex:submit(square, i):result(60), i * i) end
    end
    works(ex, 2)
end)

test("tasks of 10 MiB whose workers all die", function()
    local ex <close> = mp.ProcessPoolExecutor { max_workers = 2 }
    local text = ("a"):rep(10 << 20)
    local futures = {}
    for i = 1, 6 do futures[i] = ex:submit(function() return #text > 0 and die() end) end
    for i = 1, 6 do process_error(function() futures[i]:result(60) end, -9) end
    local it = ex:map(function() die() end, { text, text })
    for _ = 1, 2 do process_error(function() it() end, -9) end
    test.is(ex:submit(string.len, text):result(60), 10 << 20)
end)

test("deaths are seen by callbacks, as_completed and wait_futures", function()
    local ex <close> = mp.ProcessPoolExecutor { max_workers = 2 }
    local go, kind = mp.Event(), nil
    local dead, good = ex:submit(die), ex:submit(square, 2)
    dead:add_done_callback(function(f) kind = f:exception().kind end)
    local seen = {}
    for f in mp.as_completed({ dead, good }, 60) do seen[#seen + 1] = f end
    test.is(#seen, 2)
    test.is(kind, "ProcessError")
    local running = ex:submit(function() return go:wait(60) end)
    dead = ex:submit(die)
    local done, not_done = mp.wait_futures({ running, dead }, { return_when = "FIRST_EXCEPTION", timeout = 60 })
    test.is({ #done, #not_done }, { 1, 1 })
    test.ok(rawequal(done[1], dead) and rawequal(not_done[1], running))
    go:set()
    test.is(running:result(60), true)
end)

test("a worker that dies after shutdown does not hang it", function()
    for _, wait in ipairs { true, false } do
        local ex = mp.ProcessPoolExecutor { max_workers = 2 }
        local dying = ex:submit(function() time.sleep(0.1) die() end)
        local others = {}
        for i = 1, 6 do others[i] = ex:submit(function() time.sleep(0.05) return i end) end
        ex:shutdown { wait = wait }
        process_error(function() dying:result(60) end, -9)
        for i = 1, 6 do test.is(others[i]:result(60), i) end
        ex:shutdown()
    end
end)

test("nothing is left", function()
    test.is(mp.active_children(), {})
end)

test.done()
