-- Section 8 of the API: the module time.

local test = require "tap"
local time = require "time"
local mp = require "multiprocessing"

test("sleep lasts at least as long as it is told", function()
    for _, seconds in ipairs { 0, 0.001, 0.05, 0.2 } do
        test.lasts(seconds, function() time.sleep(seconds) end)
    end
end)

test("mp.sleep is the same function", function()
    test.ok(mp.sleep == time.sleep)
end)

test("sleep checks its argument", function()
    test.raises("bad argument #1 to 'sleep' (number expected, got no value)", function() time.sleep() end)
    test.raises("bad argument #1 to 'sleep' (number expected, got table)", function() time.sleep {} end)
    test.is(pcall(function() time.sleep(0 / 0) end), false)
    local finished, problem = pcall(function() time.sleep(-1) end)
    test.is(finished, false)
    test.has(tostring(problem), "sleep length must be non-negative")
end)

test("the clocks", function()
    test.between(time.time(), os.time() - 2, os.time() + 2)
    test.is(math.type(time.time()), "float")
    test.is(math.type(time.time_ns()), "integer")
    test.between(time.time_ns() / 1e9, os.time() - 2, os.time() + 2)
    for _, clock in ipairs { time.monotonic, time.perf_counter } do
        local before = clock()
        test.is(math.type(before), "float")
        for _ = 1, 1000 do
            local now = clock()
            if now < before then test.ok(false, "it went backwards") end
            before = now
        end
    end
end)

test("processes share the monotonic clock", function()
    local before = time.monotonic()
    local p = mp.Process { target = function() return time.monotonic() end }
    p:start()
    test.between(p:result(), before, time.monotonic())
end)

test.done()
