-- Section 7 of the API: the workers of a Pool, from its creation to close, terminate and join; what it tells of itself.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local range = support.range

local function square(x) return x * x end
local function product(x, y) return x * y end

local function squares(first, last)
    local list = range(first, last)
    for i, x in ipairs(list) do list[i] = x * x end
    return list
end

test("workers are daemons with names; as many as asked for work at a time", function()
    local pool <close> = mp.Pool(4)
    local barrier = mp.Barrier(4)
    local workers = pool:map(function()
        barrier:wait(30)
        local p = mp.current_process()
        local ok, problem = pcall(function() mp.Process { target = print }:start() end)
        return { name = p.name, daemon = p.daemon, pid = p.pid, nested = not ok and tostring(problem) }
    end, { 1, 2, 3, 4 }, 1)
    local seen = {}
    for _, w in ipairs(workers) do
        test.like(w.name, "^PoolWorker%-%d+$")
        test.is(w.daemon, true)
        test.has(w.nested, "daemonic processes are not allowed to have children")
        test.is({ seen[w.pid], seen[w.name] }, {})
        seen[w.pid], seen[w.name] = true, true
    end
end)

test("the arguments of Pool", function()
    local main = mp.getpid()
    local function init(a, b) initialized = { a, b, mp.getpid() ~= main } end
    local read = function() return initialized end
    local by_name = { processes = 1, initializer = init, initargs = { "x", 2 } }
    for _, made in ipairs { mp.Pool(1, init, { "x", 2 }), mp.Pool(by_name) } do
        test.is(made:apply(read), { "x", 2, true })
        made:terminate()
    end
    test.is(initialized, nil, "the initializer ran here")
    local default <close> = mp.Pool()
    test.is(#default:stats(), mp.cpu_count())
    for _, n in ipairs { 0, -1 } do
        test.has(test.kind("ValueError", function() mp.Pool(n) end).message, "Number of processes must be at least 1")
        test.kind("ValueError", function() mp.Pool { processes = n } end)
    end
    test.raises("Pool: unknown option 'proceses' (did you mean 'processes'?)", function()
        mp.Pool { proceses = 2 }
    end)
    for _, n in ipairs { 0, -1, 0.5, "twelve" } do
        local finished, problem = pcall(mp.Pool, { processes = 1, maxtasksperchild = n })
        test.is(finished, false, "maxtasksperchild = " .. n)
        test.has(tostring(problem), "maxtasksperchild")
    end
end)

test("maxtasksperchild replaces workers", function()
    local short <close> = mp.Pool { processes = 3, maxtasksperchild = 10 }
    local results, count = {}, {}
    for i = 1, 100 do results[i] = short:apply_async(function(x) return x * x, mp.getpid() end, { i }) end
    for i = 1, 100 do
        local v, pid = results[i]:get(60)
        test.is(v, i * i)
        count[pid] = (count[pid] or 0) + 1
    end
    for pid, n in pairs(count) do test.between(n, 1, 10, "tasks of worker " .. pid) end
    test.is(short:map(square, range(1, 50)), squares(1, 50))
end)

test("close and join with workers of one task each and tasks pending", function()
    local short = mp.Pool { processes = 3, maxtasksperchild = 1 }
    local results = {}
    for i = 1, 12 do results[i] = short:apply_async(function(x) time.sleep(0.02) return x, mp.getpid() end, { i }) end
    short:close()
    short:join()
    local pids = {}
    for i, result in ipairs(results) do
        local v, pid = result:get(0)
        test.is(v, i)
        test.is(pids[pid], nil, "a second task in one worker")
        pids[pid] = true
    end
end)

test("close lets the tasks finish; afterwards nothing is taken", function()
    local closed = mp.Pool(2)
    test.has(test.kind("ValueError", function() closed:join() end).message, "Pool is still running")
    local result = closed:map_async(function(x) time.sleep(0.02) return x end, range(1, 10), 1)
    closed:close()
    closed:close()
    local uses = {
        apply = { square, { 1 } }, apply_async = { square, { 1 } }, map = { square, { 1 } },
        map_async = { square, { 1 } }, starmap = { product, { { 1, 2 } } }, starmap_async = { product, { { 1, 2 } } },
        imap = { square, { 1 } }, imap_unordered = { square, { 1 } },
    }
    for method, arguments in pairs(uses) do
        local e = test.kind("ValueError", function() closed[method](closed, table.unpack(arguments)) end)
        test.has(e.message, "Pool not running", method)
    end
    closed:join()
    closed:join()
    test.is(result:get(0), range(1, 10))
    test.kind("ValueError", function() closed:map(square, { 1 }) end)
end)

test("terminate does not wait for ten thousand sleeping tasks", function()
    local sleepers = mp.Pool(3)
    local times = {}
    for i = 1, 10000 do times[i] = 600 end
    local result = sleepers:map_async(time.sleep, times, 1)
    local alone = sleepers:apply_async(time.sleep, { 600 })
    local pids = {}
    for i, worker in ipairs(sleepers:stats()) do pids[i] = worker.pid end
    test.is(#pids, 3)
    sleepers:terminate()
    sleepers:terminate()
    sleepers:join()
    for _, pid in ipairs(pids) do
        test.ok(support.eventually(function() return not support.runs(pid) end, 1), "no worker runs")
    end
    for _, lost in ipairs { result, alone } do
        local finished, problem = pcall(lost.get, lost, 5)
        test.is(finished, false)
        test.ok(type(problem) == "table" and problem.kind ~= "TimeoutError", "it waits for what nobody will do")
    end
end)

test("a pool is a scope", function()
    local escaped, pids
    do
        local scoped <close> = mp.Pool(2)
        escaped = scoped
        pids = scoped:map(mp.getpid, range(1, 20), 1)
        test.is(scoped:map_async(square, range(1, 10)):get(), squares(1, 10))
    end
    for _, pid in ipairs(pids) do
        test.ok(support.eventually(function() return not support.runs(pid) end), "a worker outlives its pool")
    end
    test.has(test.kind("ValueError", function() escaped:map_async(square, { 1 }) end).message, "Pool not running")
    escaped:join()
end)

test("a pool in a child process; a pool left alone at the end of a process", function()
    test.is(support.elsewhere(function()
        local own <close> = mp.Pool(2)
        return own:map(square, range(1, 10))
    end), squares(1, 10))
    local r = support.run [[
        local mp = require "multiprocessing"
        problem = mp.Pool(2)
        print(problem:map(math.abs, { -1, -2 })[2])
        problem:apply_async(require "time".sleep, { 600 })
    ]]
    test.is({ r.status, r.out, r.err }, { 0, "2\n", "" })
end)

for _, use in ipairs {
    "pool:apply(math.abs, { 2 })", "pool:map(math.abs, { 2 })", "result:ready()", "result:wait(0.1)",
    "result:get(0.1)", "result:get()", "it()", "pool:stats()", "pool:close()", "pool:terminate()", "pool:join()",
} do
    test("a child may not use the pool of its parent, and takes nothing from it: " .. use, function()
        local r = support.run(([[
            local mp = require "multiprocessing"
            local pool <close> = mp.Pool(2)
            local result = pool:apply_async(math.abs, { -9 })
            local it = pool:imap(math.abs, { -1, -2, -3 })
            os.execute "sleep 0.1" -- The results are on their way, and we have not asked for them.
            mp.Process { target = function()
                local finished, problem = pcall(function() return %s end)
                io.stderr:write(finished and "no error" or tostring(problem))
            end }:start():join()
            print(result:get(), it(), it(), it(), it())
            print(pool:apply(math.abs, { -5 }))
        ]]):format(use), { seconds = 10 })
        test.is({ r.status, r.out }, { 0, "9\t1\t2\t3\tnil\n5\n" })
        -- What gives a result must say why there is none; the others may do nothing.
        if use:find "apply" or use:find "map" or use:find "get" or use == "it()" then
            test.like(r.err, "pool .-process")
        end
    end)
end

test("two hundred workers", function()
    local many <close> = mp.Pool(200)
    local sum = 0
    for _, v in ipairs((many:map(square, range(0, 999)))) do sum = sum + v end
    test.is(sum, 332833500)
end)

test("stats: who did what", function()
    local own <close> = mp.Pool(2)
    own:map(function(x) time.sleep(x == 7 and 0.1 or 0.001) return x end, range(1, 10), 1)
    local stats, tasks, work = own:stats(), 0, 0
    test.is(#stats, 2)
    for _, worker in ipairs(stats) do
        test.like(worker.name, "^PoolWorker%-%d+$")
        test.is(support.runs(worker.pid), true)
        test.between(worker.wait, 0, 300)
        tasks, work = tasks + worker.tasks, work + worker.work
    end
    test.is(tasks, 10)
    test.between(work, 0.1, 300, "seconds of work")
    test.ok(#stats.slowest >= 1, "no slowest tasks")
end)

test("stats: whoever has the result of a task finds it counted, also beside other load", function()
    local own <close> = mp.Pool(2)
    local rivals = {}
    for i = 1, 3 do rivals[i] = mp.Process { target = function() while true do end end, daemon = true }:start() end
    local missing = 0
    for round = 1, 2000 do
        own:apply(math.abs, { round })
        local stats = own:stats()
        missing = missing + round - stats[1].tasks - stats[2].tasks
    end
    for _, rival in ipairs(rivals) do rival:kill() end
    test.is(missing, 0)
end)

test("progress is written to stderr as lines when it is no terminal", function()
    local r = support.run [[
        local mp = require "multiprocessing"
        local pool <close> = mp.Pool(2)
        print(#pool:map(math.abs, { -1, -2, -3, -4, -5, -6, -7, -8, -9, -10 }, { progress = true, chunksize = 1 }))
    ]]
    test.is({ r.status, r.out }, { 0, "10\n" })
    test.has(r.err, "10/10")
    test.ok(not r.err:find "[\r\27]", "terminal control in a file")
end)

test.done()
