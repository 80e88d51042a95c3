-- Section 6 of the API: Manager, every type through it, containers in containers.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

local elsewhere = support.elsewhere

local function plain(l)
    local copy = {}
    for i, v in ipairs(l) do copy[i] = v end
    return copy
end

test("a manager starts no process", function()
    local m = mp.Manager()
    test.is(mp.active_children(), {})
    m:dict().x = 1
    test.is(mp.active_children(), {})
end)

test("a manager is a scope; what it made lives as long as somebody holds it", function()
    local d, l
    do
        local m <close> = mp.Manager()
        d, l = m:dict { a = 1 }, m:list { 1, 2 }
        test.is(d.a, 1)
    end
    collectgarbage()
    test.is(d.a, 1)
    l:append(3)
    test.is(plain(l), { 1, 2, 3 })
    test.is(elsewhere(function() d.b = 2 return d.a, #l end), 1)
    test.is(d.b, 2)
end)

-- What each type does in a child, and how the parent sees that it was done.
local types = {
    dict = { function(o) o.x = 1 end, function(o) return o.x == 1 end },
    list = { function(o) o:append(1) end, function(o) return o[1] == 1 end },
    Namespace = { function(o) o.x = 1 end, function(o) return o.x == 1 end },
    Queue = { function(o) o:put(1) end, function(o) return o:get() == 1 end },
    JoinableQueue = { function(o) o:put(1) end, function(o) return o:get() == 1 and not o:task_done() end },
    SimpleQueue = { function(o) o:put(1) end, function(o) return o:get() == 1 end },
    Semaphore = { function(o) o:release() end, function(o) return o:get_value() == 2 end },
    BoundedSemaphore = { function(o) o:acquire() end, function(o) return o:get_value() == 0 end },
    Event = { function(o) o:set() end, function(o) return o:is_set() end },
    Lock = { function(o) o:acquire() o:release() end, function(o) return not o:locked() end },
    RLock = { function(o) o:with(o.with, o, tostring, 1) end, function(o) return not o:locked() end },
    Condition = { function(o) o:with(o.notify_all, o) end, function(o) return o:acquire(false) and not o:release() end },
    Barrier = { function(o) o:abort() end, function(o) return o.broken end, 2 },
    Value = { function(o) o.value = 1 end, function(o) return o.value == 1 end, "i", 0 },
    Array = { function(o) o[2] = 1 end, function(o) return o[2] == 1 end, "i", { 0, 0 } },
}

for name, case in pairs(types) do
    test("m:" .. name .. " works in a child", function()
        local m <close> = mp.Manager()
        local act, check = case[1], case[2]
        local object = m[name](m, table.unpack(case, 3))
        elsewhere(function() act(object) end)
        test.ok(check(object), "the parent does not see it")
        -- Sent, not inherited.
        local q = mp.Queue()
        q:put { m[name](m, table.unpack(case, 3)) }
        object = q:get()[1]
        act(object)
        test.ok(check(object), "nor through a queue")
    end)
end

test("the types take the same arguments and options as in the module", function()
    local m <close> = mp.Manager()
    test.is(m:Queue(1):full(), false)
    local q = m:Queue { maxsize = 1, name = "orders" }
    q:put(1)
    test.is(q:full(), true)
    test.has(tostring(q), "orders")
    test.is(m:Semaphore(3):get_value(), 3)
    test.kind("ValueError", function() m:Semaphore(-1) end)
    test.has(tostring(m:dict({}, { name = "stock" })), "stock")
    test.has(tostring(m:list(nil, { name = "log" })), "log")
    test.raises("unknown option 'nme' (did you mean 'name'?)", function() m:dict({}, { nme = "x" }) end)
    test.raises("unknown option 'nme' (did you mean 'name'?)", function() m:list({}, { nme = "x" }) end)
end)

test("contents are never read as options", function()
    local m <close> = mp.Manager()
    local d = m:dict { name = "Bob", lock = false }
    test.is(d.name, "Bob")
    test.is(d.lock, false)
    test.is(m:Namespace { name = "Bob" }.name, "Bob")
end)

test("contents of a wrong type", function()
    local m <close> = mp.Manager()
    test.raises("bad argument #1 to 'dict'", function() m:dict(5) end)
    test.raises("bad argument #1 to 'list'", function() m:list "abc" end)
    test.raises("bad argument #1 to 'Namespace'", function() m:Namespace(5) end)
    test.raises("cannot be a key", function() m:dict { [{}] = 1 } end)
    test.kind("SerializationError", function() m:dict { x = coroutine.create(print) } end)
    test.kind("SerializationError", function() m:list { coroutine.create(print) } end)
end)

test("a child makes containers with an inherited manager", function()
    local m <close> = mp.Manager()
    local q = mp.Queue()
    elsewhere(function() q:put(m:dict { made = "in the child" }) end)
    local d = q:get()
    test.is(d.made, "in the child")
    d.more = 1
    test.is(#d, 2)
end)

test("a value that is read is a copy", function()
    local m <close> = mp.Manager()
    local d, l, n = m:dict(), m:list(), m:Namespace()
    local value = { x = 1 }
    d.b, l[1], n.b = value, value, value
    value.x = 9
    d.b.x, l[1].x, n.b.x = 2, 2, 2
    test.is({ d.b.x, l[1].x, n.b.x }, { 1, 1, 1 })
    d:apply("b", function(b) b.x = 2 return b end)
    test.is(d.b.x, 2)
end)

test("a dict in a dict is the same dict, not a copy", function()
    local m <close> = mp.Manager()
    local pets, supplies = m:dict { ferrets = 2, hamsters = 4 }, m:dict { water = 10, feed = 3 }
    local d = m:dict { pets = pets, supplies = supplies }
    test.is(d.supplies.water, 10)
    d.supplies.blankets = 5
    test.is(supplies.blankets, 5)
    supplies.water = 7
    test.is(d.supplies.water, 7)

    pets, supplies = nil, nil
    collectgarbage()
    test.is(d.pets.ferrets, 2, "the outer dict keeps it alive")
    d.supplies.blankets = 11
    test.is(d.supplies.blankets, 11)

    pets, supplies = d.pets, d.supplies
    d:clear()
    test.is(#d, 0)
    test.is(supplies.water, 7, "we keep it alive")
    local l = m:list { pets, supplies }
    l[1].marmots = 1
    test.is(pets.marmots, 1)
    pets, supplies = nil, nil
    collectgarbage()
    test.is(l[1].marmots, 1)

    local outer = m:list { { 88, 99 }, l }
    test.is(outer[1], { 88, 99 }, "a plain table stays one")
    test.is(outer[2][2].feed, 3)
end)

test("a list in a list", function()
    local m <close> = mp.Manager()
    local l = m:list { m:list { 0, 1, 2 }, m:list { 0, 1, 2 }, m:list { 0, 1, 2 } }
    l[1][3] = 55
    test.is(plain(l[1]), { 0, 1, 55 })
    test.is(plain(l[2]), { 0, 1, 2 })
    test.is(l[2]:pop(), 2)
    test.is({ #l[1], #l[2], #l[3] }, { 3, 2, 3 })
    local a = m:list { 1 }
    local f = m:list { a }
    a:append "hello"
    test.is(plain(f[1]), { 1, "hello" })
end)

test("a container in itself", function()
    local m <close> = mp.Manager()
    local l, d = m:list(), m:dict()
    l:append(l)
    l:append "second"
    test.is(l[1][1][2], "second")
    d.me = d
    d.me.me.x = 1
    test.is(d.x, 1)
    l:pop(1)
    d.me = nil
    test.is(#l, 1)
    test.is(#d, 1)
end)

test("queues, locks, events and values in containers", function()
    local m <close> = mp.Manager()
    local l, d, n = m:list(), m:dict(), m:Namespace()
    l:append(m:Queue())
    l[1]:put(123)
    test.is(l[1]:get(), 123)
    d[0] = m:Queue()
    d[0]:put(456)
    test.is(d[0]:get(), 456)
    n.done, n.hits, d.lock = mp.Event(), mp.Value("i", 0), mp.Lock()
    elsewhere(function()
        n.done:set()
        n.hits:add(5)
        l[1]:put(d.lock:with(function() return "held" end))
    end)
    test.is(n.done:is_set(), true)
    test.is(n.hits.value, 5)
    test.is(l[1]:get(), "held")
end)

test("a container made after a process started reaches it inside another", function()
    local m <close> = mp.Manager()
    local d = m:dict()
    local ready = mp.Event()
    local p = mp.Process { target = function() ready:wait() d.inner.reply = d.inner.request .. " done" end }
    p:start()
    d.inner = m:dict { request = "work" }
    ready:set()
    p:join()
    test.is(d.inner.reply, "work done")
end)

test("a container made by a child that has ended", function()
    local m <close> = mp.Manager()
    local d = m:dict()
    elsewhere(function() d.inner = m:list { 1, 2, 3 } end)
    test.is(plain(d.inner), { 1, 2, 3 })
    d.inner:append(4)
    test.is(#d.inner, 4)
end)

test("values of every kind", function()
    local m <close> = mp.Manager()
    local d, l = m:dict(), m:list()
    local function twice(x) return 2 * x end
    for _, value in ipairs {
        1, 1.5, -0.0, math.mininteger, 1 / 0, "", "\0\255", ("x"):rep(1 << 20), true, false, {}, { { {} } },
    } do
        d.v = value
        test.is(d.v, value)
        l[1] = value
        test.is(l[1], value)
    end
    d.f = twice
    test.is(d.f(21), 42)
    test.is(elsewhere(function() return d.f(4) end), 8)
end)

test("a value that cannot be sent is refused and changes nothing", function()
    local m <close> = mp.Manager()
    local d, l, n = m:dict { x = 1 }, m:list { 1 }, m:Namespace { x = 1 }
    local bad = { thread = coroutine.create(print) }
    for _, try in ipairs {
        function() d.x = bad end,
        function() d:set("x", bad) end,
        function() d:setdefault("y", bad) end,
        function() d:update { x = 2, y = bad } end,
        function() d:apply("x", function() return bad end) end,
        function() l[1] = bad end,
        function() l:append(bad) end,
        function() l:insert(1, bad) end,
        function() l:extend { 2, bad } end,
        function() n.x = bad end,
    } do
        local e = test.kind("SerializationError", try)
        test.has(e.message, "coroutine")
    end
    test.is(d:copy(), { x = 1 })
    test.is(plain(l), { 1 })
    test.is(n.x, 1)
end)

test("a type that does not exist", function()
    local m <close> = mp.Manager()
    test.ok(not pcall(function() m:Dictionary() end))
end)

test.done()
