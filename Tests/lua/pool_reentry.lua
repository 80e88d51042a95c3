-- Section 7 of the API: Pool and Executor when signal handlers, callbacks and Ctrl-C come in between, and when one task of
-- many goes wrong on its way.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local function square(x) return x * x end

test("a signal handler that uses the pool in the middle of a map", function()
    local pool <close> = mp.Pool(2)
    local extra = {}
    local before = mp.on_signal("USR1", function()
        extra[#extra + 1] = pool:apply_async(square, { #extra + 1 })
    end)
    local sender = io.popen(("for i in $(seq 200); do kill -USR1 %d; sleep 0.002; done"):format(mp.getpid()))
    local list, wrong = {}, 0
    for i = 1, 500 do list[i] = i end
    local finish = time.monotonic() + 1
    while time.monotonic() < finish do
        for i, result in ipairs(pool:map(square, list, 1)) do
            if result ~= i * i then wrong = wrong + 1 end
        end
        for i = 1, 20 do
            if pool:apply(square, { i }) ~= i * i then wrong = wrong + 1 end
        end
    end
    sender:close() -- no more will come
    mp.on_signal("USR1", before)
    test.between(#extra, 1, 200)
    for i, result in ipairs(extra) do
        if result:get(10) ~= i * i then wrong = wrong + 1 end
    end
    test.is(wrong, 0)
end)

test("Ctrl-C in a callback ends the script", function()
    support.write("script.lua", [[
        local mp = require "multiprocessing"
        local time = require "time"
        local pool = mp.Pool(1)
        local interrupt = ("(sleep 0.1; kill -INT %d) &"):format(mp.getpid())
        pool:apply_async(function() return 1 end, {}, { callback = function()
            os.execute(interrupt)
            while true do end
        end })
        time.sleep(20)
        print "went on"
    ]])
    local r = support.shell(("env --default-signal=INT %s script.lua"):format(support.quote(support.mprun)))
    test.is({ r.status, r.out }, { 130, "" }, r.err)
end)

test("callbacks that ask for more results are not nested", function()
    local pool <close> = mp.Pool(1)
    local results, called, depth, deepest = {}, 0, 0, 0
    for i = 1, 1000 do
        results[i] = pool:apply_async(square, { i }, { callback = function()
            depth = depth + 1
            deepest = math.max(deepest, depth)
            called = called + 1
            if results[i + 1] then results[i + 1]:wait() end
            depth = depth - 1
        end })
    end
    results[1000]:wait()
    test.is(called, 1000)
    test.is(deepest, 1)
end)

test("a result that cannot be decoded costs its own task only", function()
    local pool <close> = mp.Pool(2)
    local function foreign(x)
        if x ~= 7 then return x end
        local class = {}
        mp.register("OnlyThere", class)
        return setmetatable({}, class)
    end
    local results = {}
    for i = 1, 50 do results[i] = pool:apply_async(foreign, { i }) end
    for i = 1, 50 do
        if i == 7 then
            local e = test.kind("RemoteError", function() results[i]:get(10) end)
            test.has(e, "OnlyThere")
        else
            test.is(results[i]:get(10), i)
        end
    end
end)

test("a task that cannot be decoded costs its own task only", function()
    local pool <close> = mp.Pool(1)
    local class = {}
    mp.register("OnlyHere", class)
    local list = { 1, 2, setmetatable({}, class), 4 }
    local seen = {}
    local next_result = pool:imap(type, list)
    for i = 1, 4 do seen[i] = select(2, pcall(next_result)) end
    test.is({ seen[1], seen[2], seen[4] }, { "number", "number", "number" })
    test.has(seen[3], "OnlyHere")
    test.has(test.kind("RemoteError", function() pool:map(type, list, 1) end), "OnlyHere")
    test.is(pool:apply(square, { 3 }), 9)
end)

test("after a map that could not be sent results belong to their tasks", function()
    local pool <close> = mp.Pool(2)
    for bad = 1, 600, 149 do
        local list = {}
        for i = 1, 600 do list[i] = i end
        list[bad] = coroutine.create(print)
        local e = test.kind("SerializationError", function() pool:map(square, list, 1) end)
        test.has(e, "cannot send a coroutine")
        for i = 1, 20 do test.is(pool:apply(square, { i }), i * i) end
        test.is(pool:map(square, { 1, 2, 3 }, 1), { 1, 4, 9 })
    end
    test.has(pool, " 0 tasks under way")
end)

test("an item of an imap that cannot be sent is an error in its place", function()
    local pool <close> = mp.Pool(2)
    local next_result = pool:imap(square, { 1, print and coroutine.create(print), 3 })
    test.is(next_result(), 1)
    test.has(test.kind("SerializationError", next_result), "cannot send a coroutine")
    test.is(next_result(), 9)
    test.is(next_result(), nil)
end)

test("what is in a list is done before join returns; an iterator is not asked any more", function()
    local pool = mp.Pool(2)
    local count = mp.Value("i", 0)
    local function note(x)
        count:add(1)
        return x
    end
    local list = {}
    for i = 1, 1000 do list[i] = i end
    local of_list = pool:imap(note, list)
    local asked = 0
    local of_iterator = pool:imap(note, function()
        asked = asked + 1
        return asked
    end)
    pool:close()
    pool:join()
    test.is(count.value, 1000 + asked)
    local n = 0
    for _ in of_list do n = n + 1 end
    test.is(n, 1000)
    for i = 1, asked do test.is(of_iterator(), i) end
    test.has(test.kind("ValueError", of_iterator), "item " .. asked + 1)
end)

test("a loop that is left early leaves nothing under way", function()
    local pool <close> = mp.Pool(2)
    for x in pool:imap(square, function() return 3 end) do -- luacheck: ignore 512
        test.is(x, 9)
        break
    end
    test.is(pool:apply(square, { 4 }), 16)
    time.sleep(0.1)
    test.has(pool, " 0 tasks under way")
end)

test("a closed pool lets its workers go", function()
    local pool = mp.Pool(2)
    local result = pool:apply_async(square, { 2 })
    pool:close()
    test.is(result:get(), 4)
    time.sleep(0.3)
    test.is(#mp.active_children(), 0)
    pool:join()
end)

test("options that make no sense are refused where they are given", function()
    local pool <close> = mp.Pool(1)
    test.raises("timeout", function() pool:apply(square, { 1 }, { timeout = 0 }) end)
    test.raises("timeout", function() pool:map(square, { 1 }, { timeout = "1" }) end)
    test.raises("retries", function() pool:apply(square, { 1 }, { retries = -1 }) end)
    test.raises("retries", function() pool:map(square, { 1 }, { retries = 1.5 }) end)
    test.raises("callback", function() pool:apply_async(square, { 1 }, { callback = 1 }) end)
    test.raises("kwargs", function() pool:apply(square, { 1 }, { kwargs = 1 }) end)
    test.raises("table of options", function() pool:apply(square, { 1 }, 1) end)
    test.raises("unknown option 'callback'", function() pool:imap(square, { 1 }, { callback = print }) end)
    test.raises("there is no item 2", function() pool:imap(square, { 1, nil, 3, n = 3 }) end)
    test.raises("initargs", function() mp.Pool(1, print, 1) end)
    test.has(pool, " 0 tasks under way")
    local executor <close> = mp.ProcessPoolExecutor { max_workers = 1 }
    local e = test.kind("ValueError", function() executor:map(square, { 1 }, { buffersize = 0 }) end)
    test.has(e, "buffersize")
    test.raises("integer", function() executor:map(square, { 1 }, { buffersize = 1.5 }) end)
    local future = executor:submit(square, 2)
    test.raises("number of seconds", function() mp.wait_futures({ future }, { timeout = "x" }) end)
end)

test("a future that is done cannot be cancelled, whether its result was looked at or not", function()
    local executor <close> = mp.ProcessPoolExecutor { max_workers = 1 }
    local future = executor:submit(square, 3)
    time.sleep(0.2)
    test.is({ future:cancel(), future:cancelled(), future:result() }, { false, false, 9 })
end)

test("one of several results that cannot be sent is the error of the call", function()
    local pool <close> = mp.Pool(1)
    local e = test.kind("SerializationError", function()
        pool:apply(function() return 1, 2, coroutine.create(print) end)
    end)
    test.has(e, "coroutine")
    test.is({ pool:apply(function() return 1, nil, 3 end) }, { 1, nil, 3 })
end)

test("a timeout is for each item of a chunk", function()
    local pool <close> = mp.Pool(1)
    local function nap(seconds)
        time.sleep(seconds)
        return seconds
    end
    local list = { 0.2, 0.2, 0.2, 0.2 }
    test.is(pool:map(nap, list, { chunksize = 4, timeout = 0.5 }), list)
    test.kind("TimeoutError", function() pool:map(nap, { 0.1, 5 }, { chunksize = 2, timeout = 0.5 }) end)
end)

test("what is tried again is what was given", function()
    local pool <close> = mp.Pool(1)
    local first = mp.Value("i", 0)
    local list = { 5 }
    local result = pool:map_async(function(x)
        if first:add(1) == 1 then os.exit(9) end
        return x
    end, list, { retries = 1 })
    list[1] = "changed"
    test.is(result:get(10), { 5 })
end)

test("a signal handler takes the reply that the interrupted call waits for", function()
    local result = support.run([[
        local mp, time = require "multiprocessing", require "time"
        local pool = mp.Pool(1)
        local extra
        mp.on_signal("USR1", function() extra = pool:apply(function() require "time".sleep(0.4) return "handler" end) end)
        local r = pool:apply_async(function() require "time".sleep(0.3) return "main" end)
        os.execute("(sleep 0.1; kill -USR1 " .. mp.getpid() .. ") &")
        print(r:get(), extra)
        pool:terminate()
    ]], { seconds = 20 })
    test.is(result.out, "main\thandler\n")
end)

test("a finalizer that uses the pool while tasks are put", function()
    local pool <close> = mp.Pool(2)
    local made, extra = 0, {}
    local function trash()
        made = made + 1
        setmetatable({}, { __gc = function() if made < 200 then
            extra[#extra + 1] = pool:apply_async(square, { 3 })
            trash()
        end end })
    end
    trash()
    for round = 1, 50 do
        local list = {}
        for i = 1, 400 do list[i] = { i } end
        for i, value in ipairs(pool:map(function(item) return { item[1] } end, list, 3)) do
            if value[1] ~= i then test.is(value[1], i) end
        end
        if round % 5 == 0 then collectgarbage() end
    end
    for _, result in ipairs(extra) do test.is(result:get(10), 9) end
    test.ok(#extra > 5, #extra .. " by finalizers")
end)

test.done()
