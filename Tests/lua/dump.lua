-- mprun --dump, Ctrl-\ (SIGQUIT) and --die-with-parent: a family seen from outside.

local test = require "tap"
local support = require "support"
local time = require "time"

local mprun = support.quote(support.mprun)

-- Starts a script; it prints a line when it is ready. Returns its pid and a function that ends it.
local function start(code, options)
    support.write("dumped.lua", code)
    local pipe = io.popen(("setsid %s %s dumped.lua 2>dumped.err & echo $!; wait"):format(mprun, options or ""))
    local pid = tonumber(pipe:read())
    local line = pipe:read()
    test.is(line, "ready")
    time.sleep(0.2) -- until it is where it stays
    return pid, function(alone)
        -- With the programs that it has called.
        os.execute(("/bin/kill -KILL -- %s%d 2>/dev/null"):format(alone and "" or "-", pid))
        pipe:close()
    end
end

local function contains(text, ...)
    for _, part in ipairs { ... } do test.ok(text:find(part, 1, true), ("%q in\n%s"):format(part, text)) end
end

local family = [[
local mp, time = require "multiprocessing", require "time"
local lock = mp.Lock { name = "ledger" }
local jobs = mp.Queue { name = "jobs" }
local function consume() jobs:get() end
local function compute()
    local n = 0
    while true do n = n + 1 end
end
local function reader() io.popen("sleep 600"):read("a") end
mp.Process { name = "consumer", target = function() consume() end, daemon = true }:start()
mp.Process { name = "computer", target = function() compute() end, daemon = true }:start()
mp.Process { name = "reader", target = reader, daemon = true }:start()
lock:acquire()
time.sleep(0.3)
print "ready"
io.stdout:flush()
lock:acquire(true, 600)
]]

local function check(text)
    contains(text, "mprun: 4 processes", "MainProcess (pid ", " at dumped.lua:17 for ", "wants Lock 'ledger' (dumped.lua:2), held by MainProcess, at most ",
        "holds Lock 'ledger' (dumped.lua:2), taken at dumped.lua:13", "dumped.lua:17: in main chunk",
        "consumer (pid ", "daemon)", " at dumped.lua:4 for ", "waits for an item of Queue 'jobs' (dumped.lua:3)",
        "[C]: in method 'get'", "dumped.lua:4: in upvalue 'consume'",
        "computer (pid ", "    runs\n", "dumped.lua:7: in upvalue 'compute'",
        "reader (pid ", "(no traceback: it is in code that is not Lua, or stopped)")
end

test("--dump shows each process: state, wait, what it holds, traceback", function()
    local pid, finish = start(family)
    local before = time.monotonic()
    local result = support.shell(mprun .. " --dump " .. pid)
    test.is(result.status, 0)
    test.is(result.err, "")
    check(result.out)
    test.ok(time.monotonic() - before < 5)
    test.ok(not result.out:find("for 0.0 s", 1, true), "since when they wait, is not since they were asked")
    -- Again, and of a child.
    local child = result.out:match "consumer %(pid (%d+)"
    check(support.shell(mprun .. " --dump " .. child).out)
    finish()
end)

test("SIGQUIT shows the same on stderr, and the script goes on", function()
    local pid, finish = start(family)
    support.kill("QUIT", pid)
    support.eventually(function() return support.read("dumped.err"):find("reader", 1, true) ~= nil end)
    time.sleep(0.2)
    check(support.read("dumped.err"))
    test.ok(support.runs(pid), "it goes on")
    -- A child takes no notice.
    local child = tonumber(support.read("dumped.err"):match "computer %(pid (%d+)")
    support.kill("QUIT", child)
    time.sleep(0.2)
    test.ok(support.runs(child), "the child goes on")
    finish()
end)

test("while the main process reads: SIGQUIT; while it runs a program, which keeps SIGQUIT off: --dump", function()
    local pid, finish = start("print 'ready' io.stdout:flush() io.popen('sleep 600'):read('a')")
    support.kill("QUIT", pid)
    test.ok(support.eventually(function()
        return support.read("dumped.err"):find("MainProcess (pid " .. pid .. ")\n    runs", 1, true) ~= nil
    end))
    finish()
    pid, finish = start("print 'ready' io.stdout:flush() os.execute('sleep 600')")
    contains(support.shell(mprun .. " --dump " .. pid).out, "MainProcess (pid " .. pid .. ")\n    runs")
    finish()
end)

test("--dump of what is no mprun", function()
    local result = support.shell(mprun .. " --dump $PPID; sleep 0")
    test.ok(result.err:find "is no mprun" or result.err:find "cannot" or result.err:find "Permission", result.err)
    result = support.shell(mprun .. " --dump 999999999")
    test.is(result.status, 1)
    contains(result.err, "No such process")
    result = support.shell(mprun .. " --dump me")
    test.is(result.status, 1)
    contains(result.err, "--dump takes the pid of a process")
end)

test("many dumps at once disturb nobody", function()
    local result = support.run([[
        local mp, time = require "multiprocessing", require "time"
        local q, done = mp.Queue(), mp.Queue()
        local p = mp.Process { target = function()
            local sum = 0
            for item in q:items() do sum = sum + item end
            done:put(sum)
        end }:start()
        local pid = mp.getpid()
        os.execute(("(for i in 1 2 3 4 5 6 7 8; do '%s' --dump %d >/dev/null & done; wait) &"):format(os.getenv "MPRUN", pid))
        local finish, n = time.monotonic() + 2, 0
        while time.monotonic() < finish do
            for i = 1, 1000 do q:put(1) end
            n = n + 1000
        end
        q:shutdown()
        print(done:get() == n)
    ]], { env = "MPRUN=" .. mprun })
    test.is(result.out, "true\n")
    test.is(result.err, "")
end)

test("--die-with-parent: nobody survives a killed main process", function()
    local code = [[
        local mp, time = require "multiprocessing", require "time"
        local file = io.open("pids", "w")
        local p = mp.Process { target = function()
            local q = mp.Process { target = function() time.sleep(600) end }:start()
            file:write(q.pid, "\n")
            file:close()
            time.sleep(600)
        end }:start()
        time.sleep(0.3)
        file = io.open("pids", "a")
        file:write(p.pid, "\n")
        file:close()
        print "ready"
        io.stdout:flush()
        time.sleep(600)
    ]]
    for _, option in ipairs { "--die-with-parent", "" } do
        local _, finish = start(code, option)
        local child, grandchild
        grandchild, child = support.read("pids"):match "(%d+)\n(%d+)"
        finish(true)
        local gone = support.eventually(function()
            return not support.runs(child) and not support.runs(grandchild)
        end, option == "" and 1 or 10)
        test.is(gone, option ~= "", option)
        support.kill("KILL", child)
        support.kill("KILL", grandchild)
    end
end)

test.done()
