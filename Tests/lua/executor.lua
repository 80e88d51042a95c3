-- Section 7 of the API: ProcessPoolExecutor, Future, as_completed, wait_futures. (Deaths of workers, failing
-- initializers, shutdown: executor_end.lua.)

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local range = support.range

local ex = mp.ProcessPoolExecutor { max_workers = 2 }

local function square(x) return x * x end
local function fail(text) error(text) end

-- Futures in every state that can be had at once: with one worker, the first runs until `go` is set, the others wait.
local function states()
    local one = mp.ProcessPoolExecutor { max_workers = 1 }
    local done, failed = one:submit(square, 7), one:submit(fail, "broken")
    mp.wait_futures { done, failed }
    local go, begun = mp.Event(), mp.Event()
    local running = one:submit(function() begun:set() return go:wait(60) end)
    local pending = {}
    for i = 1, 20 do pending[i] = one:submit(square, i) end
    local cancelled = table.remove(pending)
    begun:wait(30)
    test.is(cancelled:cancel(), true)
    return { executor = one, done = done, failed = failed, running = running, pending = pending,
        cancelled = cancelled, go = go }
end

local function finish(s)
    s.go:set()
    s.executor:shutdown()
end

local function count(list)
    local seen = {}
    for _, item in ipairs(list) do seen[item] = (seen[item] or 0) + 1 end
    return seen
end

local function is_set(got, want)
    test.is(#got, #want)
    local seen = count(got)
    for i, item in ipairs(want) do test.is(seen[item], 1, "number " .. i) end
end

test("submit and result", function()
    test.is(ex:submit(square, 5):result(), 25)
    test.is(ex:submit(math.max, 1, 9, 3):result(), 9)
    test.is(table.pack(ex:submit(function(...) return select("#", ...), ... end, nil, 1, nil):result()),
        { 3, nil, 1, nil, n = 4 })
    test.is(table.pack(ex:submit(function() end):result()), { n = 0 })
    local future = ex:submit(square, 3)
    for _ = 1, 2 do test.is(future:result(60), 9) end
    test.is(future:exception(), nil)
end)

test("many futures, results in any order", function()
    local futures = {}
    for i = 1, 300 do futures[i] = ex:submit(square, i) end
    for i = 300, 1, -1 do test.is(futures[i]:result(60), i * i) end
end)

test("an error in f: result raises it, exception returns it", function()
    local future = ex:submit(fail, "unlucky")
    local e = test.kind("RemoteError", function() future:result() end)
    test.like(e.value, "executor%.lua:%d+: unlucky$")
    test.like(e.traceback, "executor%.lua:%d+: in ")
    test.like(tostring(e), "^[^\n]*executor%.lua:%d+: unlucky")
    local same = future:exception()
    test.is({ same.kind, same.value }, { "RemoteError", e.value })
    test.is({ future:done(), future:running(), future:cancelled() }, { true, false, false })
    test.is(ex:submit(fail, "x"):exception(60).kind, "RemoteError", "without result before")
    local value = ex:submit(function() error { code = 5 } end):exception().value
    test.is(value, { code = 5 })
end)

test("what cannot be sent", function()
    test.kind("SerializationError", function() ex:submit(square, coroutine.create(print)) end)
    local future = ex:submit(function() return coroutine.create(print) end)
    test.has(test.kind("SerializationError", function() future:result() end).message, "cannot send a coroutine")
    local q = mp.Queue()
    test.kind("SerializationError", function() q:put(future) end)
    test.kind("SerializationError", function() q:put(ex) end)
    test.is(ex:submit(square, 2):result(), 4)
end)

test("done, running, cancelled, cancel in every state", function()
    local s = states()
    local function state(f) return { f:done(), f:running(), f:cancelled() } end
    test.is(state(s.done), { true, false, false })
    test.is(state(s.failed), { true, false, false })
    test.is(state(s.running), { false, true, false })
    test.is(state(s.pending[19]), { false, false, false })
    test.is(state(s.cancelled), { true, false, true })
    test.is({ s.done:cancel(), s.failed:cancel(), s.running:cancel() }, { false, false, false })
    test.is(s.cancelled:cancel(), true, "a second time")
    test.is(state(s.running), { false, true, false })
    finish(s)
    test.is(s.running:result(0), true)
    for i = 1, 19 do test.is(s.pending[i]:result(0), i * i) end
end)

test("result and exception with a timeout, in every state", function()
    local s = states()
    for _, method in ipairs { "result", "exception" } do
        test.kind("TimeoutError", function() s.pending[1][method](s.pending[1], 0) end)
        test.kind("TimeoutError", function() s.running[method](s.running, 0) end)
        test.lasts(0.1, function()
            test.kind("TimeoutError", function() s.running[method](s.running, { timeout = 0.1 }) end)
        end)
        test.kind("CancelledError", function() s.cancelled[method](s.cancelled, 0) end)
    end
    test.is({ s.done:result(0), s.done:exception(0) }, { 49 })
    test.kind("RemoteError", function() s.failed:result(0) end)
    test.is(s.failed:exception(0).kind, "RemoteError")
    finish(s)
end)

test("what is cancelled never runs", function()
    local one <close> = mp.ProcessPoolExecutor { max_workers = 1 }
    local go, begun, ran = mp.Event(), mp.Event(), mp.Value("i", 0)
    local first = one:submit(function() begun:set() go:wait(60) end)
    begun:wait(30)
    local futures, cancelled = {}, 0
    for i = 1, 40 do futures[i] = one:submit(function() return ran:add(1) end) end
    for i = 2, 40, 2 do cancelled = cancelled + (futures[i]:cancel() and 1 or 0) end
    test.between(cancelled, 15, 20, "a few may have been taken")
    go:set()
    first:result()
    for i = 1, 40 do
        if futures[i]:cancelled() then
            test.kind("CancelledError", function() futures[i]:result(0) end)
        else
            test.between(futures[i]:result(60), 1, 40)
        end
    end
    test.is(ran.value, 40 - cancelled)
end)

test("done callbacks: result, exception, cancel, already done", function()
    local s = states()
    local log = {}
    local function note(f)
        log[#log + 1] = f:cancelled() and "cancelled" or f:exception() and f:exception().kind or f:result()
    end
    for _, f in ipairs { s.done, s.failed, s.cancelled } do f:add_done_callback(note) end
    test.is(log, { 49, "RemoteError", "cancelled" }, "done before: called at once")
    s.running:add_done_callback(note)
    s.running:add_done_callback(function(f) log[#log + 1] = rawequal(f, s.running) and mp.getpid() end)
    s.pending[19]:add_done_callback(note)
    test.is(#log, 3)
    s.pending[19]:cancel()
    test.is(log[4], "cancelled", "called by cancel")
    s.go:set()
    s.running:result()
    test.is({ log[5], log[6] }, { true, mp.getpid() }, "in the order in which they were added")
    finish(s)
    test.is(#log, 6, "each once")
end)

test("done callbacks run inside time.sleep; one may submit", function()
    local final
    ex:submit(square, 2):add_done_callback(function(f)
        ex:submit(square, f:result()):add_done_callback(function(g) final = g:result() end)
    end)
    test.ok(support.eventually(function() return final end))
    test.is(final, 16)
end)

test("a done callback that raises is reported and stops nobody", function()
    local r = support.run [[
        local mp = require "multiprocessing"
        local ex <close> = mp.ProcessPoolExecutor { max_workers = 1 }
        local f = ex:submit(math.abs, -5)
        f:add_done_callback(function() error "doh!" end)
        f:add_done_callback(function() print "second" end)
        print(f:result())
        print(f:result())
    ]]
    test.is({ r.status, r.out }, { 0, "second\n5\n5\n" })
    test.has(r.err, "doh!")
end)

test("map gives values in order with their positions", function()
    for _, options in ipairs { {}, { chunksize = 1 }, { chunksize = 6 }, { chunksize = 50 }, { buffersize = 3 } } do
        local n = 0
        for v, i in ex:map(square, range(1, 40), options) do
            n = n + 1
            test.is({ v, i }, { n * n, n })
        end
        test.is(n, 40)
    end
    for _ in ex:map(square, {}) do test.ok(false) end
    local it = ex:starmap(function(a, b) return a * b end, { { 2, 3 }, { 4, 5 } })
    test.is({ { it() }, { it() }, it() }, { { 6, 1 }, { 20, 2 } })
    for _, n in ipairs { 0, -1 } do
        test.kind("ValueError", function() ex:map(square, { 1 }, { chunksize = n }) end)
    end
end)

test("map begins at once, also if nobody asks for the values", function()
    local ran = mp.Value("i", 0)
    local it = ex:map(function(x) ran:add(1) return x end, range(1, 5))
    test.ok(support.eventually(function() return ran.value == 5 end), "lazy")
    test.is({ it() }, { 1, 1 })
end)

test("map with a buffersize does not run ahead", function()
    local ran = mp.Value("i", 0)
    local it = ex:map(function(x) ran:add(1) return x end, range(1, 10), { buffersize = 2 })
    time.sleep(0.1)
    test.between(ran.value, 0, 2)
    for i = 1, 10 do
        test.is({ it() }, { i, i })
        time.sleep(0.01)
        test.between(ran.value, i, i + 2)
    end
    test.is(it(), nil)
end)

test("map raises the error of an item where it stands", function()
    local it = ex:map(function(x) return 6 // x end, { 1, 2, 0, 3 })
    test.is({ (it()), (it()) }, { 6, 3 })
    test.has(test.kind("RemoteError", function() it() end).message, "zero")
end)

test("map with a timeout", function()
    local own = mp.ProcessPoolExecutor { max_workers = 2 }
    local go = mp.Event()
    local it = own:map(function(x) return x < 3 and x or go:wait(60) and x end, { 1, 2, 3 }, { timeout = 0.7 })
    test.is({ (it()), (it()) }, { 1, 2 })
    test.kind("TimeoutError", function() it() end)
    go:set()
    own:shutdown()
end)

test("as_completed gives each future once, as it is done", function()
    local s = states()
    local go = { mp.Event(), mp.Event() }
    local futures = {}
    for i = 1, 2 do futures[i] = ex:submit(function() return go[i]:wait(60) and i end) end
    local order = {}
    go[2]:set()
    for f in mp.as_completed { futures[1], s.done, futures[2], s.cancelled, futures[2], s.failed } do
        order[#order + 1] = f
        if f == futures[2] then go[1]:set() end
    end
    is_set(order, { s.done, s.cancelled, s.failed, futures[1], futures[2] })
    test.ok(rawequal(order[5], futures[1]), "the last to be done is the last")
    for _ in mp.as_completed {} do test.ok(false) end
    finish(s)
end)

test("as_completed with a timeout", function()
    local s = states()
    for _, timeout in ipairs { 0, 0.1 } do
        local seen = {}
        local e = test.kind("TimeoutError", function()
            for f in mp.as_completed({ s.running, s.done, s.failed, s.pending[1] }, timeout) do
                seen[#seen + 1] = f
            end
        end)
        is_set(seen, { s.done, s.failed })
        test.has(e.message, "2 (of 4) futures unfinished")
    end
    finish(s)
end)

test("wait_futures: all, with duplicates and what was done before", function()
    local s = states()
    local future = ex:submit(function() time.sleep(0.1) return 1 end)
    local done, not_done = mp.wait_futures { future, future, s.done, s.failed, s.cancelled }
    is_set(done, { future, s.done, s.failed, s.cancelled })
    test.is(not_done, {})
    done, not_done = mp.wait_futures({ future, s.done }, { return_when = "ALL_COMPLETED" })
    is_set(done, { future, s.done })
    test.is(not_done, {})
    done, not_done = mp.wait_futures {}
    test.is({ done, not_done }, { {}, {} })
    finish(s)
end)

test("wait_futures with a timeout", function()
    local s = states()
    test.lasts(0.1, function()
        local done, not_done = mp.wait_futures({ s.done, s.running, s.failed }, { timeout = 0.1 })
        is_set(done, { s.done, s.failed })
        is_set(not_done, { s.running })
    end)
    local done = mp.wait_futures({ s.running }, { timeout = 0 })
    test.is(done, {})
    finish(s)
end)

test("wait_futures: the first that is completed", function()
    local s = states()
    local future = ex:submit(square, 3)
    local done, not_done = mp.wait_futures({ future, s.running }, { return_when = "FIRST_COMPLETED", timeout = 60 })
    is_set(done, { future })
    is_set(not_done, { s.running })
    done, not_done = mp.wait_futures({ s.done, s.cancelled, s.running }, { return_when = "FIRST_COMPLETED" })
    is_set(done, { s.done, s.cancelled })
    is_set(not_done, { s.running })
    finish(s)
end)

test("wait_futures: the first error", function()
    local s = states()
    local good = ex:submit(square, 3)
    local bad = ex:submit(function() time.sleep(0.1) error "bad" end)
    local done, not_done = mp.wait_futures({ bad, s.running, s.done, s.cancelled },
        { return_when = "FIRST_EXCEPTION", timeout = 60 })
    is_set(done, { bad, s.done, s.cancelled })
    is_set(not_done, { s.running })
    done, not_done = mp.wait_futures({ s.failed, s.running }, { return_when = "FIRST_EXCEPTION" })
    is_set(done, { s.failed })
    is_set(not_done, { s.running })
    done = mp.wait_futures({ good, s.done }, { return_when = "FIRST_EXCEPTION" })
    is_set(done, { good, s.done })
    test.ok(not pcall(mp.wait_futures, { good }, { return_when = "SOMETIMES" }))
    test.raises("unknown option 'return_wen' (did you mean 'return_when'?)", function()
        mp.wait_futures({ good }, { return_wen = "ALL_COMPLETED" })
    end)
    finish(s)
end)

ex:shutdown()
test.done()
