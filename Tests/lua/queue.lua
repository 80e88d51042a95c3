-- Section 3 of the API: Queue, the part that Python has.

local test = require "tap"
local mp = require "multiprocessing"
local time = require "time"

test("items come out in the order they went in", function()
    local q = mp.Queue()
    for i = 1, 1000 do q:put(i) end
    for i = 1, 1000 do test.is(q:get(), i) end
    test.ok(q:empty())
end)

test("qsize, #, empty and full are exact", function()
    local q = mp.Queue(3)
    for i = 0, 3 do
        test.is(q:qsize(), i)
        test.is(#q, i)
        test.is(q:empty(), i == 0)
        test.is(q:full(), i == 3)
        if i < 3 then q:put(i) end
    end
    q:get()
    test.is(q:qsize(), 2)
    test.is(q:full(), false)
end)

test("a size of zero, less or none is unlimited", function()
    for _, q in ipairs { mp.Queue(), mp.Queue(0), mp.Queue(-1), mp.Queue { maxsize = 0 }, mp.Queue {} } do
        for i = 1, 2000 do q:put_nowait(i) end
        test.is(q:full(), false)
        test.is(#q, 2000)
    end
end)

test("every combination of block and timeout on a full queue", function()
    local q = mp.Queue { maxsize = 6 }
    q:put(1)
    q:put(2, true)
    q:put(3, true, nil)
    q:put(4, false)
    q:put(5, false, nil)
    q:put_nowait(6)
    test.is(q:full(), true)
    local function full(minimum, ...)
        local arguments = table.pack(...)
        test.lasts(minimum, function()
            test.kind("Full", function() q:put(7, table.unpack(arguments, 1, arguments.n)) end)
        end)
    end
    full(0, false)
    full(0, false, nil)
    full(0, false, 10) -- a timeout without blocking does not wait
    full(0.1, true, 0.1)
    full(0.1, { timeout = 0.1 })
    full(0, true, 0)
    full(0, true, -1)
    test.kind("Full", function() q:put_nowait(7) end)
    test.is(q:qsize(), 6)
    test.is(q:get_many(10), { 1, 2, 3, 4, 5, 6 })
end)

test("every combination of block and timeout on an empty queue", function()
    local q = mp.Queue()
    local function empty(minimum, ...)
        local arguments = table.pack(...)
        test.lasts(minimum, function()
            test.kind("Empty", function() q:get(table.unpack(arguments, 1, arguments.n)) end)
        end)
    end
    empty(0, false)
    empty(0, false, nil)
    empty(0, false, 10)
    empty(0.1, true, 0.1)
    empty(0.1, { timeout = 0.1 })
    empty(0, true, 0)
    empty(0, true, -1)
    test.kind("Empty", function() q:get_nowait() end)
    for i = 1, 6 do q:put(i) end
    test.is({ q:get(), q:get(true), q:get(true, nil), q:get(false), q:get(true, 1), q:get_nowait() }, { 1, 2, 3, 4, 5, 6 })
end)

test("empty and full tell what another process did", function()
    local q, go, done = mp.Queue(6), mp.Queue(), mp.Queue()
    local p = mp.Process {
        target = function()
            go:get()
            for i = 1, 6 do q:put(i) end
            done:put "filled"
            go:get()
            for i = 1, 6 do assert(q:get() == i) end
            done:put "drained"
        end,
    }
    p:start()
    test.is({ q:empty(), q:full() }, { true, false })
    go:put(1)
    done:get()
    test.is({ q:empty(), q:full() }, { false, true })
    test.kind("Full", function() q:put_nowait(7) end)
    go:put(2)
    done:get()
    test.is({ q:empty(), q:full() }, { true, false })
    test.kind("Empty", function() q:get_nowait() end)
    p:join()
    test.is(p.exitcode, 0)
end)

test("get blocks until another process puts", function()
    local q = mp.Queue()
    local p = mp.Process { target = function() time.sleep(0.2) q:put "now" end }
    p:start()
    test.is(test.lasts(0.15, function() return q:get() end), "now")
    p:join()
end)

test("put blocks until another process gets", function()
    local q = mp.Queue(1)
    q:put "first"
    local p = mp.Process { target = function() time.sleep(0.2) q:get() end }
    p:start()
    test.lasts(0.15, function() q:put "second" end)
    p:join()
    test.is(q:get(), "second")
end)

test("an item wakes a reader that waits with a timeout", function()
    local q = mp.Queue()
    mp.Process { target = function() time.sleep(0.1) q:put "in time" end }:start()
    test.is(q:get { timeout = 60 }, "in time")
end)

test("a bounded queue never holds more than its size", function()
    local q = mp.Queue(4)
    local p = mp.Process { target = function() for i = 1, 500 do q:put(i) end end }
    p:start()
    for i = 1, 500 do
        test.between(q:qsize(), 0, 4)
        test.is(q:get(), i)
    end
    p:join()
end)

test("items put before a fork keep their order", function()
    local q, results = mp.Queue(), mp.Queue()
    for i = 1, 10 do q:put(i) end
    local p = mp.Process {
        target = function()
            for i = 11, 20 do q:put(i) end
            q:put(nil)
        end,
    }
    p:start():join()
    for i = 1, 20 do test.is(q:get(), i) end
    test.is(q:get(), nil)
    test.ok(results:empty())
end)

test("many producers and consumers: everything once, each producer in order", function()
    local q, seen = mp.Queue(50), mp.Queue()
    local producers, consumers = {}, {}
    for i = 1, 4 do
        producers[i] = mp.Process { target = function() for j = 1, 2000 do q:put { i, j } end end }:start()
        consumers[i] = mp.Process {
            target = function()
                local got = {}
                for item in q:items() do got[#got + 1] = item end
                seen:put(got)
            end,
        }:start()
    end
    mp.join(producers)
    for _ = 1, 4 do q:put(nil) end
    local times, total = {}, 0
    for _ = 1, 4 do
        local last = {}
        for _, item in ipairs(seen:get()) do
            local producer, number = item[1], item[2]
            if number <= (last[producer] or 0) then test.ok(false, "out of order") end
            last[producer] = number
            local key = producer .. ":" .. number
            times[key] = (times[key] or 0) + 1
            if times[key] > 1 then test.ok(false, "twice: " .. key) end
            total = total + 1
        end
    end
    test.is(total, 8000)
    mp.join(consumers)
end)

test("the order is that in which put completed, over all producers", function()
    local q, turn = mp.Queue(), mp.Queue()
    for i = 1, 20 do
        mp.Process { target = function() q:put(i) turn:put(true) end }:start()
        turn:get() -- the put of this one has completed before the next begins
    end
    for i = 1, 20 do test.is(q:get(), i) end
end)

test("a producer that dies after put loses nothing", function()
    local q = mp.Queue()
    for _ = 1, 20 do
        local p = mp.Process {
            target = function()
                for j = 1, 50 do q:put(j) end
                q:put(("x"):rep(1 << 18))
                os.execute("kill -KILL " .. mp.getpid())
            end,
        }
        p:start():join()
        test.is(p.exitcode, -9)
        for j = 1, 50 do test.is(q:get(false), j) end
        test.is(#q:get(false), 1 << 18)
    end
end)

test("join before draining does not hang", function()
    local q = mp.Queue()
    local p = mp.Process { target = function() for _ = 1, 100 do q:put(("x"):rep(100000)) end end }
    p:start()
    test.is(p:join(60), true)
    test.is(#q, 100)
    for _ = 1, 100 do test.is(#q:get(), 100000) end
end)

test("a value that cannot be sent frees its slot", function()
    local q = mp.Queue(1)
    for _ = 1, 3 do
        test.kind("SerializationError", function() q:put(coroutine.create(print)) end)
    end
    test.is(q:full(), false)
    q:put_nowait "fits"
    test.is(q:get_nowait(), "fits")
end)

test("large messages, larger than any buffer", function()
    local q = mp.Queue()
    local p = mp.Process {
        target = function()
            for megabytes = 1, 16, 5 do q:put(("m"):rep(megabytes << 20)) end
        end,
    }
    p:start()
    for megabytes = 1, 16, 5 do test.is(#q:get(), megabytes << 20) end
    p:join()
end)

test("small and large messages in one queue keep their order", function()
    local q = mp.Queue()
    local sizes = {}
    for i = 1, 300 do sizes[i] = i % 10 == 0 and 70000 + i or i end
    local p = mp.Process { target = function() for _, n in ipairs(sizes) do q:put(("s"):rep(n)) end end }
    p:start()
    for _, n in ipairs(sizes) do test.is(#q:get(), n) end
    p:join()
end)

test("close is for this process", function()
    local q = mp.Queue()
    q:put "stays"
    local p = mp.Process { target = function() q:close() end }
    p:start():join()
    test.is(q:get(), "stays", "a child's close does not close the parent's")
    local answers = mp.Queue()
    q:put "for the child"
    local gate = mp.Queue()
    local child = mp.Process { target = function() gate:get() answers:put(q:get()) end }
    child:start()
    q:close()
    gate:put(1)
    test.is(answers:get(), "for the child")
    child:join()
end)

test("a closed queue raises ValueError", function()
    local q = mp.Queue()
    q:close()
    q:close()
    for _, use in ipairs {
        function() q:put(1) end,
        function() q:get() end,
        function() q:put_nowait(1) end,
        function() q:get_nowait() end,
        function() q:try_put(1) end,
        function() q:try_get() end,
        function() q:put_many { 1 } end,
        function() q:get_many(1) end,
        function() q:empty() end,
    } do
        local e = test.kind("ValueError", use)
        test.has(e.message, "is closed")
    end
    test.like(test.kind("ValueError", function() q:put(1) end).message, "^Queue.* is closed")
end)

test("join_thread and cancel_join_thread are accepted", function()
    local q = mp.Queue()
    local finished, problem = pcall(function() q:join_thread() end)
    test.is(finished, false)
    test.has(tostring(problem), "Queue is not closed")
    q:cancel_join_thread()
    q:close()
    q:join_thread()
    q:cancel_join_thread()
end)

test("tostring shows what is in it", function()
    local q = mp.Queue { maxsize = 5, name = "orders" }
    q:put(1)
    test.has(tostring(q), "orders")
    test.like(tostring(q), "queue%.lua:%d+")
end)

test("a queue is collected with what is in it", function()
    local inner = mp.Queue()
    for _ = 1, 1000 do
        local q = mp.Queue()
        q:put { inner, ("x"):rep(1000) }
    end
    inner:put "alive"
    collectgarbage()
    test.is(inner:get(), "alive")
end)

test("whoever is too late for the last item of a queue that was shut down is told that it was", function()
    local rounds <const>, queues, told = 200, {}, mp.Queue()
    for i = 1, rounds do
        queues[i] = mp.Queue()
        queues[i]:put_many { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 }
        queues[i]:shutdown()
    end
    local together = mp.Barrier(2)
    local function drain()
        local empty = 0
        for _, q in ipairs(queues) do
            together:wait()
            local good, problem
            repeat
                good, problem = pcall(q.get_nowait, q)
                if not good and problem.kind == "Empty" then empty = empty + 1 end
            until not good and problem.kind ~= "Empty"
        end
        told:put(empty)
    end
    for _ = 1, 2 do mp.Process { target = drain }:start() end
    test.is(told:get() + told:get(), 0, "times a queue was said to be empty only")
end)

test.done()
