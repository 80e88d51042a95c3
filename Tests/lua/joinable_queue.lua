-- Section 3 of the API: JoinableQueue and SimpleQueue.

local test = require "tap"
local mp = require "multiprocessing"
local time = require "time"

test("a JoinableQueue is a Queue", function()
    local q = mp.JoinableQueue(2)
    q:put(1)
    q:put_nowait(2)
    test.kind("Full", function() q:put(3, false) end)
    test.is(#q, 2)
    test.is(q:get_many(5), { 1, 2 })
end)

test("join of a queue on which nothing was ever put", function()
    test.is(mp.JoinableQueue():join(), true)
end)

test("join waits until every item is done", function()
    local q = mp.JoinableQueue()
    local workers = {}
    for i = 1, 4 do
        workers[i] = mp.Process {
            target = function()
                for _ in q:items() do
                    time.sleep(0.02)
                    q:task_done()
                end
                q:task_done()
            end,
        }:start()
    end
    for i = 1, 20 do q:put(i) end
    test.lasts(0.09, function() test.is(q:join(), true) end)
    test.is(q:qsize(), 0)
    for _ = 1, 4 do q:put(nil) end
    test.is(q:join(), true)
    mp.join(workers)
end)

test("an empty queue is not a done queue", function()
    local q = mp.JoinableQueue()
    q:put(1)
    q:get()
    test.is(q:empty(), true)
    test.lasts(0.1, function() test.is(q:join(0.1), false) end)
    test.is(q:join(0), false)
    q:task_done()
    test.is(q:join(0), true)
    test.is(q:join(), true)
end)

test("task_done called too many times", function()
    local q = mp.JoinableQueue()
    local e = test.kind("ValueError", function() q:task_done() end)
    test.has(e.message, "task_done() called too many times")
    q:put(1)
    q:get()
    q:task_done()
    test.kind("ValueError", function() q:task_done() end)
end)

test("what could not be put is nothing to wait for", function()
    local q = mp.JoinableQueue(1)
    test.kind("SerializationError", function() q:put(coroutine.create(print)) end)
    test.is(q:join(0), true)
    q:put "fits"
    test.kind("Full", function() q:put("too many", false) end)
    test.kind("Full", function() q:put("too many", true, 0.01) end)
    test.is(q:get(), "fits")
    q:task_done()
    test.is(q:join(0), true)
    test.kind("ValueError", function() q:task_done() end)
end)

test("a closed JoinableQueue takes and gives nothing, but its work can be finished", function()
    local q = mp.JoinableQueue()
    q:put "work"
    q:get()
    q:close()
    for _, use in ipairs {
        function() q:put(1) end,
        function() q:get() end,
        function() q:put_nowait(1) end,
        function() q:get_nowait() end,
    } do
        test.has(test.kind("ValueError", use).message, "is closed")
    end
    q:join_thread()
    test.is(q:join(0), false)
    q:task_done()
    test.is(q:join(), true)
end)

test("several processes may wait in join", function()
    local q = mp.JoinableQueue()
    q:put(1)
    local list = {}
    for i = 1, 3 do list[i] = mp.Process { target = function() return q:join() end }:start() end
    q:get()
    time.sleep(0.1)
    for _, p in ipairs(list) do test.is(p:is_alive(), true) end
    q:task_done()
    for _, p in ipairs(list) do test.is(p:result(60), true) end
end)

for _, death in ipairs { "kill", "os.exit" } do
    test("a consumer that dies by " .. death .. " between get and task_done makes join raise", function()
        local q, got = mp.JoinableQueue(), mp.Queue()
        local p = mp.Process {
            target = function()
                got:put(q:get())
                if death == "os.exit" then os.exit(0) end
                time.sleep(100)
            end,
            name = "careless",
        }
        p:start()
        q:put "bun"
        got:get()
        if death == "kill" then p:kill() end
        local e = test.kind("ProcessError", function() q:join(60) end)
        test.has(tostring(e), "careless")
        p:join()
    end)
end

test("a join that already waits learns of the death", function()
    local q = mp.JoinableQueue()
    local p = mp.Process { target = function() q:get() time.sleep(0.3) os.execute("kill -KILL " .. mp.getpid()) end }
    p:start()
    q:put(1)
    local e = test.kind("ProcessError", function() q:join() end)
    test.has(tostring(e), "Process-")
    p:join()
end)

test("a SimpleQueue has get, put, empty and close", function()
    local q = mp.SimpleQueue()
    test.is(q:empty(), true)
    local p = mp.Process { target = function() for i = 1, 100 do q:put(i) end q:put(nil) end }
    p:start()
    for i = 1, 100 do test.is(q:get(), i) end
    test.is(q:get(), nil)
    p:join()
    test.is(q:empty(), true)
    q:put "last"
    test.is(q:empty(), false)
    q:close()
    q:close()
    test.kind("ValueError", function() q:put(1) end)
    test.kind("ValueError", function() q:get() end)
    test.kind("ValueError", function() q:empty() end)
end)

test("empty of a SimpleQueue is right in another process, and in ours afterwards", function()
    local q = mp.SimpleQueue()
    local p = mp.Process {
        target = function()
            q:put(q:empty())
            q:put(q:empty())
        end,
    }
    test.is(q:empty(), true)
    p:start():join()
    test.is(q:empty(), false)
    test.is(q:get(), true)
    test.is(q:empty(), false)
    test.is(q:get(), false)
    test.is(q:empty(), true)
end)

test("a SimpleQueue has nothing else", function()
    local q = mp.SimpleQueue()
    for _, name in ipairs { "qsize", "full", "task_done", "put_nowait", "get_nowait", "shutdown" } do
        test.raises(("SimpleQueue has no '%s'"):format(name), function() return q[name] end)
    end
    test.raises("Queue has no 'task_done'; an mp.JoinableQueue() has it", function() return mp.Queue().task_done end)
end)

test.done()
