-- Section 3 of the API: what our Queue has and Python's has not.

local test = require "tap"
local mp = require "multiprocessing"
local time = require "time"

test("try_put and try_get tell by their first result", function()
    local q = mp.Queue(2)
    test.is(table.pack(q:try_get()), { false, n = 1 })
    test.is(q:try_put "a", true)
    test.is(q:try_put(nil), true)
    test.is(q:try_put "c", false)
    test.is(table.pack(q:try_get()), { true, "a", n = 2 })
    test.is(table.pack(q:try_get()), { true, nil, n = 2 })
    test.is(table.pack(q:try_get()), { false, n = 1 })
end)

test("try_put and try_get wait as long as they are told", function()
    local q = mp.Queue(1)
    test.is(test.lasts(0.1, function() return q:try_get(0.1) end), false)
    q:put(1)
    test.is(test.lasts(0.1, function() return q:try_put(2, 0.1) end), false)
    local p = mp.Process { target = function() time.sleep(0.1) q:get() end }
    p:start()
    test.is(q:try_put(2, 60), true)
    p:join()
end)

test("put_many and get_many", function()
    local q = mp.Queue()
    q:put_many { 1, "two", { 3 } }
    test.is(q:qsize(), 3)
    test.is(q:get_many(2), { 1, "two" })
    test.is(q:get_many(10), { { 3 } })
    q:put_many {}
    test.is(q:qsize(), 0)
end)

test("get_many waits for one, not for all", function()
    local q = mp.Queue()
    test.lasts(0.1, function()
        test.kind("Empty", function() q:get_many(5, 0.1) end)
    end)
    local p = mp.Process { target = function() time.sleep(0.1) q:put "only" end }
    p:start()
    test.is(q:get_many(5), { "only" })
    p:join()
end)

test("put_many on a bounded queue puts what fits and waits for the rest", function()
    local q = mp.Queue(3)
    local p = mp.Process {
        target = function()
            local sum = 0
            for _ = 1, 100 do
                sum = sum + q:get()
            end
            return sum
        end,
    }
    p:start()
    local list = {}
    for i = 1, 100 do list[i] = i end
    q:put_many(list)
    test.is(p:result(), 5050)
end)

test("Full of put_many carries the number put", function()
    local q = mp.Queue(3)
    local e = test.lasts(0.1, function()
        return test.kind("Full", function() q:put_many({ 1, 2, 3, 4, 5 }, 0.1) end)
    end)
    test.is(e.count, 3)
    test.is(q:get_many(10), { 1, 2, 3 })
end)

test("an unsendable item of put_many is named", function()
    local q = mp.Queue()
    local e = test.kind("SerializationError", function() q:put_many { 1, { thread = coroutine.create(print) } } end)
    test.has(e.message, "thread")
    test.has(e.message, "2")
end)

test("put_many keeps the order, also beside others who put", function()
    local q = mp.Queue()
    local list = {}
    for i = 1, 4 do
        list[i] = mp.Process {
            target = function()
                for round = 1, 50 do
                    local batch = {}
                    for j = 1, 10 do batch[j] = { i, (round - 1) * 10 + j } end
                    q:put_many(batch)
                end
            end,
        }:start()
    end
    local last = { 0, 0, 0, 0 }
    for _ = 1, 2000 do
        local item = q:get()
        test.is(item[2], last[item[1]] + 1)
        last[item[1]] = item[2]
    end
    mp.join(list)
end)

test("items goes on until nil", function()
    local q = mp.Queue()
    q:put_many { 1, false, "three" }
    q:put(nil)
    q:put "after"
    local got = {}
    for v in q:items() do got[#got + 1] = v end
    test.is(got, { 1, false, "three" })
    test.is(q:get(), "after")
end)

test("items goes on until shutdown", function()
    local q = mp.Queue()
    q:put_many { 1, 2 }
    q:shutdown()
    local got = {}
    for v in q:items() do got[#got + 1] = v end
    test.is(got, { 1, 2 })
end)

test("after shutdown puts raise, gets drain and then raise", function()
    local q = mp.Queue()
    q:put_many { 1, 2 }
    q:shutdown()
    test.kind("ShutDown", function() q:put(3) end)
    test.kind("ShutDown", function() q:put_nowait(3) end)
    test.kind("ShutDown", function() q:try_put(3) end)
    test.kind("ShutDown", function() q:put_many { 3 } end)
    test.is(q:get(), 1)
    test.is(q:get(false), 2)
    test.kind("ShutDown", function() q:get() end)
    test.kind("ShutDown", function() q:get_nowait() end)
    test.kind("ShutDown", function() q:try_get() end)
    test.kind("ShutDown", function() q:get_many(3) end)
    q:shutdown()
end)

test("an immediate shutdown drops what is queued", function()
    for _, shutdown in ipairs {
        function(q) q:shutdown(true) end,
        function(q) q:shutdown { immediate = true } end,
    } do
        local q = mp.Queue()
        q:put_many { 1, 2 }
        shutdown(q)
        test.kind("ShutDown", function() q:get() end)
    end
end)

test("shutdown is for all processes and wakes everyone who is blocked", function()
    local empty, full = mp.Queue(), mp.Queue(1)
    full:put "one"
    local list = {}
    for i = 1, 6 do
        list[i] = mp.Process {
            target = function()
                local _, e = pcall(function()
                    if i <= 3 then empty:get() else full:put "more" end
                end)
                return e.kind
            end,
        }:start()
    end
    local support = require "support"
    for _, p in ipairs(list) do support.until_asleep(p.pid) end
    local closer = mp.Process { target = function() empty:shutdown() full:shutdown() end }
    closer:start():join()
    for _, p in ipairs(list) do test.is(p:result(60), "ShutDown") end
    test.is(full:get(), "one")
    test.kind("ShutDown", function() full:get() end)
end)

test.done()
