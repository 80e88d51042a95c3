-- Section 2 of the API: one Process, its members.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local function nothing() end
local function sleeper() time.sleep(100) end

test("the main process", function()
    local main = mp.current_process()
    test.is(main.name, "MainProcess")
    test.is(main.pid, mp.getpid())
    test.is(main.ident, main.pid)
    test.is(main:is_alive(), true)
    test.is(main.daemon, false)
    test.is(main.exitcode, nil)
    test.is(#main.authkey, 32)
    test.is(mp.parent_process(), nil)
end)

test("a process has a pid, runs its target with its arguments, and ends", function()
    local q = mp.Queue()
    local p = mp.Process {
        target = function(...)
            local me = mp.current_process()
            q:put { pid = mp.getpid(), name = me.name, args = { ... }, parent = mp.getppid(), key = me.authkey }
        end,
        args = { "egon", 18 },
        name = "SomeProcess",
    }
    test.is(p.pid, nil)
    test.is(p.ident, nil)
    test.is(p.exitcode, nil)
    test.is(p:is_alive(), false)
    test.is(p.name, "SomeProcess")
    test.ok(p:start() == p, "start returns the process")
    test.is(p.exitcode == nil or p.exitcode == 0, true)
    test.is(q:get(), {
        pid = p.pid, name = "SomeProcess", args = { "egon", 18 }, parent = mp.getpid(), key = mp.current_process().authkey,
    })
    test.is(p.pid, p.ident)
    test.is(p:join(), true)
    test.is(p.exitcode, 0)
    test.is(p:is_alive(), false)
end)

test("a daemon with arguments, kwargs and a name, from its creation to its end", function()
    local facts = mp.Queue(1)
    local p = mp.Process {
        target = function(...)
            local me = mp.current_process()
            for _, fact in ipairs { { ... }, me.name, me.pid, me.authkey, me.daemon } do facts:put(fact) end
        end,
        args = { 1, 2 },
        kwargs = { hello = 23, bye = 2.54 },
        name = "SomeProcess",
        daemon = true,
    }
    local function listed()
        for _, child in ipairs(mp.active_children()) do
            if child == p then return true end
        end
        return false
    end
    test.is({ p:is_alive(), p.daemon, listed() }, { false, true, false })
    test.is(p.exitcode, nil)
    p:start()
    -- There is room for one fact only, so it cannot have ended.
    test.is({ p:is_alive(), p.daemon, listed() }, { true, true, true })
    test.is(p.exitcode, nil)
    test.is(facts:get(), { 1, 2, { hello = 23, bye = 2.54 } })
    test.is(facts:get(), "SomeProcess")
    test.is(facts:get(), p.pid)
    test.is(facts:get(), mp.current_process().authkey)
    test.is(facts:get(), true)
    p:join()
    test.is({ p:is_alive(), p.daemon, listed() }, { false, true, false })
    test.is(p.exitcode, 0)
end)

test("is_alive while it runs", function()
    local gate = mp.Queue()
    local p = mp.Process { target = function() gate:get() end }
    p:start()
    test.is(p:is_alive(), true)
    test.is(p.exitcode, nil)
    test.is(p:join(0), false)
    test.is(p:join(-1), false)
    test.lasts(0.1, function() test.is(p:join(0.1), false) end)
    gate:put "go"
    test.is(p:join(), true)
    test.is(p:is_alive(), false)
    test.is(p:join(), true, "join may be repeated")
end)

test("what is wrong with the constructor's table", function()
    test.raises("group argument must be None for now", function()
        mp.Process { group = 1, target = nothing }
    end)
    test.raises("Process: target is nil (is the function defined above this line?)", function()
        mp.Process { target = undefined_function, args = { 1 } }
    end)
    test.raises('args must be a table: args = {"egon"}', function()
        mp.Process { target = nothing, args = "egon" }
    end)
    test.raises("kwargs", function()
        mp.Process { target = nothing, kwargs = "egon" }
    end)
    test.raises("name must be a string", function()
        mp.Process { target = nothing, name = 12 }
    end)
    test.raises("target", function()
        mp.Process { target = "piao" }
    end)
    test.raises("bad argument #1 to 'Process' (table expected, got function)", function()
        mp.Process(nothing)
    end)
end)

test("misuse of start and join", function()
    local p = mp.Process { target = nothing }
    test.raises("can only join a started process", function() p:join() end)
    p:start()
    test.raises("cannot start a process twice", function() p:start() end)
    p:join()
    test.raises("cannot start a process twice", function() p:start() end)
end)

test("only the creator starts, joins and tests a process", function()
    local unstarted = mp.Process { target = nothing }
    local started = mp.Process { target = sleeper }
    started:start()
    local q = mp.Queue()
    mp.Process {
        target = function()
            for _, call in ipairs {
                function() unstarted:start() end,
                function() started:join() end,
                function() started:is_alive() end,
            } do
                q:put(select(2, pcall(call)))
            end
        end,
    }:start():join()
    test.has(q:get(false), "can only start a process object created by current process")
    test.has(q:get(false), "can only join a child process")
    test.has(q:get(false), "can only test a child process")
    started:kill()
    started:join()
end)

test("run executes the target in the caller", function()
    local seen
    local p = mp.Process { target = function(...) seen = table.pack(...) end, args = { 1, 2 }, kwargs = { k = 3 } }
    p:run()
    test.is(seen, { 1, 2, { k = 3 }, n = 3 })
    test.is(p.pid, nil, "it was not started")
end)

test("terminate, kill and interrupt", function()
    for _, case in ipairs { { "terminate", -15 }, { "kill", -9 }, { "interrupt", -2 } } do
        local method, exitcode = case[1], case[2]
        local p = mp.Process { target = sleeper }
        p:start()
        support.until_asleep(p.pid)
        p[method](p)
        test.is(p:join(20), true, method)
        test.is(p.exitcode, exitcode, method)
        p[method](p) -- no effect on a process that has ended
        test.is(p.exitcode, exitcode)
        test.raises("process not started", function()
            local fresh = mp.Process { target = nothing }
            fresh[method](fresh)
        end)
    end
end)

test("a signal reaches a process that computes", function()
    local q = mp.Queue()
    for _, body in ipairs {
        function() q:put "ready" while true do end end,
        function() q:put "ready" coroutine.wrap(function() while true do end end)() end,
    } do
        local p = mp.Process { target = body }
        p:start()
        q:get()
        p:terminate()
        test.is(p:join(20), true)
        test.is(p.exitcode, -15)
    end
end)

test("the running process cannot close itself", function()
    mp.current_process():close()
    test.is(mp.current_process().pid, mp.getpid())
    test.is(support.elsewhere(function()
        mp.current_process():close()
        return mp.current_process().name:match "^Process"
    end), "Process")
end)

test("close", function()
    local p = mp.Process { target = sleeper }
    p:start()
    test.raises("Cannot close a process while it is still running. You should first call join() or terminate().",
        function() p:close() end)
    p:terminate()
    p:join()
    p:close()
    p:close()
    for _, use in ipairs {
        function() return p:is_alive() end,
        function() return p:join() end,
        function() return p:start() end,
        function() return p:terminate() end,
        function() return p.exitcode end,
        function() return p.pid end,
        function() return p.sentinel end,
    } do
        test.raises("process object is closed", use)
    end
    test.has(tostring(p), "closed")
end)

test("names", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local q = mp.Queue()
        local function say() q:put(mp.current_process().name) end
        local function parent()
            say()
            mp.Process{target = say}:start():join()
            mp.Process{target = say}:start():join()
            mp.Process{target = parent and say, name = "named"}:start():join()
        end
        mp.Process{target = say}:start():join()
        mp.Process{target = parent}:start():join()
        local p = mp.Process{target = say}
        p.name = "renamed"
        p:start():join()
        for name in function() return select(2, q:try_get()) end do print(name) end
    ]]
    test.is(result.out, "Process-1\nProcess-2\nProcess-2:1\nProcess-2:2\nnamed\nrenamed\n")
    test.raises("name must be a string", function()
        mp.Process { target = nothing }.name = 5
    end)
end)

test("daemon is settable before start only", function()
    local p = mp.Process { target = sleeper, daemon = true }
    test.is(p.daemon, true)
    test.is(mp.Process { target = nothing }.daemon, false)
    p.daemon = false
    p.daemon = true
    p:start()
    test.raises("process has already started", function() p.daemon = false end)
    test.is(p.daemon, true)
    p:terminate()
    p:join()
end)

test("exit codes", function()
    local cases = {
        { nothing, 0 },
        { function() return "whatever", false, 7 end, 0 },
        { function() os.exit() end, 0 },
        { function() os.exit(true) end, 0 },
        { function() os.exit(false) end, 1 },
        { function() os.exit(7) end, 7 },
        { function() os.exit(256 + 7) end, 7 },
        { function() os.exit(-1) end, 255 },
        { function() os.exit(3, true) end, 3 },
        { function() coroutine.wrap(function() os.exit(9) end)() end, 9 },
        { function() pcall(os.exit, 11) end, 11 },
    }
    for i, case in ipairs(cases) do
        local p = mp.Process { target = case[1] }
        p:start():join()
        test.is(p.exitcode, case[2], "case " .. i)
    end
end)

test("the exit code of a process killed from outside", function()
    for _, signal in ipairs { 9, 15, 10 } do
        local p = mp.Process { target = sleeper }
        p:start()
        support.until_asleep(p.pid)
        support.kill(signal, p.pid)
        test.is(p:join(20), true)
        test.is(p.exitcode, -signal)
    end
end)

test("the sentinel becomes readable when the process ends", function()
    local gate = mp.Queue()
    local p = mp.Process { target = function() gate:get() end }
    test.raises("process not started", function() return p.sentinel end)
    p:start()
    test.is(math.type(p.sentinel), "integer")
    test.is(mp.wait({ p.sentinel }, 0.05), {})
    gate:put(1)
    test.is(mp.wait({ p.sentinel }, 20), { p.sentinel })
    test.is(p.exitcode, 0)
    p:join()
end)

test("authkey is inherited and settable to a string", function()
    local q = mp.Queue()
    local p = mp.Process { target = function() q:put(mp.current_process().authkey) end }
    test.is(p.authkey, mp.current_process().authkey)
    p.authkey = "a key of my own"
    test.is(p.authkey, "a key of my own")
    p:start():join()
    test.is(q:get(), "a key of my own")
    test.raises("string expected", function() p.authkey = {} end)
end)

test("tostring", function()
    local p = mp.Process { target = sleeper, name = "worker", daemon = true }
    local parent = mp.getpid()
    test.is(tostring(p), ("<Process name='worker' parent=%d initial daemon>"):format(parent))
    p:start()
    test.is(tostring(p), ("<Process name='worker' pid=%d parent=%d started daemon>"):format(p.pid, parent))
    local pid = p.pid
    p:terminate()
    p:join()
    test.is(tostring(p), ("<Process name='worker' pid=%d parent=%d stopped exitcode=-SIGTERM daemon>"):format(pid, parent))
    local fine = mp.Process { target = nothing, name = "fine" }
    fine:start():join()
    test.is(tostring(fine), ("<Process name='fine' pid=%d parent=%d stopped exitcode=0>"):format(fine.pid, parent))
    fine:close()
    test.has(tostring(fine), "closed")
end)

test("own fields, and names that are one typo from a property", function()
    local q = mp.Queue()
    local p
    p = mp.Process { target = function() q:put(p.colour) end }
    p.colour = "red"
    p:start():join()
    test.is(q:get(), "red")
    test.is(p.colour, "red")
    test.is(p.never_set, nil)
    test.raises("did you mean 'daemon'?", function() p.deamon = true end)
    test.raises("did you mean 'name'?", function() p.nam = "x" end)
end)

test("pid and other facts cannot be assigned", function()
    local p = mp.Process { target = nothing }
    for _, name in ipairs { "pid", "ident", "exitcode", "sentinel" } do
        test.raises(name, function() p[name] = 1 end)
    end
end)

test("a process whose object is dropped after start still runs", function()
    local q = mp.Queue()
    for i = 1, 5 do
        mp.Process { target = function() time.sleep(0.05) q:put(i) end }:start()
        collectgarbage()
        collectgarbage()
    end
    local sum = 0
    for _ = 1, 5 do sum = sum + q:get() end
    test.is(sum, 15)
    mp.join(mp.active_children())
end)

test("a hundred processes are started and joined", function()
    local list = {}
    local q = mp.Queue()
    for i = 1, 100 do
        list[i] = mp.Process { target = function() q:put(i) end }
        list[i]:start()
    end
    local seen, distinct = {}, 0
    for _, p in ipairs(list) do
        p:join()
        test.is(p.exitcode, 0)
    end
    for _ = 1, 100 do
        local i = q:get(false)
        if not seen[i] then distinct = distinct + 1 end
        seen[i] = true
    end
    test.is(distinct, 100)
end)

test("a hundred processes are started and terminated", function()
    local list = {}
    for i = 1, 100 do list[i] = mp.Process { target = sleeper }:start() end
    for _, p in ipairs(list) do p:terminate() end
    for _, p in ipairs(list) do
        p:join()
        test.is(p.exitcode, -15)
    end
    test.is(mp.active_children(), {})
end)

test.done()
