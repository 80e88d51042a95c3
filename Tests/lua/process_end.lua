-- A process has ended for who joined it when it has done and closed everything; its zombie is reaped when somebody could see it.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local function nothing() end

--- The pids of the zombies among the children of a process.
local function zombies(pid)
    local found = {}
    for child in support.read(("/proc/%d/task/%d/children"):format(pid, pid)):gmatch "%d+" do
        if support.state(child) == "Z" then found[#found + 1] = math.tointeger(child) end
    end
    return found
end

test("who joins many has few zombies, whatever else it does", function()
    for _ = 1, 100 do
        local p = mp.Process { target = nothing }:start()
        test.is(p:join(), true)
        test.is(p.exitcode, 0)
        test.is(p:is_alive(), false)
        local left = #zombies(mp.getpid())
        if left > 4 then return test.ok(false, left .. " zombies") end
    end
    local all = {}
    for i = 1, 30 do all[i] = mp.Process { target = nothing }:start() end
    test.is(mp.join(all), true)
    test.ok(#zombies(mp.getpid()) <= 4, "30 were joined")
end)

for name, act in pairs {
    ["active_children"] = mp.active_children,
    ["os.execute"] = function() os.execute "true" end,
    ["io.popen"] = function() io.popen("true"):close() end,
} do
    test("none is left after " .. name, function()
        for _ = 1, 5 do mp.Process { target = nothing }:start():join() end
        act()
        test.is(zombies(mp.getpid()), {})
    end)
end

test("other programs see none", function()
    for _ = 1, 20 do
        local p = mp.Process { target = nothing }:start()
        p:join()
        test.is(support.shell(("test -e /proc/%d && echo there"):format(p.pid)).out, "")
    end
end)

for name, wait in pairs {
    sleeps = function() time.sleep(2) end,
    ["waits for a queue"] = function() pcall(function() mp.Queue():get(true, 2) end) end,
} do
    test("none is left while the parent " .. name, function()
        local p = mp.Process { target = function()
            for _ = 1, 5 do mp.Process { target = nothing }:start():join() end
            wait()
        end }:start()
        test.ok(support.until_asleep(p.pid))
        test.ok(support.eventually(function() return #zombies(p.pid) == 0 end, 1.5))
        p:join()
    end)
end

test("active_children reaps also who was not joined", function()
    -- Of those before, none.
    mp.active_children()
    for _ = 1, 3 do mp.Process { target = nothing }:start() end
    test.ok(support.eventually(function() return #zombies(mp.getpid()) == 3 end))
    test.is(mp.active_children(), {})
    test.is(zombies(mp.getpid()), {})
end)

test("exitcode and is_alive reap", function()
    local p, q = mp.Process { target = nothing }:start(), mp.Process { target = nothing }:start()
    test.ok(support.eventually(function() return #zombies(mp.getpid()) == 2 end))
    test.is(p.exitcode, 0)
    test.is(q:is_alive(), false)
    test.is(zombies(mp.getpid()), {})
end)

test("a zombie that others put away before it is reaped is not forgotten", function()
    -- The main process, asleep, looks around for all; then it kills the parent, which has not joined its children.
    local code = [[
        local mp = require "multiprocessing"
        local time = require "time"
        local p = mp.Process { target = function()
            for _ = 1, 3 do mp.Process { target = function() end }:start() end
            while true do end
        end }:start()
        time.sleep(1.5)
        p:kill()
        p:join()
        local function children()
            local file <close> = io.open("/proc/self/task/" .. mp.getpid() .. "/children")
            return file:read "a"
        end
        local limit = time.monotonic() + 5
        repeat time.sleep(0.05) until children() == "" or time.monotonic() > limit
        print("orphans: " .. children())
    ]]
    test.is(support.run(code).out, "orphans: \n")
end)

test("a joined process has no descriptor", function()
    for _ = 1, 100 do
        local p = mp.Process { target = nothing }:start()
        p:join()
        local file <close> = io.open(("/proc/%d/fd/2"):format(p.pid))
        if file then return test.ok(false, "its stderr is still open") end
    end
    test.ok(true)
end)

test("a pipe of a joined process is at its end", function()
    for _ = 1, 50 do
        local reader, writer = mp.Pipe(false)
        local p = mp.Process { target = function() writer:send(1) end }:start()
        writer:close()
        p:join()
        test.is(reader:recv(), 1)
        test.kind("EOFError", function() reader:recv() end)
    end
end)

test("a process with much memory is waited for until that is free", function()
    for _ = 1, 10 do
        local p = mp.Process { target = function() return #("x"):rep(40 << 20) end }:start()
        p:join()
        test.is(support.state(p.pid), nil)
        test.is(p:result(), 40 << 20)
    end
end)

test("so is one whose sentinel was asked for", function()
    for _ = 1, 50 do
        local p = mp.Process { target = nothing }:start()
        local sentinel = p.sentinel
        p:join()
        test.is(mp.wait({ sentinel }, 0), { sentinel })
    end
end)

test("and one that a sibling watches", function()
    for _ = 1, 10 do
        local p = mp.Process { target = time.sleep, args = { 0.05 } }:start()
        local q = mp.Process { target = function() return #mp.wait({ p.sentinel }, 20) end }:start()
        p:join()
        test.is(q:result(20), 1)
    end
end)

test("one that was given huge pages, too", function()
    local p = mp.Process { target = function()
        local list = {}
        for i = 1, 3000000 do list[i] = i end
    end }:start()
    p:join()
    test.is(support.state(p.pid), nil)
end)

test("exit codes", function()
    for _ = 1, 30 do
        local code = math.random(0, 255)
        local p = mp.Process { target = os.exit, args = { code } }:start()
        p:join()
        test.is(p.exitcode, code)
        local q = mp.Process { target = function()
            mp.atexit(support.die)
        end }:start()
        q:join()
        test.is(q.exitcode, -9)
    end
end)

test("what a killed parent had to reap, the main process reaps", function()
    local code = [[
        local mp = require "multiprocessing"
        local time = require "time"
        local joined = mp.Event()
        local function children(pid)
            local file <close> = io.open("/proc/" .. pid .. "/task/" .. pid .. "/children")
            return file and file:read "a" or ""
        end
        local p = mp.Process { target = function()
            repeat mp.Process { target = function() end }:start():join() until children(mp.getpid()) ~= ""
            joined:set()
            while true do end
        end }:start()
        joined:wait()
        time.sleep(0.05)
        print("its zombies: " .. tostring(children(p.pid) ~= ""))
        p:kill()
        p:join()
        local limit = time.monotonic() + 5
        repeat time.sleep(0.05) until children(mp.getpid()) == "" or time.monotonic() > limit
        print("orphans: " .. children(mp.getpid()))
    ]]
    local result = support.run(code)
    test.is(result.err, "")
    test.is(result.out, "its zombies: true\norphans: \n")
end)

test("a process whose memory goes before its end is known is dead as well", function()
    local lock = mp.Lock()
    local busy = mp.Event()
    local p = mp.Process { target = function()
        lock:acquire()
        busy:set()
        while true do end
    end }:start()
    busy:wait()
    local result = support.fixture("oom_kill.py", tostring(p.pid))
    test.is(result.err, "")
    if result.out ~= "released\n" then return test.skip("there is no process_mrelease", result.out) end
    test.is(p:join(20), true)
    test.is(p.exitcode, -9)
    test.kind("OwnerDiedError", function() lock:acquire(true, 20) end)
end)

test("a main process ends without zombies of its own", function()
    -- Who adopts what it leaves finds nothing.
    local code = [[
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
subprocess.run(sys.argv[1:], check=True)
try:
    print(os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("nothing")
]]
    for _ = 1, 10 do
        support.write("zombies.lua", [[
            local mp = require "multiprocessing"
            for _ = 1, 5 do mp.Process { target = function() end }:start():join() end
        ]])
        test.is(support.python_eval(code, support.mprun, "zombies.lua"), "nothing")
    end
end)

test.done()
