-- Section 7 of the API: Pool and AsyncResult when all goes well, and misuse. (Workers, their number and end:
-- pool_life.lua; errors in tasks: pool_errors.lua; deaths of workers: pool_killed.lua.)

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local range = support.range

local pool = mp.Pool(4)

local function square(x) return x * x end
local function product(x, y) return x * y end

local function squares(first, last)
    local list = range(first, last)
    for i, x in ipairs(list) do list[i] = x * x end
    return list
end

-- What an iterator of imap or imap_unordered gives: the values in the order of the positions, and how many.
local function collect(...)
    local list, n = {}, 0
    for v, i in ... do
        test.is(math.type(i), "integer")
        test.is(list[i], nil, "a position twice")
        list[i], n = v, n + 1
    end
    return list, n
end

test("apply", function()
    test.is(pool:apply(square, { 5 }), 25)
    test.is(pool:apply(product, { 6, 7 }), 42)
    test.is(pool:apply(function() return "none needed" end), "none needed")
    test.is(pool:apply(math.max, { 3, 9, 4 }), 9, "a function of a module")
    local pid = pool:apply(mp.getpid)
    test.ok(pid ~= mp.getpid(), "it ran in the owner")
end)

test("apply: all results come back, nil and holes too", function()
    local echo = function(...) return ... end
    test.is(table.pack(pool:apply(echo, table.pack(1, nil, 3, nil))), { 1, nil, 3, n = 4 })
    test.is(table.pack(pool:apply(echo)), { n = 0 })
    test.is(table.pack(pool:apply(echo, table.pack(nil))), { n = 1 })
    test.is(pool:apply(echo, { { deep = { 1, 2.0, "\0" } } }), { deep = { 1, 2.0, "\0" } })
end)

test("apply: kwargs are one last argument", function()
    test.is(pool:apply(function(a, options) return a + options.b end, { 1 }, { kwargs = { b = 2 } }), 3)
    test.is(pool:apply_async(function(options) return options.b end, nil, { kwargs = { b = 2 } }):get(), 2)
end)

test("functions go with their upvalues; shared objects are the same objects", function()
    local factor, counter = 3, mp.Value("i", 0)
    test.is(pool:map(function(x) counter:add(1) return x * factor end, { 1, 2, 3 }), { 3, 6, 9 })
    test.is(counter.value, 3)
end)

test("map", function()
    test.is(table.pack(pool:map(square, range(0, 9))), { squares(0, 9), 10, n = 2 })
    test.is(pool:map(square, range(1, 100), 20), squares(1, 100))
    test.is(pool:map(square, range(1, 100), { chunksize = 7 }), squares(1, 100))
    test.is(pool:map(square, range(1, 3), 1000), squares(1, 3))
    test.is(pool:map(function(x) return x, "dropped" end, { "a", "b" }), { "a", "b" }, "the first result of each")
    test.is(pool:map(function(...) return select("#", ...) end, { {}, "x" }), { 1, 1 }, "f gets one item")
end)

test("map: items and results of any sendable type and size", function()
    local items = { true, false, 1.5, "text", { 1, { 2 } }, ("x"):rep(1 << 20), math.huge }
    test.is(pool:map(function(x) return { x } end, items)[6][1], items[6])
    test.is(pool:map(function(x) return x end, items), items)
end)

test("map: items of all kinds in one chunk, whatever its size", function()
    local shared = { "shared" }
    local queue = mp.Queue()
    local items = {
        1, -2, 2.5, "text", ("long"):rep(50000), true, false, { 1, { 2 }, key = "v" }, shared, { shared, shared }, queue,
        square, math.huge, 1 << 62, "\255\0", {}, 17,
    }
    for _, size in ipairs { 1, 2, 3, 5, #items, 100 } do
        local got = pool:map(function(x) return x end, items, size)
        test.is(#got, #items)
        for i, item in ipairs(items) do
            if type(item) == "function" then
                test.is(got[i](3), 9)
            elseif item == queue then
                test.ok(got[i] == queue, "the same queue")
            else
                test.is(got[i], item)
                test.is(math.type(got[i]), math.type(item))
            end
        end
        if size >= #items then test.ok(got[9] == got[10][1] and got[10][1] == got[10][2], "what is shared stays shared") end
    end
end)

test("map: the list is taken as it is at the call, and is not changed", function()
    local list = { { 1 }, { 2 }, 3, 4 }
    local result = pool:map_async(function(x) time.sleep(0.05) return x end, list, 2)
    list[1][1], list[3] = "changed", "changed"
    test.is(result:get(), { { 1 }, { 2 }, 3, 4 })
    test.is(list, { { "changed" }, { 2 }, "changed", 4 })
end)

test("map: lists with metamethods; sizes of chunks beyond all measure", function()
    local list = setmetatable({ 1, 2 }, { __index = function(_, i) return math.type(i) and i <= 5 and i or nil end, __len = function() return 5 end })
    test.is(pool:map(square, list, 4), squares(1, 5))
    test.is(pool:map(square, setmetatable({}, { __index = list, __len = function() return 5 end })), squares(1, 5))
    test.is(pool:map(square, { 1, 2, 3 }, math.maxinteger), squares(1, 3))
    test.is((collect(pool:imap(square, { 1, 2, 3 }, math.maxinteger))), squares(1, 3))
    for _, n in ipairs { -1, 2.5, "2" } do
        local good, problem = pcall(pool.map, pool, square, { 1, n = n })
        test.ok(not good and tostring(problem):find("to 'map' %(its n is no length%)"), problem)
    end
end)

test("map: nil results leave holes, the count is right", function()
    local list, n = pool:map(function(x) if x % 2 == 0 then return x end end, range(1, 7))
    test.is(n, 7)
    test.is(list, { nil, 2, nil, 4, nil, 6 })
    list, n = pool:map(function() end, { 1, 2, 3 })
    test.is(list, {})
    test.is(n, 3)
end)

test("starmap", function()
    local pairs_ = {}
    for i = 1, 100 do pairs_[i] = { i, 100 - i } end
    local list, n = pool:starmap(product, pairs_)
    test.is(n, 100)
    for i = 1, 100 do test.is(list[i], i * (100 - i)) end
    test.is(pool:starmap(product, pairs_, 20), list)
    test.is(pool:starmap(product, pairs_, { chunksize = 3 }), list)
    test.is(pool:starmap(function(...) return select("#", ...) end, { {}, { 1 }, { 1, 2, 3 } }), { 0, 1, 3 })
end)

test("the async forms", function()
    test.is(pool:apply_async(square, { 7 }):get(), 49)
    test.is(table.pack(pool:map_async(square, range(1, 10)):get()), { squares(1, 10), 10, n = 2 })
    test.is(pool:map_async(square, range(1, 10), 3):get(), squares(1, 10))
    test.is(pool:starmap_async(product, { { 2, 3 }, { 4, 5 } }):get(), { 6, 20 })
    local result = pool:apply_async(function() return 1, nil, 3 end)
    test.is(table.pack(result:get(60)), { 1, nil, 3, n = 3 })
    test.is(table.pack(result:get()), { 1, nil, 3, n = 3 }, "a second time")
end)

test("get waits; ready, wait and successful", function()
    local go = mp.Event()
    local result = pool:apply_async(function() go:wait(60) return "done" end)
    test.is(result:ready(), false)
    local finished, problem = pcall(result.successful, result)
    test.is(finished, false)
    test.has(tostring(problem), "not ready")
    test.lasts(0.1, result.wait, result, 0.1)
    test.is(result:ready(), false)
    test.lasts(0.1, function() test.kind("TimeoutError", function() result:get(0.1) end) end)
    test.kind("TimeoutError", function() result:get(0) end)
    test.kind("TimeoutError", function() result:get { timeout = 0.01 } end)
    go:set()
    result:wait()
    test.is(result:ready(), true)
    test.is(result:successful(), true)
    test.is(result:get(0), "done")
    test.lasts(0.1, function() pool:apply(time.sleep, { 0.1 }) end)
end)

test("a result becomes ready while the owner only asks", function()
    local result = pool:apply_async(square, { 3 })
    test.ok(support.eventually(function() return result:ready() end))
    test.is(result:successful(), true)
end)

test("callbacks get the result and have run when get returns", function()
    local got = {}
    local note = function(value) got[#got + 1] = value end
    local wrong = function() got[#got + 1] = "error_callback" end
    pool:apply_async(square, { 4 }, { callback = note, error_callback = wrong }):get()
    test.is(got, { 16 })
    pool:map_async(square, { 1, 2 }, { callback = note, error_callback = wrong }):wait()
    test.is(got, { 16, { 1, 4 } })
    pool:starmap_async(product, { { 2, 3 } }, { callback = note, chunksize = 1 }):wait()
    test.is(got[3], { 6 })
end)

test("callbacks run in the owner, also inside time.sleep and mp.wait", function()
    local ran_in
    local note = function() ran_in = mp.getpid() end
    pool:apply_async(square, { 4 }, { callback = note })
    test.ok(support.eventually(function() return ran_in end), "not inside time.sleep")
    test.is(ran_in, mp.getpid())

    ran_in = nil
    local reader, writer = mp.Pipe(false)
    pool:apply_async(square, { 4 }, { callback = note })
    local deadline = time.monotonic() + 20
    repeat mp.wait({ reader }, 0.01) until ran_in or time.monotonic() > deadline
    test.is(ran_in, mp.getpid(), "not inside mp.wait")
    reader:close()
    writer:close()
end)

test("a callback may use the pool", function()
    local seen = {}
    local function again(value)
        seen[#seen + 1] = value
        if value < 64 then pool:apply_async(product, { value, 2 }, { callback = again }) end
    end
    pool:apply_async(product, { 1, 2 }, { callback = again })
    test.ok(support.eventually(function() return #seen == 6 end))
    test.is(seen, { 2, 4, 8, 16, 32, 64 })
    local nested
    pool:apply_async(square, { 2 }, { callback = function(v) nested = pool:apply(square, { v }) end }):get()
    test.is(nested, 16, "not even one that waits")
end)

test("lists in lists, many small tasks, results out of order", function()
    local results = {}
    for i = 1, 500 do results[i] = pool:apply_async(square, { i }) end
    for i = 500, 1, -1 do test.is(results[i]:get(60), i * i) end
    test.is(pool:map(square, range(1, 20000)), squares(1, 20000))
end)

test("the items of a chunk share a worker; the default is ceil(n / (4 · workers))", function()
    local two <close> = mp.Pool(2)
    local pids = two:map(mp.getpid, range(1, 40), 5)
    for i = 1, 40 do test.is(pids[i], pids[i - (i - 1) % 5], "item " .. i .. " of chunks of 5") end
    -- Nine items, two workers: chunks of two. Item 1 waits for item 3, which is therefore in another chunk.
    local third = mp.Event()
    pids = two:map(function(i)
        if i == 3 then third:set() end
        return (i ~= 1 or third:wait(30)) and mp.getpid()
    end, range(1, 9))
    test.is({ pids[1], pids[3], pids[5], pids[7] }, { pids[2], pids[4], pids[6], pids[8] })
    test.ok(pids[1] and pids[1] ~= pids[3], "items 1 and 3 were in one chunk")
    -- imap: chunks of one. Item 1 waits for item 2.
    local second = mp.Event()
    local met = function(i)
        if i == 2 then second:set() end
        return second:wait(30)
    end
    test.is(collect(two:imap(met, range(1, 40))), collect(two:imap(function() return true end, range(1, 40))))
end)

test("the empty list", function()
    test.is(table.pack(pool:map(square, {})), { {}, 0, n = 2 })
    test.is(table.pack(pool:map_async(square, {}, 1):get(20)), { {}, 0, n = 2 })
    test.is(table.pack(pool:starmap(product, {})), { {}, 0, n = 2 })
    test.is(pool:starmap_async(product, {}):ready(), true)
    for _ in pool:imap(square, {}) do test.ok(false) end
    for _ in pool:imap_unordered(square, {}) do test.ok(false) end
    local called
    pool:map_async(square, {}, { callback = function(list) called = list end }):wait()
    test.is(called, {})
end)

test("imap gives values in order with their positions", function()
    local it = pool:imap(square, range(1, 10))
    for i = 1, 10 do test.is({ it() }, { i * i, i }) end
    test.is(it(), nil)
    test.is(it(), nil, "after the end")
    test.is(collect(pool:imap(square, range(1, 1000), 100)), squares(1, 1000))
    local expected = 0
    for v, i in pool:imap(function(x) time.sleep(0.003 * (x % 4)) return x end, range(1, 40), { chunksize = 3 }) do
        expected = expected + 1
        test.is({ v, i }, { expected, expected })
    end
    test.is(expected, 40)
end)

test("imap gives a result as soon as it is there", function()
    local go = mp.Event()
    local it = pool:imap(function(x) return x == 1 or go:wait(30) and "waited" end, { 1, 2 })
    test.is(it(), true)
    go:set()
    test.is(it(), "waited")
end)

test("imap_unordered gives each once, whoever is ready first", function()
    test.is(table.pack(collect(pool:imap_unordered(square, range(1, 1000)))), { squares(1, 1000), 1000, n = 2 })
    test.is(collect(pool:imap_unordered(square, range(1, 1000), 100)), squares(1, 1000))
    local go = mp.Event()
    local it = pool:imap_unordered(function(x) return x ~= 1 and x or go:wait(30) and 1 end, { 1, 2, 3 })
    local first, second = { it() }, { it() }
    test.is(first[1] + second[1], 5, "the first one waits")
    test.is(first[1], first[2])
    go:set()
    test.is({ it() }, { 1, 1 })
    test.is(it(), nil)
end)

test("imap takes Lua iterators, lazily", function()
    test.is(collect(pool:imap(string.upper, ("a b c"):gmatch "%a")), { "A", "B", "C" })
    test.is(collect(pool:imap_unordered(string.upper, ("a b c"):gmatch "%a", 2)), { "A", "B", "C" })
    for _, method in ipairs { "imap", "imap_unordered" } do
        local taken, received = 0, 0
        for _ in pool[method](pool, square, function() taken = taken + 1 return taken end) do
            received = received + 1
            if received == 50 then break end
        end
        test.between(taken, 50, 5000, method .. " of an endless iterator")
    end
    test.is(pool:apply(square, { 2 }), 4, "the pool goes on")
end)

test("misuse of the methods", function()
    test.raises("unknown option 'calback' (did you mean 'callback'?)", function()
        pool:apply_async(square, { 1 }, { calback = print })
    end)
    test.raises("unknown option 'chunk_size' (did you mean 'chunksize'?)", function()
        pool:map(square, { 1 }, { chunk_size = 1 })
    end)
    test.raises("bad argument #2 to 'map'", function() pool:map(square, 5) end)
    test.raises("bad argument #1 to 'apply'", function() pool:apply(nil, { 1 }) end)
    for _, method in ipairs { "map", "map_async", "starmap", "imap", "imap_unordered" } do
        local e = test.kind("ValueError", function() pool[method](pool, square, { { 1 } }, 0) end)
        test.has(e.message, "Chunksize must be 1+, not 0", method)
    end
    test.has(test.kind("ValueError", function() pool:imap(square, { 1 }, { chunksize = -3 }) end).message, "not -3")
end)

test("a dot instead of the colon is explained", function()
    for _, name in ipairs { "map", "apply", "imap", "starmap_async" } do
        local good, problem = pcall(function() local _ = pool[name](square, { 1 }) end)
        test.ok(not good and problem:find "^.*pool.lua:%d+: the methods of a pool are called with a colon", problem)
    end
end)

test("pools and results cannot be sent", function()
    local q = mp.Queue()
    test.kind("SerializationError", function() q:put(pool) end)
    test.kind("SerializationError", function() q:put(pool:apply_async(square, { 1 })) end)
    test.kind("SerializationError", function() pool:apply(function() return pool end) end)
end)

test("nothing is left of a pool that was closed and joined", function()
    pool:close()
    pool:join()
    test.is(mp.active_children(), {})
end)

test.done()
