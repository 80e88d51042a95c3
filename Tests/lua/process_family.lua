-- Section 2 of the API: parents, children, daemons, contexts, the end of a script.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local function output(code, options)
    local result = support.run('local mp = require "multiprocessing"\nlocal time = require "time"\n' .. code, options)
    test.is(result.err, "")
    test.is(result.status, 0)
    return result.out
end

test("active_children lists what runs and reaps the others", function()
    test.is(mp.active_children(), {})
    local p = mp.Process { target = function() time.sleep(100) end }
    local q = mp.Process { target = function() end }
    p:start()
    q:start()
    mp.wait { q.sentinel }
    local children = mp.active_children()
    test.is(#children, 1)
    test.ok(children[1] == p)
    test.is(support.state(q.pid), nil, "no zombie is left")
    p:kill()
    p:join()
    test.is(mp.active_children(), {})
end)

test("start reaps finished children", function()
    local first = mp.Process { target = function() end }
    first:start()
    local pid = first.pid
    mp.wait { first }
    -- Reaped right then, or by the next start when the kernel is done with it.
    test.ok(support.eventually(function() return (support.state(pid) or "Z") == "Z" end))
    local second = mp.Process { target = function() end }
    second:start()
    test.is(support.state(pid), nil)
    test.is(first.exitcode, 0)
    second:join()
end)

test("module functions", function()
    test.ok(mp.cpu_count() >= 1)
    test.is(math.type(mp.cpu_count()), "integer")
    test.is(mp.getpid(), tonumber(support.read("/proc/self/stat"):match "^%d+"))
    test.is(mp.getppid(), tonumber(support.read("/proc/self/stat"):match "%) %a (%d+)"))
    mp.freeze_support()
end)

test("join of a list", function()
    local list = {}
    for i = 1, 3 do list[i] = mp.Process { target = function() time.sleep(0.1 * i) end }:start() end
    test.lasts(0.25, function() test.is(mp.join(list), true) end)
    for _, p in ipairs(list) do test.is(p.exitcode, 0) end
    local slow = mp.Process { target = function() time.sleep(100) end }:start()
    test.lasts(0.1, function() test.is(mp.join({ list[1], slow }, 0.1), false) end)
    slow:kill()
    test.is(mp.join { slow }, true)
    test.is(mp.join {}, true)
end)

test("start methods", function()
    test.is(output [[
        print(mp.get_start_method(), table.concat(mp.get_all_start_methods(), " "))
        mp.set_start_method("fork")
        print(pcall(function() mp.set_start_method("fork") end))
    ]], "fork\tfork\nfalse\tscript.lua:5: context has already been set\n")
    test.raises("cannot find context for 'spawn'", function() mp.set_start_method "spawn" end)
    test.raises("cannot find context for 'x'", function() mp.get_context "x" end)
end)

test("a context offers what the module offers", function()
    for _, context in ipairs { mp.get_context(), mp.get_context "fork" } do
        local q = context.Queue()
        context.Process { target = function() q:put(context.current_process().name ~= "MainProcess") end }:start():join()
        test.is(q:get(), true)
        test.is(context.get_start_method(), "fork")
    end
end)

test("parent_process", function()
    local q = mp.Queue()
    local p = mp.Process {
        target = function()
            local parent = mp.parent_process()
            q:put { name = parent.name, pid = parent.pid, alive = parent:is_alive(), getppid = mp.getppid() }
        end,
    }
    p:start():join()
    test.is(q:get(), { name = "MainProcess", pid = mp.getpid(), alive = true, getppid = mp.getpid() })
end)

test("a grandchild sees its parent die", function()
    local q = mp.Queue()
    local p = mp.Process {
        target = function()
            mp.Process {
                target = function()
                    local parent = mp.parent_process()
                    q:put(parent:is_alive())
                    q:put(parent:join(20))
                    q:put(parent:is_alive())
                end,
            }:start()
            time.sleep(100)
        end,
    }
    p:start()
    test.is(q:get(), true)
    p:kill()
    p:join()
    test.is(q:get { timeout = 30 }, true, "join of the parent")
    test.is(q:get { timeout = 30 }, false)
end)

test("nested processes in order", function()
    local q = mp.Queue()
    local function recurse(place)
        q:put(place)
        if #place < 2 then
            for i = 1, 2 do
                local list = { table.unpack(place) }
                list[#list + 1] = i
                mp.Process { target = recurse, args = { list } }:start():join()
            end
        end
    end
    recurse {}
    test.is(q:get_many(100), { {}, { 1 }, { 1, 1 }, { 1, 2 }, { 2 }, { 2, 1 }, { 2, 2 } })
end)

test("daemons inherit and may not have children", function()
    local q = mp.Queue()
    local p = mp.Process {
        target = function()
            q:put(mp.current_process().daemon)
            local child = mp.Process { target = print }
            q:put(child.daemon)
            q:put(select(2, pcall(function() child:start() end)))
            child = mp.Process { target = print, daemon = false }
            q:put(child.daemon)
            q:put(select(2, pcall(function() child:start() end)))
        end,
        daemon = true,
    }
    p:start():join()
    test.is(q:get(), true)
    test.is(q:get(), true, "daemon is inherited from the creator")
    test.has(q:get(), "daemonic processes are not allowed to have children")
    test.is(q:get(), false)
    test.has(q:get(), "daemonic processes are not allowed to have children")
end)

test("daemons end with the script, others are waited for", function()
    test.is(output [[
        mp.Process{target = function() time.sleep(100) print "never" end, daemon = true}:start()
        mp.Process{target = function() time.sleep(0.3) print "child" end}:start()
        print "main"
    ]], "main\nchild\n")
end)

test("a daemon that ignores nothing is ended while it computes", function()
    test.is(output [[
        local q = mp.Queue()
        mp.Process{target = function() q:put(1) while true do end end, daemon = true}:start()
        q:get()
        print "main"
    ]], "main\n")
end)

test("a daemon that is stopped is killed after a grace period", function()
    test.is(output [[
        local p = mp.Process{target = function() time.sleep(100) end, daemon = true}
        p:start()
        os.execute("kill -STOP " .. p.pid)
        print "main"
    ]], "main\n")
end)

test("os.exit and an error in the main script end and join like the end of the script", function()
    local family = [[
        local mp = require "multiprocessing"
        local time = require "time"
        mp.atexit(function() print "atexit" end)
        mp.Process{target = function() time.sleep(100) end, daemon = true}:start()
        mp.Process{target = function() time.sleep(0.2) print "child" end}:start()
    ]]
    local left = support.run(family .. "os.exit(5)")
    test.is(left.out, "atexit\nchild\n")
    test.is(left.status, 5)
    local failed = support.run(family .. "error 'oops'")
    test.is(failed.out, "atexit\nchild\n")
    test.has(failed.err, "oops")
    test.is(failed.status, 1)
    local nested = support.run(family .. "pcall(coroutine.wrap(function() os.exit(6) end))")
    test.is(nested.out, "atexit\nchild\n")
    test.is(nested.status, 6)
end)

test("atexit handlers run last in first out, in the process that registered them", function()
    test.is(output [[
        mp.atexit(function() print "first registered" end)
        mp.atexit(function() print "second registered" end)
        local p = mp.Process{target = function()
            mp.atexit(function() print("of the child") end)
            print "child"
        end}
        p:start():join()
        print "main"
    ]], "child\nof the child\nmain\nsecond registered\nfirst registered\n")
end)

test("an atexit handler that fails does not stop the others", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        mp.atexit(function() print "reached" end)
        mp.atexit(function() error "broken handler" end)
    ]]
    test.is(result.out, "reached\n")
    test.has(result.err, "broken handler")
end)

test("children of a child are joined before it ends", function()
    test.is(output [[
        local p = mp.Process{target = function()
            mp.Process{target = function() time.sleep(0.2) print "grandchild" end}:start()
        end}
        p:start():join()
        print("main", p.exitcode)
    ]], "grandchild\nmain\t0\n")
end)

test("children of a terminated process go on and the main process joins them at its end", function()
    for _, how in ipairs { "terminate", "kill" } do
        test.is(output(([[
            local q = mp.Queue()
            local p = mp.Process{target = function()
                mp.Process{target = function()
                    q:put "started"
                    time.sleep(0.5)
                    print "grandchild"
                end}:start()
                time.sleep(100)
            end}
            p:start()
            q:get()
            p:%s()
            p:join()
            print("main", p.exitcode)
        ]]):format(how)), ("main\t%d\ngrandchild\n"):format(how == "kill" and -9 or -15))
    end
end)

test("a process that start() has started runs, though its parent is terminated before it could begin", function()
    -- With others to keep the processor busy, it begins later than the family puts its parent away.
    local busy = {}
    for i = 1, 4 do busy[i] = mp.Process { target = function() while true do end end, daemon = true }:start() end
    local q = mp.Queue()
    for i = 1, 40 do
        local ready = mp.Event()
        local p = mp.Process { target = function()
            mp.Process { target = function() q:put(i) end }:start()
            ready:set()
            time.sleep(60)
        end }:start()
        ready:wait()
        p:terminate()
        p:join()
    end
    local seen = 0
    while seen < 40 and q:try_get(20) do seen = seen + 1 end
    test.is(seen, 40)
    for _, p in ipairs(busy) do p:kill() p:join() end
end)

test("a daemon dies when its parent is killed", function()
    local q = mp.Queue()
    local p = mp.Process {
        target = function()
            local daemon = mp.Process { target = function() time.sleep(100) end, daemon = true }
            q:put(daemon:start().pid)
            time.sleep(100)
        end,
    }
    p:start()
    local pid = q:get()
    test.ok(support.runs(pid))
    p:kill()
    p:join()
    test.ok(support.eventually(function() return not support.runs(pid) end), "the daemon is gone")
end)

test("nobody is left when the main process itself is killed and all are daemons", function()
    support.write("script.lua", [[
        local mp = require "multiprocessing"
        local time = require "time"
        for i = 1, 5 do
            local p = mp.Process{target = function() time.sleep(100) end, daemon = true}
            print(p:start().pid)
        end
        os.execute("kill -KILL " .. mp.getpid())
    ]])
    local result = support.shell(support.quote(support.mprun) .. " script.lua")
    local pids = 0
    for pid in result.out:gmatch "%d+" do
        pids = pids + 1
        test.ok(support.eventually(function() return not support.runs(tonumber(pid)) end), "daemon " .. pid)
    end
    test.is(pids, 5)
end)

test("on a terminal the main process says whom it waits for", function()
    local result = support.fixture("terminal.py", support.mprun, "-e", [[
        local mp = require "multiprocessing"
        mp.Process{target = function() require "time".sleep(3) end}:start()
    ]])
    test.like(result.out, "mprun: waiting for Process%-1 %(pid %d+%)")
    test.is(result.status, 0)
end)

test("off a terminal it waits silently", function()
    test.is(output [[mp.Process{target = function() time.sleep(2.5) end}:start()]], "")
end)

test("a script whose children start children ends when all have", function()
    test.is(output [[
        local function tree(depth)
            if depth == 0 then return print "leaf" end
            for _ = 1, 3 do mp.Process{target = tree, args = {depth - 1}}:start() end
        end
        tree(3)
    ]], ("leaf\n"):rep(27))
end)

test("a process waits for itself by mistake", function()
    test.raises("join", function() mp.current_process():join() end)
end)

test.done()
