-- Section 5 of the API: Semaphore and BoundedSemaphore.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local elsewhere = support.elsewhere

local too_many = "semaphore or lock released too many times"

for _, class in ipairs { "Semaphore", "BoundedSemaphore" } do
    local new = mp[class]

    test(class .. ": acquire takes a permit, release gives it back", function()
        local s = new(2)
        test.is(s:get_value(), 2)
        test.is(s:acquire(), true)
        test.is(s:get_value(), 1)
        test.is(s:acquire(), true)
        test.is(s:get_value(), 0)
        test.is(s:acquire(false), false)
        test.is(s:get_value(), 0)
        test.is(select("#", s:release()), 0)
        test.is(s:get_value(), 1)
        s:release()
        test.is(s:get_value(), 2)
    end)

    test(class .. ": the initial value is 1, or a number, or an option", function()
        test.is(new():get_value(), 1)
        test.is(new(0):get_value(), 0)
        test.is(new { value = 3 }:get_value(), 3)
        test.is(new(4, { name = "permits" }):get_value(), 4)
    end)

    test(class .. ": a negative or impossible initial value", function()
        test.kind("ValueError", function() new(-1) end)
        test.kind("ValueError", function() new { value = -1 } end)
        test.raises("bad argument #1", function() new "two" end)
        test.raises("bad argument #1", function() new(1.5) end)
    end)

    test(class .. ": every form of acquire with a timeout", function()
        local s = new(0)
        test.is(s:acquire(false), false)
        test.is(s:acquire(false, nil), false)
        test.is(s:acquire { block = false }, false)
        test.is(s:acquire(true, 0), false)
        test.is(s:acquire(true, -1), false)
        test.lasts(0.1, function() test.is(s:acquire(true, 0.1), false) end)
        test.lasts(0.1, function() test.is(s:acquire { timeout = 0.1 }, false) end)
        test.raises("boolean expected, got number", function() s:acquire(5) end)
        test.raises("timeout", function() s:acquire { timeout = "soon" } end)
        test.raises("unknown option 'timout' (did you mean 'timeout'?)", function() s:acquire { timout = 1 } end)
        test.is(s:get_value(), 0)
    end)

    test(class .. ": a permit that is released reaches a waiter in another process", function()
        local s, ready = new(1), mp.Queue()
        s:acquire()
        local p = mp.Process { target = function() ready:put(true) return s:acquire { timeout = 60 } end }
        p:start()
        ready:get()
        support.until_asleep(p.pid)
        s:release()
        test.is(p:result(60), true)
        test.is(s:get_value(), 0)
    end)

    test(class .. ": release(n) gives n permits and wakes n waiters", function()
        local s = new(3)
        for _ = 1, 3 do s:acquire() end
        local list = {}
        for i = 1, 3 do
            list[i] = mp.Process { target = function() return s:acquire { timeout = 60 } end }:start()
        end
        for _, p in ipairs(list) do support.until_asleep(p.pid) end
        s:release(2)
        test.ok(support.eventually(function() return #mp.active_children() == 1 end), "two end")
        test.is(s:get_value(), 0)
        s:release(1)
        for _, p in ipairs(list) do test.is(p:result(60), true) end
        s:release { n = 3 }
        test.is(s:get_value(), 3)
    end)

    test(class .. ": release of less than one permit", function()
        local s = new(2)
        s:acquire()
        for _, n in ipairs { 0, -1, math.mininteger } do
            local e = test.kind("ValueError", function() s:release(n) end)
            test.has(e.message, "n must be one or more")
        end
        test.raises("bad argument #1 to 'release'", function() s:release "one" end)
        test.raises("bad argument #1 to 'release'", function() s:release(1.5) end)
        test.is(s:get_value(), 1)
    end)

    test(class .. ": more permits than can be counted", function()
        local s = new(1)
        local e = test.kind("ValueError", function() s:release(math.maxinteger) end)
        test.has(e.message, too_many)
        test.is(s:get_value(), 1)
        test.is(s:acquire(false), true)
        test.is(s:acquire(false), false)
    end)

    test(class .. ": any process may release", function()
        local s = new(1)
        s:acquire()
        elsewhere(function() s:release() end)
        test.is(s:acquire(false), true)
        test.is(elsewhere(function() return s:acquire(false), s:get_value() end), false)
    end)

    test(class .. ": a permit stays taken when the process that acquired it ends", function()
        local s = new(2)
        elsewhere(function() s:acquire() end)
        test.is(s:get_value(), 1)
    end)

    test(class .. ": hold is a guard", function()
        local s = new(1)
        do
            local guard <close> = s:hold()
            test.is(s:get_value(), 0)
        end
        test.is(s:get_value(), 1)
        pcall(function()
            local guard <close> = s:hold()
            error "left by an error"
        end)
        test.is(s:get_value(), 1)
        do
            local guard <close> = s:hold(1)
            guard:release()
            test.is(s:get_value(), 1)
        end
        test.is(s:get_value(), 1, "it does not release twice")
    end)

    test(class .. ": hold raises TimeoutError, which names the semaphore", function()
        local s = new(0, { name = "permits" })
        local e = test.lasts(0.1, function()
            return test.kind("TimeoutError", function() s:hold(0.1) end)
        end)
        test.has(tostring(e), "permits")
        test.kind("TimeoutError", function() s:hold { timeout = 0 } end)
        test.is(s:get_value(), 0)
    end)

    test(class .. ": with runs a function holding a permit", function()
        local s = new(1)
        local results = table.pack(s:with(function(...)
            test.is(s:get_value(), 0)
            return ...
        end, "a", nil, "c"))
        test.is(results, { "a", nil, "c", n = 3 })
        test.is(s:get_value(), 1)
        local object = { kind = "mine" }
        local _, same = pcall(function() s:with(error, object) end)
        test.ok(same == object, "an error value comes through unchanged")
        test.is(s:get_value(), 1)
    end)

    test(class .. ": never more processes inside than permits", function()
        local s, inside, most = new(2), mp.Value("i", 0), mp.Value("i", 0)
        local list = {}
        for i = 1, 5 do
            list[i] = mp.Process {
                target = function()
                    for _ = 1, 20 do
                        s:with(function()
                            local now = inside:add(1)
                            local high = most.value
                            while now > high and not most:compare_exchange(high, now) do high = most.value end
                            time.sleep(0.001)
                            inside:add(-1)
                        end)
                    end
                end,
            }:start()
        end
        mp.join(list)
        for _, p in ipairs(list) do test.is(p.exitcode, 0) end
        test.is(most.value, 2)
        test.is(inside.value, 0)
        test.is(s:get_value(), 2)
    end)

    test(class .. ": tostring shows the value", function()
        local s = new(2)
        test.like(tostring(s), class .. "%(value=2")
        s:acquire()
        test.like(tostring(s), class .. "%(value=1")
    end)
end

test("a Semaphore may be released above its initial value", function()
    local s = mp.Semaphore(2)
    s:release()
    test.is(s:get_value(), 3)
    s:release()
    test.is(s:get_value(), 4)
    for _ = 1, 4 do test.is(s:acquire(false), true) end
    test.is(s:acquire(false), false)
end)

test("a BoundedSemaphore may not", function()
    local s = mp.BoundedSemaphore(2)
    for _ = 1, 2 do
        local e = test.kind("ValueError", function() s:release() end)
        test.has(e.message, too_many)
        test.is(s:get_value(), 2)
    end
    s:acquire()
    test.kind("ValueError", function() s:release(2) end)
    test.is(s:get_value(), 1, "all or nothing")
    s:release()
    test.is(s:get_value(), 2)
    local kind = elsewhere(function() return select(2, pcall(function() s:release() end)).kind end)
    test.is(kind, "ValueError")
    test.has(tostring(s), "maxvalue=2")
end)

test.done()
