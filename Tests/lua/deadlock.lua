-- When no process can act any more: the report, its code, names and lines; DeadlockError in those that wait; status 3.
-- (No false reports: deadlock_not.lua.)

local test = require "tap"
local support = require "support"

local bugs = support.fixtures .. "/../../examples/bugs/"

local function run_bug(name, options)
    local command = ("cd %s && exec %s %s %s.lua"):format(
        support.quote(bugs), support.quote(support.mprun), options or "", name)
    return support.shell(command, nil, 30)
end

local function contains(text, ...)
    for _, part in ipairs { ... } do
        test.ok(text:find(part, 1, true), ("%q in\n%s"):format(part, text))
    end
end

local count = support.count

local expected = {
    philosophers = {
        "deadlock MP001: locks taken in different orders",
        "philosopher 1 (pid ", " at philosophers.lua:18 for ", "\n      wants Lock 'fork 2' (philosophers.lua:9), held by philosopher 2",
        "      holds Lock 'fork 1' (philosophers.lua:9), taken at philosophers.lua:16",
        "MainProcess (pid ", "joins philosopher 1",
        "  cycle: philosopher 1\n      → Lock 'fork 2' (philosophers.lua:9), held by philosopher 2\n"
            .. "      → Lock 'fork 3' (philosophers.lua:9), held by philosopher 3\n"
            .. "      → Lock 'fork 1' (philosophers.lua:9), held by philosopher 1\n",
        "in the same order",
        "mprun: philosophers.lua:28: DeadlockError: MP001, locks taken in different orders",
        "philosophers.lua:18: DeadlockError: MP001",
    },
    bank_transfer = {
        "deadlock MP001:", "Ada to Bob (pid ", "wants Lock 'Bob' (bank_transfer.lua:7), held by Bob to Ada",
        "holds Lock 'Ada' (bank_transfer.lua:6), taken at bank_transfer.lua:10", "cycle: Ada to Bob\n      → ",
    },
    forgotten_sentinel = {
        "deadlock MP003:", "consumer (pid ", " at forgotten_sentinel.lua:9 for ",
        "waits for an item of Queue 'jobs' (forgotten_sentinel.lua:5)", "joins consumer", "sentinel",
    },
    double_acquire = {
        "deadlock MP002:", "wants Lock 'ledger' (double_acquire.lua:5), held by MainProcess",
        "holds Lock 'ledger' (double_acquire.lua:5), taken at double_acquire.lua:14", " at double_acquire.lua:8 for ", "RLock",
    },
    undrained_queue = {
        "deadlock MP008:", "worker (pid ", "waits for room in Queue 'results' (undrained_queue.lua:5)", "joins worker",
        " at undrained_queue.lua:12 for ", "before joining",
    },
    short_barrier = {
        "deadlock MP006:", "runner 3 (pid ", "waits at Barrier 'start line' (short_barrier.lua:5), where 3 of 4 are",
    },
    lost_wakeup = {
        "deadlock MP007:", "waiter (pid ", "waits to be notified by Condition 'ready' (lost_wakeup.lua:6)",
        " at lost_wakeup.lua:11 for ", "in a loop",
    },
    terminate_holder = {
        "deadlock MP009:", "wants Lock 'printer' (terminate_holder.lua:7), held by worker (pid ", "which is dead",
        " at terminate_holder.lua:19 for ",
    },
}

for name, parts in pairs(expected) do
    test("examples/bugs/" .. name .. ".lua is reported once and ends with status 3", function()
        local result = run_bug(name)
        test.is(result.status, 3)
        contains(result.err, table.unpack(parts))
        test.is(count(result.err, "deadlock MP"), 1, "one report")
        test.is(count(result.err, "remedy: "), 1, "one remedy")
        contains(result.err, "(mprun --explain MP00")
        test.is(count(result.err, "MainProcess (pid "), 1, "the main process is listed")
    end)
end

test("--deadlock=report only reports", function()
    local result = support.shell(("cd %s && exec timeout -s INT 4 %s --deadlock=report double_acquire.lua"):format(
        support.quote(bugs), support.quote(support.mprun)), nil, 30)
    test.is(count(result.err, "deadlock MP002"), 1)
    test.is(count(result.err, "DeadlockError"), 0)
    contains(result.err, "mprun: interrupted")
end)

test("--deadlock=off does nothing", function()
    local result = support.shell(("cd %s && exec timeout -s INT 3 %s --deadlock=off double_acquire.lua"):format(
        support.quote(bugs), support.quote(support.mprun)), nil, 30)
    test.is(result.err, "mprun: interrupted\n")
end)

test("--deadlock with nonsense", function()
    local result = support.run("print(1)", { env = "", args = {} })
    test.is(result.out, "1\n")
    result = support.shell(support.quote(support.mprun) .. " --deadlock=maybe x.lua")
    test.is(result.status, 1)
    contains(result.err, "--deadlock is 'abort', 'report' or 'off', not 'maybe'")
    result = support.shell(support.quote(support.mprun) .. " --deadlock")
    test.is(result.status, 1)
end)

test("--explain tells what a code means, without a script", function()
    for i = 1, 13 do
        local code = ("MP%03d"):format(i)
        local result = support.shell(support.quote(support.mprun) .. " --explain " .. code)
        test.is(result.status, 0)
        test.ok(result.out:find("^" .. code .. ": "), code)
        contains(result.out, "Remedy: ")
    end
    test.ok(support.shell(support.quote(support.mprun) .. " --explain mp001").out:find "^MP001")
    local result = support.shell(support.quote(support.mprun) .. " --explain MP999")
    test.is(result.status, 1)
    contains(result.err, "there is no code 'MP999'", "MP001  locks taken in different orders")
end)

test("the error can be caught, variables are closed, and the script goes on", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local q = mp.Queue()
        local closed = false
        local good, problem = pcall(function()
            local guard <close> = setmetatable({}, { __close = function() closed = true end })
            q:get()
        end)
        print(good, problem.kind, closed, tostring(problem))
        q:put("on")
        print(q:get())
        print(pcall(q.get, q, true, 0.1))
    ]]
    test.is(result.status, 0)
    contains(result.out, "false\tDeadlockError\ttrue\tscript.lua:6: DeadlockError: MP003, get from a queue that nobody puts to")
    contains(result.out, "\non\n", "Empty: ")
end)

test("every blocking call", function()
    local calls = {
        { "local l = mp.Lock() l:acquire() l:acquire()", "MP002" },
        { "local l = mp.Lock() l:acquire() local g <close> = l:hold()", "MP002" },
        { "mp.Semaphore(0):acquire()", "MP011" },
        { "local g <close> = mp.Semaphore(0):hold()", "MP011" },
        { "mp.Event():wait()", "MP010" },
        { "mp.Barrier(2):wait()", "MP006" },
        { "local c = mp.Condition() c:acquire() c:wait()", "MP007" },
        { "local c = mp.Condition() c:acquire() c:wait_for(function() return false end)", "MP007" },
        { "mp.Queue():get()", "MP003" },
        { "mp.Queue():get_many(3)", "MP003" },
        { "for item in mp.Queue():items() do end", "MP003" },
        { "mp.SimpleQueue():get()", "MP003" },
        { "local q = mp.Queue(1) q:put(1) q:put(2)", "MP008" },
        { "local q = mp.Queue(1) q:put_many { 1, 2, 3 }", "MP008" },
        { "local q = mp.JoinableQueue() q:put(1) q:join()", "MP004" },
        { "mp.wait { mp.Queue(), mp.Event() }", "MP012" },
        { "local l = mp.Lock() l:acquire() local p = mp.Process { target = l.acquire, args = { l } }:start() p:join()", "MP005" },
        { "local v = mp.Value('i', 0) v:get_lock():acquire() v:get_lock():release() local l = v:get_lock() "
            .. "l:acquire() mp.Process { target = function() v:add(1) end }:start():join()", "MP005" },
    }
    local script = { "local mp = require 'multiprocessing'", "local function try(f) local good, problem = pcall(f) "
        .. "print(problem and problem.kind, problem and problem.message) end" }
    for i, call in ipairs(calls) do script[i + 2] = ("try(function() %s end)"):format(call[1]) end
    local result = support.run(table.concat(script, "\n"), { seconds = 120 })
    test.is(result.status, 0)
    local i = 0
    for line in result.out:gmatch "[^\n]+" do
        i = i + 1
        test.ok(line:find("^DeadlockError\t" .. calls[i][2] .. ","), calls[i][1] .. ": " .. line)
        contains(result.err, "script.lua:" .. i + 2)
    end
    test.is(i, #calls)
end)

test("a lock whose holder waits for something else; an idle worker is left alone", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local lock = mp.Lock { name = "ours" }
        local pool = mp.Pool(2)
        lock:acquire()
        local good, problem = pcall(function() return pool:apply(function() lock:acquire() end) end)
        print(problem.kind, problem.message)
        lock:release()
        print(pool:apply(function() return "on" end))
        pool:terminate()
    ]]
    test.is(result.status, 0)
    contains(result.out, "DeadlockError\tMP013", "\non\n")
    contains(result.err, "wants Lock 'ours' (script.lua:2), held by MainProcess", "waits for the workers of its pool")
    test.is(count(result.err, "[pool worker]"), 0)
    result = support.run [[
        local mp, time = require "multiprocessing", require "time"
        local lock, q = mp.Lock(), mp.Queue()
        local p = mp.Process { target = function() lock:acquire() q:get() end }:start()
        while not lock:locked() do time.sleep(0.01) end
        lock:acquire()
    ]]
    test.is(result.status, 3)
    contains(result.err, "deadlock MP003")
end)

test("signals that the script has handled before, and does no more", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        mp.on_signal("USR1", print)
        mp.on_signal("USR1", nil)
        mp.Queue():get()
    ]]
    test.is(result.status, 3)
end)

test("os.exit does not hide it", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local q = mp.Queue()
        mp.Process { target = function() q:get() end }:start()
        os.exit(0)
    ]]
    test.is(result.status, 3)
end)

test("children that hang when the script has ended", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local e = mp.Event { name = "never" }
        mp.Process { name = "left behind", target = function() e:wait() end }:start()
        mp.atexit(function() print "bye" end)
        print "end"
    ]]
    test.is(result.status, 3)
    test.is(result.out, "end\nbye\n")
    contains(result.err, "deadlock MP010", "left behind (pid ", "waits for Event 'never' (script.lua:2)", "MainProcess (pid ")
    test.is(count(result.err, "deadlock MP"), 1)
end)

test("a cycle beside processes that can act is a suspicion, told once; a supervisor ends it", function()
    local result = support.run [[
        local mp, time = require "multiprocessing", require "time"
        local a, b = mp.Lock { name = "a" }, mp.Lock { name = "b" }
        local there = mp.Barrier(2)
        local function both(first, second)
            first:acquire()
            there:wait()
            local good, why = second:acquire()
            print(mp.current_process().name, good, why)
        end
        local p = mp.Process { name = "one", target = both, args = { a, b } }:start()
        local q = mp.Process { name = "two", target = both, args = { b, a } }:start()
        time.sleep(4)
        b:release() -- as the holder's supervisor
        p:join()
        q:terminate()
        q:join()
        print(p.exitcode, q.exitcode)
    ]]
    test.is(result.status, 0)
    test.is(count(result.err, "possible deadlock MP001"), 1)
    test.is(count(result.err, "deadlock MP"), 1)
    contains(result.err, "cycle: one\n      → Lock 'b' (script.lua:2), held by two\n      → Lock 'a' (script.lua:2), held by one",
        "other processes can still act")
    contains(result.out, "one\ttrue", "\n0\t")
    test.is(count(result.err, "DeadlockError"), 0)
end)

-- Those who have waited for long look up every few seconds only. That must not make it longer until a deadlock is found.
local function closed_late(waits, supervisor)
    return support.run(([[
        local mp, time = require "multiprocessing", require "time"
        local a, b, queue, ready = mp.Lock { name = "a" }, mp.Lock { name = "b" }, mp.Queue(), mp.Event()
        for _ = 1, 5 do mp.Process { target = queue.get, args = { queue } }:start() end
        local early = mp.Process { name = "early", target = function()
            ready:wait()
            a:acquire()
            b:acquire()
        end }:start()
        mp.Process { name = "late", target = function()
            b:acquire()
            ready:set()
            time.sleep(4.3)
            local started = time.monotonic()
            print(pcall(a.acquire, a))
            print(time.monotonic() - started < %s and "soon" or "late")
        end }:start()
        %s
    ]]):format(waits, supervisor))
end

test("a deadlock among those who have waited for long is found as soon", function()
    local result = closed_late(3, "early:join()")
    test.is(count(result.err, "deadlock MP001"), 1)
    contains(result.out, "false\t", "soon")
end)

test("so is a suspicion", function()
    local result = closed_late(60, "time.sleep(7)\na:release()\ntime.sleep(0.5)\nfor _ = 1, 5 do queue:put(0) end")
    test.is(result.status, 0)
    test.is(count(result.err, "possible deadlock MP001"), 1)
    contains(result.out, "true", "soon")
end)

test("a family that hangs uses no processor", function()
    local result = support.run([[
        local mp, time = require "multiprocessing", require "time"
        local e = mp.Event()
        for i = 1, 20 do mp.Process { target = function() e:wait() end, daemon = true }:start() end
        local function used()
            local ticks = 0
            for _, p in ipairs(mp.active_children()) do
                local stat = io.open("/proc/" .. p.pid .. "/stat"):read("a"):match "%) (.*)"
                local n = 0
                for word in stat:gmatch "%S+" do
                    n = n + 1
                    if n == 12 or n == 13 then ticks = ticks + tonumber(word) end
                end
            end
            return ticks
        end
        time.sleep(1)
        local before = used()
        time.sleep(4)
        print(used() - before)
    ]])
    test.is(result.status, 0)
    local ticks = tonumber(result.out)
    test.ok(ticks <= 4, ticks .. " ticks of 10 ms in 4 s, of twenty processes")
end)

test("where something was taken is told right also of code that came to the place of other code", function()
    local taken = [[
        local mp = require "multiprocessing"
        local often, locks = mp.Lock(), {}
        for i = 1, 40 do
            local line = i % 7 + 1
            locks[i] = mp.Lock { name = ("lock %d, line %d"):format(i, line) }
            local code = ("\n"):rep(line - 1) .. ("mp = mp "):rep(500) .. "local lock, times = ... for _ = 1, times do lock:acquire() if times > 1 then lock:release() end end"
            local take = load(code, ("@%s.lua"):format(i % 2 == 0 and "even" or "odd"))
            take(often, 10)
            take(locks[i], 1)
            take = nil
            collectgarbage()
        end
        locks[1]:acquire()]]
    local result = support.run(taken)
    test.is(result.status, 3)
    for i = 1, 40 do
        local line = i % 7 + 1
        contains(result.err, ("Lock 'lock %d, line %d' (script.lua:5), taken at %s.lua:%d\n"):format(i, line, i % 2 == 0 and "even" or "odd", line))
    end
end)

test.done()
