-- Section 8 of the API: mp.on_signal; and what any signal does to a process that is blocked.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local function signal_self(name) support.kill(name, mp.getpid()) end

-- Sends a signal to this process when it is asleep in what it does next. The process that does it.
local function signal_later(name)
    local me = mp.getpid()
    local p = mp.Process {
        target = function()
            support.until_asleep(me)
            support.kill(name, me)
        end,
    }
    return p:start()
end

-- Waits, at safe points, until f() is true.
local function spin(f)
    local deadline = time.monotonic() + 20
    while not f() and time.monotonic() < deadline do end
    return f()
end

test("the function gets the name of the signal and runs at the next safe point", function()
    for _, signal in ipairs { "USR1", "SIGUSR1", 10 } do
        local got
        mp.on_signal(signal, function(name) got = name end)
        signal_self "USR1"
        test.ok(spin(function() return got end), "it ran")
        test.is(got, "SIGUSR1")
        mp.on_signal(signal, nil)
    end
end)

test("it returns the function that was there before", function()
    local function first() end
    local function second() end
    test.is(mp.on_signal("USR1", first), nil)
    test.ok(mp.on_signal("USR1", second) == first)
    test.ok(mp.on_signal(10, nil) == second)
    test.is(mp.on_signal("USR1", nil), nil)
end)

test("nil restores the default", function()
    local p = mp.Process {
        target = function()
            local got
            mp.on_signal("USR1", function() got = true end)
            signal_self "USR1"
            spin(function() return got end)
            mp.on_signal("USR1", nil)
            signal_self "USR1"
            time.sleep(20)
        end,
    }
    p:start():join()
    test.is(p.exitcode, -10)
end)

test("each signal has its own function", function()
    local got = {}
    mp.on_signal("USR1", function(name) got[name] = true end)
    mp.on_signal("USR2", function(name) got[name] = true end)
    signal_self "USR2"
    test.ok(spin(function() return got.SIGUSR2 end))
    test.is(got, { SIGUSR2 = true })
    signal_self "USR1"
    test.ok(spin(function() return got.SIGUSR1 end))
    mp.on_signal("USR1", nil)
    mp.on_signal("USR2", nil)
end)

test("a loop is interrupted, also in a coroutine", function()
    for _, run in ipairs { function(f) f() end, function(f) coroutine.wrap(f)() end } do
        local got = false
        mp.on_signal("USR1", function() got = true end)
        local me = mp.getpid()
        local p = mp.Process { target = function() support.kill("USR1", me) end }
        p:start()
        local deadline = time.monotonic() + 20
        run(function()
            repeat until got or time.monotonic() > deadline
        end)
        test.is(got, true)
        p:join()
        mp.on_signal("USR1", nil)
    end
end)

-- Everything that blocks: it must go on after the handler has run, and end by its timeout.
local sleeper
local a, b = mp.Pipe()
local taken = mp.Lock()
taken:acquire()
local blocked = {
    ["time.sleep"] = function(t) time.sleep(t) end,
    ["get"] = function(t) test.kind("Empty", function() mp.Queue():get { timeout = t } end) end,
    ["put"] = function(t)
        local q = mp.Queue(1)
        q:put(1)
        test.kind("Full", function() q:put(2, true, t) end)
    end,
    ["join"] = function(t) test.is(sleeper:join(t), false) end,
    ["result"] = function(t) test.kind("TimeoutError", function() sleeper:result(t) end) end,
    ["poll"] = function(t) test.is(a:poll(t), false) end,
    ["mp.wait on a connection"] = function(t) test.is(mp.wait({ a }, t), {}) end,
    ["mp.wait on a queue"] = function(t) test.is(mp.wait({ mp.Queue() }, t), {}) end,
    ["Lock"] = function(t) test.is(taken:acquire { timeout = t }, false) end,
    ["Semaphore"] = function(t) test.is(mp.Semaphore(0):acquire { timeout = t }, false) end,
    ["Event"] = function(t) test.is(mp.Event():wait(t), false) end,
    ["Condition"] = function(t)
        local cond = mp.Condition()
        cond:with(function() test.is(cond:wait(t), false) end)
    end,
    ["Barrier"] = function(t) test.kind("BrokenBarrierError", function() mp.Barrier(2):wait(t) end) end,
    ["JoinableQueue:join"] = function(t)
        local q = mp.JoinableQueue()
        q:put(1)
        test.is(q:join(t), false)
    end,
}

for name, block in pairs(blocked) do
    test("it runs inside a blocking " .. name .. ", which goes on and keeps its timeout", function()
        sleeper = mp.Process { target = function() time.sleep(100) end, daemon = true }:start()
        local calls = 0
        mp.on_signal("USR1", function() calls = calls + 1 end)
        local p = signal_later "USR1"
        test.lasts(0.3, block, 0.3)
        p:join()
        test.ok(spin(function() return calls == 1 end), "the function ran")
        sleeper:kill()
        sleeper:join()
        mp.on_signal("USR1", nil)
    end)
end

test("what it does can end the wait", function()
    local q, event = mp.Queue(), mp.Event()
    mp.on_signal("USR1", function(name)
        q:put(name)
        event:set()
    end)
    local p = signal_later "USR1"
    test.is(q:get { timeout = 20 }, "SIGUSR1")
    p:join()
    event:clear()
    p = signal_later "USR1"
    test.is(event:wait(20), true)
    p:join()
    mp.on_signal("USR1", nil)
end)

test("an error in it is raised where the process was", function()
    local object = { kind = "mine" }
    mp.on_signal("USR1", function() error(object) end)
    local cond = mp.Condition()
    for _, block in ipairs {
        function() mp.Queue():get { timeout = 20 } end,
        function() time.sleep(20) end,
        function() taken:acquire { timeout = 20 } end,
        function() cond:with(function() cond:wait(20) end) end,
        function() a:poll(20) end,
    } do
        local p = signal_later "USR1"
        local finished, e = pcall(block)
        test.is(finished, false)
        test.ok(e == object)
        p:join()
    end
    local _, e = pcall(function() signal_self "USR1" spin(function() end) end)
    test.ok(e == object, "in a loop")
    local p = mp.Process { target = function() return (cond:acquire(false)), cond:release() end }
    p:start()
    test.is(p:result(60), true, "the lock of the condition is free")
    mp.on_signal("USR1", nil)
end)

test("an uncaught error in it ends the process with status 1", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        mp.on_signal("USR1", function(name) error("cannot go on after " .. name) end)
        os.execute("kill -USR1 " .. mp.getpid())
        require "time".sleep(20)
    ]]
    test.is(result.status, 1)
    test.has(result.err, "cannot go on after SIGUSR1")
end)

test("a handler for TERM decides what terminate does", function()
    local ready, seen = mp.Event(), mp.Queue()
    local p = mp.Process {
        target = function()
            mp.on_signal("TERM", function(name)
                seen:put(name)
                os.exit(7)
            end)
            ready:set()
            time.sleep(100)
        end,
    }
    p:start()
    ready:wait()
    p:terminate()
    p:join()
    test.is(p.exitcode, 7)
    test.is(seen:get_nowait(), "SIGTERM")
end)

test("a handler for INT takes the place of the interruption", function()
    local ready = mp.Event()
    local p = mp.Process {
        target = function()
            local got
            mp.on_signal("INT", function(name) got = name end)
            ready:set()
            local deadline = time.monotonic() + 20
            while not got and time.monotonic() < deadline do time.sleep(0.01) end
            return got
        end,
    }
    p:start()
    ready:wait()
    p:interrupt()
    test.is(p:result(60), "SIGINT")
end)

test("a child inherits the functions, and only who gets the signal runs one", function()
    local q, ready = mp.Queue(), mp.Event()
    local calls = 0
    mp.on_signal("USR1", function()
        calls = calls + 1
        q:put(mp.current_process().name)
    end)
    local p = mp.Process { target = function() ready:set() spin(function() return calls > 0 end) end, name = "heir" }
    p:start()
    ready:wait()
    support.kill("USR1", p.pid)
    p:join()
    test.is(p.exitcode, 0)
    test.is(q:get { timeout = 20 }, "heir")
    test.is(q:qsize(), 0)
    test.is(calls, 0)
    mp.on_signal("USR1", nil)
end)

test("a signal that comes while its function runs runs it once more", function()
    local depth, deepest, calls = 0, 0, 0
    mp.on_signal("USR1", function()
        depth = depth + 1
        calls = calls + 1
        deepest = math.max(deepest, depth)
        if calls == 1 then signal_self "USR1" end
        depth = depth - 1
    end)
    signal_self "USR1"
    test.ok(spin(function() return calls >= 2 end))
    test.is(depth, 0)
    test.between(deepest, 1, 2)
    mp.on_signal("USR1", nil)
end)

test("a thousand signals while the process works", function()
    local calls, q = 0, mp.Queue()
    mp.on_signal("USR1", function() calls = calls + 1 end)
    local p = mp.Process {
        target = function(pid)
            os.execute(("i=0; while [ $i -lt 1000 ]; do kill -USR1 %d; i=$((i+1)); done"):format(pid))
        end,
        args = { mp.getpid() },
    }
    p:start()
    local sent = 0
    repeat
        sent = sent + 1
        q:put { sent, ("x"):rep(sent % 100) }
        test.is(q:get { timeout = 20 }[1], sent)
    until p:join(0)
    test.between(calls, 1, 1000)
    mp.on_signal("USR1", nil)
end)

test("what cannot be caught, and what is no signal", function()
    for _, name in ipairs { "KILL", "STOP", "CHLD", "SIGKILL", 9, 19, 17 } do
        test.kind("ValueError", function() mp.on_signal(name, print) end)
    end
    for _, name in ipairs { "NOPE", "", 0, -1, 1000 } do
        test.ok(not pcall(function() mp.on_signal(name, print) end), tostring(name))
    end
    test.raises("bad argument #1 to 'on_signal'", function() mp.on_signal({}, print) end)
    test.raises("bad argument #2 to 'on_signal'", function() mp.on_signal("USR1", 5) end)
    test.is(mp.on_signal("USR1", nil), nil, "nothing was installed")
end)

test("a signal without a function does its default, whatever was installed for others", function()
    mp.on_signal("USR1", function() end)
    local p = mp.Process { target = function() signal_self "USR2" time.sleep(20) end }
    p:start():join()
    test.is(p.exitcode, -12)
    mp.on_signal("USR1", nil)
end)

taken:release()
a:close()
b:close()

test("a signal that comes right after start is handled", function()
    local handled = mp.Value("i", 0)
    mp.on_signal("TERM", function() handled:add(1) os.exit(7) end)
    for _ = 1, 20 do
        local p = mp.Process { target = function() time.sleep(20) end }
        p:start():terminate()
        test.is(p:join(10), true)
        test.is(p.exitcode, 7)
    end
    mp.on_signal("TERM", nil)
    test.is(handled.value, 20)
end)

test("when the handler of one of two signals fails, the other one still runs", function()
    local ran = false
    mp.on_signal("USR1", function() error("first fails") end)
    mp.on_signal("USR2", function() ran = true end)
    local pid = mp.getpid()
    local _, problem = pcall(function()
        local p = mp.Process { target = function() os.execute(("kill -USR1 %d; kill -USR2 %d"):format(pid, pid)) end }
        p:start()
        time.sleep(1)
    end)
    test.has(problem, "first fails")
    test.ok(support.eventually(function() return ran end))
    mp.on_signal("USR1", nil)
    mp.on_signal("USR2", nil)
end)

test("an error in a handler while the script waits for its children at its end is reported", function()
    local result = support.run([[
        local mp, time = require "multiprocessing", require "time"
        local pid = mp.getpid()
        mp.on_signal("USR1", function() error "in handler at the end" end)
        mp.Process { target = function()
            time.sleep(0.2)
            os.execute("kill -USR1 " .. pid)
            time.sleep(0.2)
            print "done"
        end }:start()
    ]])
    test.is(result.status, 0)
    test.is(result.out, "done\n")
    test.has(result.err, "in handler at the end")
end)

test("signals of faults cannot be handled", function()
    for _, name in ipairs { "SEGV", "BUS", "FPE", "ILL", "TRAP", "ABRT", "ALRM" } do
        test.kind("ValueError", function() mp.on_signal(name, print) end)
    end
end)

test("a condition can be waited for in a handler, whatever else the process waits for", function()
    local queues = {}
    for i = 1, 64 do queues[i] = mp.Queue() end
    local cond, notified = mp.Condition(), nil
    local ready = mp.Event()
    local pid = mp.getpid()
    mp.on_signal("USR1", function()
        cond:acquire()
        ready:set()
        notified = cond:wait(10)
        cond:release()
    end)
    local p = mp.Process {
        target = function()
            time.sleep(0.1)
            os.execute("kill -USR1 " .. pid)
            ready:wait()
            cond:with(function() cond:notify() end)
            queues[1]:put(1)
        end,
    }:start()
    test.is(#mp.wait(queues, 20), 1)
    p:join()
    mp.on_signal("USR1", nil)
    test.is(notified, true)
end)

test("a handler may close the Connection that the process waits for", function()
    local here, there = mp.Pipe()
    local answers = mp.Queue()
    local queues, waiters = {}, {}
    mp.on_signal("USR1", function()
        here:close()
        there:close()
        -- Where the pipe was there is another object now, and somebody waits for it.
        for i = 1, 4 do
            queues[i] = mp.Queue()
            waiters[i] = mp.Process { target = function()
                queues[i]:get()
                answers:put(i)
            end }:start()
        end
        for i = 1, 4 do support.until_asleep(waiters[i].pid) end
    end)
    local sender = signal_later "USR1"
    test.kind("OSError", function() here:recv() end)
    mp.on_signal("USR1", nil)
    local started = time.monotonic()
    for i = 1, 4 do queues[i]:put(i) end
    for _ = 1, 4 do answers:get() end
    test.between(time.monotonic() - started, 0, 0.25, "seconds until all were awake")
    mp.join(waiters)
    sender:join()
end)

test.done()
