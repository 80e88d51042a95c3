-- Section 5 of the API: Event.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

-- n processes that wait for the event and are asleep; p:result() is what wait returned.
local function waiters(event, n, timeout)
    local list = {}
    for i = 1, n do
        list[i] = mp.Process { target = function() return event:wait(timeout) end }:start()
    end
    for _, p in ipairs(list) do support.until_asleep(p.pid) end
    return list
end

test("set, clear, is_set and wait in one process", function()
    local event = mp.Event()
    test.is(event:is_set(), false)
    test.is(event:wait(0), false)
    test.is(event:wait(0.0), false)
    test.is(event:wait(-1), false)
    test.lasts(0.1, function() test.is(event:wait(0.1), false) end)
    test.lasts(0.1, function() test.is(event:wait { timeout = 0.1 }, false) end)
    event:set()
    test.is(event:is_set(), true)
    test.is(event:wait(), true)
    test.is(event:wait(0), true)
    test.is(event:wait(math.huge), true)
    event:set()
    test.is(event:is_set(), true, "twice is fine")
    event:clear()
    test.is(event:is_set(), false)
    test.is(event:wait(0), false)
    event:clear()
    test.is(event:is_set(), false)
end)

test("set in another process ends a wait", function()
    local event = mp.Event()
    local p = mp.Process { target = function() time.sleep(0.1) event:set() end }
    p:start()
    test.is(event:wait(), true)
    test.is(event:is_set(), true)
    p:join()
end)

test("clear in another process is seen", function()
    local event = mp.Event()
    event:set()
    mp.Process { target = function() event:clear() end }:start():join()
    test.is(event:is_set(), false)
end)

test("all who wait wake", function()
    local event = mp.Event()
    local list = waiters(event, 5)
    event:set()
    for _, p in ipairs(list) do test.is(p:result(60), true) end
end)

test("a waiter returns true also when the event is cleared at once", function()
    local event = mp.Event()
    local list = waiters(event, 3, 60)
    event:set()
    event:clear()
    for _, p in ipairs(list) do test.is(p:result(70), true) end
    test.is(event:is_set(), false)
end)

test("even a waiter that cannot run meanwhile", function()
    local event = mp.Event()
    local list = waiters(event, 2, 60)
    for _, p in ipairs(list) do support.kill("STOP", p.pid) end
    event:set()
    event:clear()
    for _, p in ipairs(list) do support.kill("CONT", p.pid) end
    for _, p in ipairs(list) do test.is(p:result(70), true) end
end)

test("who waits after clear waits for the next set", function()
    local event = mp.Event()
    event:set()
    event:clear()
    local list = waiters(event, 2, 0.1)
    for _, p in ipairs(list) do test.is(p:result(60), false) end
end)

test("tostring tells set from unset", function()
    local event = mp.Event()
    test.like(tostring(event), "^<Event.* unset")
    event:set()
    test.like(tostring(event), "^<Event.* set")
    test.ok(not tostring(event):find "unset")
    event:clear()
    test.like(tostring(event), "^<Event.* unset")
end)

test("mp.wait takes events", function()
    local event, other = mp.Event(), mp.Event()
    test.is(mp.wait({ event, other }, 0), {})
    test.lasts(0.1, function() test.is(mp.wait({ event, other }, 0.1), {}) end)
    other:set()
    local ready = mp.wait { event, other }
    test.is(#ready, 1)
    test.ok(ready[1] == other)
    event:set()
    test.is(#mp.wait { event, other }, 2)
    other:clear()
    test.ok(mp.wait({ event, other }, 0)[1] == event)
end)

test("mp.wait wakes when another process sets an event", function()
    local event, a, b = mp.Event(), mp.Pipe()
    local q = mp.Queue()
    local p = mp.Process { target = function() time.sleep(0.1) event:set() end }
    p:start()
    local ready = mp.wait({ a, q, event }, 60)
    test.is(#ready, 1)
    test.ok(ready[1] == event)
    p:join()
    a:close()
    b:close()
end)

test("a starting gun for many processes", function()
    local gun, started, finished = mp.Event(), mp.Queue(), mp.Queue()
    local list = {}
    for i = 1, 20 do
        list[i] = mp.Process {
            target = function()
                started:put(i)
                gun:wait()
                finished:put(i)
            end,
        }:start()
    end
    for _ = 1, 20 do started:get() end
    time.sleep(0.05)
    test.is(finished:qsize(), 0)
    gun:set()
    mp.join(list)
    test.is(finished:qsize(), 20)
end)

test("two processes that hand each other the turn", function()
    local ping, pong = mp.Event(), mp.Event()
    local p = mp.Process {
        target = function()
            for _ = 1, 500 do
                if not ping:wait(60) then return "lost" end
                ping:clear()
                pong:set()
            end
            return "done"
        end,
    }
    p:start()
    for _ = 1, 500 do
        ping:set()
        test.is(pong:wait(60), true)
        pong:clear()
    end
    test.is(p:result(60), "done")
end)

test("arguments are checked and leave the event as it was", function()
    local event = mp.Event { name = "go" }
    test.raises("bad argument #1 to 'wait'", function() event:wait "soon" end)
    test.raises("bad argument #1 to 'wait'", function() event:wait(0 / 0) end)
    test.raises("unknown option 'timout' (did you mean 'timeout'?)", function() event:wait { timout = 1 } end)
    test.raises("surplus argument", function() mp.Event(5) end)
    test.is(event:is_set(), false)
    event:set()
    test.is(event:is_set(), true)
end)

test.done()
