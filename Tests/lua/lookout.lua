-- Of processes that wait for long, one looks around for all: whatever happens must be noticed as if each did.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local started = {}

-- A daemon that is ended with the test.
local function run(f, name)
    local p = mp.Process { target = f, name = name, daemon = true }:start()
    started[#started + 1] = p
    return p
end

local function end_all()
    for _, p in ipairs(started) do p:kill() end
    mp.join(started)
    started = {}
end

-- Processes that wait for nothing of interest: the first becomes the lookout, the others let it look.
local function wait_for_long(n)
    local never = mp.Queue()
    for _ = 1, n do run(function() never:get() end, "waits") end
    time.sleep(0.8)
end

-- Seconds from when `stamp` is given something to the end of f, in another process.
local function delay(stamp, f)
    local told = mp.Queue()
    run(function()
        f()
        told:put(time.monotonic())
    end)
    local since = stamp:get()
    return told:get(true, 30) - since
end

for how, leave in pairs {
    returns = function() end,
    ["is killed"] = function() os.execute "kill -9 $PPID" end,
} do
    test("a consumer that " .. how .. " with a task it took while somebody joined", function()
        wait_for_long(3)
        local q, stamp = mp.JoinableQueue(), mp.Queue()
        q:put "task"
        run(function()
            time.sleep(2)
            q:get()
            stamp:put(time.monotonic())
            leave()
        end)
        local took = delay(stamp, function() pcall(q.join, q) end)
        end_all()
        test.between(took, 0, 2, "seconds until the joiner was told")
    end)
end

test("a lookout that what it waits for wakes all the time still looks around", function()
    local q, lock, stamp = mp.JoinableQueue(), mp.Lock(), mp.Queue()
    -- Lets go of the lock for an instant, five times a second.
    run(function()
        local hold = 1.2
        while true do
            lock:acquire()
            time.sleep(hold)
            lock:release()
            hold = 0.2
        end
    end)
    time.sleep(0.1)
    run(function()
        lock:acquire()
        time.sleep(60)
    end, "lookout")
    time.sleep(1)
    q:put "task"
    run(function()
        time.sleep(2)
        q:get()
        stamp:put(time.monotonic())
        os.execute "kill -9 $PPID"
    end)
    local took = delay(stamp, function() pcall(q.join, q) end)
    end_all()
    test.between(took, 0, 2, "seconds until the joiner was told")
end)

test("the killed holder of a lock is told of, when everybody has waited for long and the lookout was killed before", function()
    wait_for_long(1)
    local lookout = started[1]
    wait_for_long(3)
    local lock, stamp = mp.Lock(), mp.Queue()
    local ready = mp.Event()
    run(function()
        lock:acquire()
        ready:set()
        time.sleep(2)
        os.execute("kill -9 " .. lookout.pid)
        stamp:put(time.monotonic())
        os.execute "kill -9 $PPID"
    end)
    ready:wait()
    local took = delay(stamp, function() pcall(lock.acquire, lock) end)
    end_all()
    test.between(took, 0, 1, "seconds until the waiter was told")
end)

test("who has waited in poll for long is woken at once by what it waits for, again and again", function()
    wait_for_long(2)
    local here, _there = mp.Pipe()
    local q, took = mp.Queue(), mp.Queue()
    run(function()
        while true do
            mp.wait { here, q }
            took:put(time.monotonic() - q:get())
        end
    end, "polls")
    local longest = 0
    for round = 1, 6 do
        -- Long enough to be relieved, and in the last rounds, after a short wait, too short for that.
        time.sleep(round <= 2 and 2 or 0.2)
        q:put(time.monotonic())
        longest = math.max(longest, took:get(true, 10))
    end
    end_all()
    test.between(longest, 0, 0.3, "seconds until it was awake")
end)

test("the main process, which has waited in poll for long, reaps an orphan that others find dead", function()
    support.write("orphan.lua", [[
        local mp = require "multiprocessing"
        local time = require "time"
        local here, there = mp.Pipe()
        local never, told = mp.Queue(), mp.Queue()
        for _ = 1, 2 do mp.Process { target = function() never:get() end, daemon = true }:start() end
        mp.Process { target = function()
            local orphan = mp.Process { target = function() time.sleep(3) end }:start()
            told:put(orphan.pid)
            os.execute "kill -9 $PPID"
        end }:start()
        mp.Process { target = function()
            local pid = told:get()
            time.sleep(4.3)
            local file = io.open("/proc/" .. pid .. "/stat")
            there:send(file and "a zombie: " .. file:read "a" or "reaped")
        end, daemon = true }:start()
        print(here:recv())
    ]])
    test.is(support.shell(support.quote(support.mprun) .. " orphan.lua", nil, 30).out, "reaped\n")
end)

test("a report is not repeated when the lookout was stopped for a while", function()
    support.write("stopped.lua", [[
        local mp = require "multiprocessing"
        local q = mp.Queue()
        for _ = 1, 3 do mp.Process { target = function() q:get() end }:start() end
        q:get()
    ]])
    local r = support.shell(([[
        setsid %s --deadlock=report stopped.lua 2>report.txt &
        sleep 4; kill -STOP -$!; sleep 2.5; kill -CONT -$!; sleep 14; kill -KILL -$!
        grep -c "deadlock MP" report.txt
    ]]):format(support.quote(support.mprun)), nil, 60)
    test.has(r.out, "1\n")
end)

test.done()
