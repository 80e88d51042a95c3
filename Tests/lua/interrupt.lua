-- Section 2 of the API: Ctrl-C.

local test = require "tap"
local support = require "support"

-- Runs a script, interrupts it when it has printed "ready": status, survivors, stdout, stderr.
local function interrupt(code, whom)
    support.write("script.lua", 'local mp = require "multiprocessing"\nlocal time = require "time"\n' .. code)
    local result = support.fixture("interrupt.py", "ready", whom or "group", support.mprun, "script.lua")
    local status, survivors, out, err = result.out:match "^(%S+)\n(%d+)\n(.-)%-%-\n(.*)$"
    return { status = status, survivors = survivors, out = out, err = err, lines = select(2, err:gsub("\n", "")) }
end

local function check(result, message)
    test.is(result.status, "130", message)
    test.is(result.survivors, "0", message)
    test.is(result.lines, 1, message .. ": one line on stderr: " .. result.err)
    test.ok(not result.err:find "traceback", message)
end

local bodies = {
    ["a sleep"] = "time.sleep(100)",
    ["a get"] = "mp.Queue():get()",
    ["a put into a full queue"] = "local q = mp.Queue(1) q:put(1) q:put(2)",
    ["a recv"] = "local a, b = mp.Pipe() a:recv()",
    ["a send to nobody who reads"] = "local a, b = mp.Pipe() while true do a:send(('x'):rep(100000)) end",
    ["a lock"] = "local lock = mp.Lock() lock:acquire() lock:acquire()",
    ["mp.wait"] = "local a, b = mp.Pipe() mp.wait{a}",
    ["mp.wait on a queue"] = "mp.wait{mp.Queue()}",
    ["a loop"] = "while true do end",
    ["a loop in a coroutine"] = "coroutine.wrap(function() while true do end end)()",
    ["a loop in a coroutine in a coroutine"] =
        "coroutine.wrap(function() coroutine.wrap(function() while true do end end)() end)()",
    ["a loop in a coroutine that was resumed"] = "coroutine.resume(coroutine.create(function() while true do end end))",
}

for where, body in pairs(bodies) do
    test("the main process in " .. where, function()
        check(interrupt('print "ready"\n' .. body), where)
    end)
end

for where, body in pairs(bodies) do
    test("two children in " .. where .. ", the main process in join", function()
        check(interrupt(([[
            local ready = mp.Queue()
            local list = {}
            for i = 1, 2 do
                list[i] = mp.Process{target = function() ready:put(i) %s end}
                list[i]:start()
            end
            ready:get() ready:get()
            print "ready"
            for _, p in ipairs(list) do p:join() end
        ]]):format(body)), where)
    end)
end

test("the main process at its end, waiting for children", function()
    check(interrupt [[
        mp.Process{target = function() time.sleep(100) end}:start()
        print "ready"
    ]], "at the end")
end)

test("SIGINT to the main process alone interrupts the whole family", function()
    check(interrupt([[
        local p = mp.Process{target = function()
            mp.Process{target = function() time.sleep(100) end}:start()
            time.sleep(100)
        end}
        p:start()
        print "ready"
        p:join()
    ]], "leader"), "leader")
end)

test("grandchildren, daemons and orphans go too", function()
    check(interrupt [[
        mp.Process{target = function() time.sleep(100) end, daemon = true}:start()
        local q = mp.Queue()
        local p = mp.Process{target = function()
            mp.Process{target = function() q:put(1) time.sleep(100) end}:start()
            time.sleep(100)
        end}
        p:start()
        q:get()
        p:kill()
        p:join()
        print "ready"
        time.sleep(100)
    ]], "family")
end)

test("a child that catches every error cannot keep the family", function()
    local result = interrupt [[
        local p = mp.Process{target = function()
            while true do pcall(function() while true do end end) end
        end}
        p:start()
        print "ready"
        p:join()
    ]]
    test.is(result.status, "130")
    test.is(result.survivors, "0")
end)

test("a second Ctrl-C does no harm", function()
    local result = interrupt([[
        for i = 1, 4 do mp.Process{target = function() time.sleep(100) end}:start() end
        print "ready"
        time.sleep(100)
    ]], "twice")
    test.is(result.status, "130")
    test.is(result.survivors, "0")
end)

test("what was printed is not lost, atexit handlers run", function()
    local result = interrupt [[
        mp.atexit(function() print "atexit" end)
        io.stdout:setvbuf "full"
        print "ready"
        io.stdout:flush()
        io.write "buffered\n"
        time.sleep(100)
    ]]
    check(result, "output")
    test.is(result.out, "ready\nbuffered\natexit\n")
end)

test("an interrupt while processes are started and joined", function()
    -- The signal lands in fork, start-up and exit.
    for _ = 1, 5 do
        local result = interrupt [[
            print "ready"
            while true do
                local list = {}
                for i = 1, 4 do list[i] = mp.Process{target = function() end}:start() end
                mp.join(list)
            end
        ]]
        test.is(result.status, "130")
        test.is(result.survivors, "0")
    end
end)

test("an unrelated signal does not end a blocking call before its timeout", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local time = require "time"
        local me = mp.getpid()
        -- SIGCONT and SIGWINCH are harmless by default and still interrupt system calls after a stop.
        local p = mp.Process{target = function()
            for i = 1, 20 do
                os.execute("kill -STOP " .. me .. "; kill -CONT " .. me .. "; kill -WINCH " .. me)
                time.sleep(0.02)
            end
        end}
        local sleeper = mp.Process{target = function() time.sleep(100) end, daemon = true}
        sleeper:start()
        p:start()
        local a, b = mp.Pipe()
        local lock = mp.Lock()
        lock:acquire()
        for name, f in pairs {
            get = function() return not pcall(function() mp.Queue():get{timeout = 0.2} end) end,
            poll = function() return not a:poll(0.2) end,
            wait = function() return #mp.wait({a, b}, 0.2) == 0 end,
            join = function() return not sleeper:join(0.2) end,
            lock = function() return not lock:acquire{timeout = 0.2} end,
            sleep = function() time.sleep(0.2) return true end,
        } do
            local started = time.monotonic()
            local right = f()
            if not right or time.monotonic() - started < 0.199 then print(name, right, time.monotonic() - started) end
        end
        p:join()
    ]]
    test.is(result.out, "")
    test.is(result.err, "")
    test.is(result.status, 0)
end)

test.done()
