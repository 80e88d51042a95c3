-- Sections 0, 1, 5 and 6 of the API: what all shared objects have in common. Names, handles, options, lifetime.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

local m = mp.Manager()

-- How each class is made with options, what a process does with it, and how another sees that it was done.
local classes = {
    Lock = {
        function(o) return mp.Lock(o) end,
        function(x) x:acquire() x:release() end,
        function(x) return x:acquire(false) end,
    },
    RLock = {
        function(o) return mp.RLock(o) end,
        function(x) x:with(tostring, 1) end,
        function(x) return x:acquire(false) end,
    },
    Semaphore = {
        function(o) return mp.Semaphore(1, o) end,
        function(x) x:release() end,
        function(x) return x:get_value() == 2 end,
    },
    BoundedSemaphore = {
        function(o) return mp.BoundedSemaphore(1, o) end, function(x) x:acquire() end,
        function(x) return x:get_value() == 0 end,
    },
    Condition = {
        function(o) return mp.Condition(nil, o) end, function(x) x:with(x.notify_all, x) end,
        function(x) return x:acquire(false) end,
    },
    Event = { function(o) return mp.Event(o) end, function(x) x:set() end, function(x) return x:is_set() end },
    Barrier = { function(o) return mp.Barrier(2, o) end, function(x) x:abort() end, function(x) return x.broken end },
    Value = {
        function(o) return mp.Value("i", 0, o) end,
        function(x) x:add(1) end,
        function(x) return x.value == 1 end,
    },
    RawValue = {
        function(o) return mp.RawValue("i", 0, o) end,
        function(x) x.value = 1 end,
        function(x) return x.value == 1 end,
    },
    Array = { function(o) return mp.Array("i", 2, o) end, function(x) x[2] = 1 end, function(x) return x[2] == 1 end },
    RawArray = {
        function(o) return mp.RawArray("i", 2, o) end,
        function(x) x[2] = 1 end,
        function(x) return x[2] == 1 end,
    },
    dict = { function(o) return m:dict({}, o) end, function(x) x.k = 1 end, function(x) return x.k == 1 end },
    list = { function(o) return m:list({}, o) end, function(x) x:append(1) end, function(x) return x[1] == 1 end },
    Namespace = { function(o) return m:Namespace({}, o) end, function(x) x.k = 1 end, function(x) return x.k == 1 end },
}

for name, case in pairs(classes) do
    local make, use, done = table.unpack(case)

    test(name .. ": tostring shows class, name and the line that made it", function()
        local object = make { name = "hits" }
        test.has(tostring(object), "hits")
        test.like(tostring(object), "shared_handles%.lua:%d+")
        test.like(tostring(make {}), "shared_handles%.lua:%d+", "without a name")
        test.is(type(getmetatable(object).__name), "string")
    end)

    test(name .. ": unknown options, and a name that is no string", function()
        test.raises("unknown option 'nme' (did you mean 'name'?)", function() make { nme = "hits" } end)
        test.raises("unknown option 'zzzzzzzzzz'", function() make { zzzzzzzzzz = 1 } end)
        test.raises("name", function() make { name = {} } end)
    end)

    test(name .. ": a name of any bytes and length", function()
        for _, odd in ipairs { "", "a\0b", "ünï\n", ("x"):rep(100000) } do
            local object = make { name = odd }
            test.is(type(tostring(object)), "string")
            use(object)
            test.ok(done(object))
        end
    end)

    test(name .. ": reaches a process that is older than it", function()
        local q, used = mp.Queue(), mp.Event()
        local p = mp.Process {
            target = function()
                use(q:get().object)
                used:set()
            end,
        }
        p:start()
        support.until_asleep(p.pid)
        local object = make { name = "late" }
        q:put { object = object }
        test.is(used:wait(20), true)
        p:join()
        test.is(p.exitcode, 0)
        test.ok(done(object))
    end)

    test(name .. ": made in a child, it outlives the child", function()
        local q = mp.Queue()
        mp.Process { target = function() q:put(make { name = "child's" }) end }:start():join()
        local object = q:get()
        test.has(tostring(object), "child's")
        use(object)
        test.ok(done(object))
    end)

    test(name .. ": lives in a message, and in a container, that nobody else holds", function()
        local q, d = mp.Queue(), m:dict()
        for i = 1, 20 do
            q:put(make { name = "n" .. i })
            d[i] = make { name = "n" .. i }
        end
        collectgarbage()
        collectgarbage()
        for i = 1, 20 do
            test.has(tostring(d[i]), "n" .. i)
            use(d[i])
            test.ok(done(d[i]))
            local object = q:get()
            use(object)
            test.ok(done(object))
        end
    end)

    test(name .. ": a metamethod called on the wrong object never crashes", function()
        local object = make {}
        local wrong = name == "Lock" and mp.Queue() or mp.Lock()
        for key, method in pairs(getmetatable(object)) do
            if key ~= "__gc" and type(method) == "function" then
                for _, self in ipairs { wrong, io.stdout, {}, 1 } do pcall(method, self, 1, 1) end
            end
        end
        use(object)
        test.ok(done(object))
    end)

    test(name .. ": made and dropped a hundred thousand times in constant memory", function()
        local baseline
        for i = 1, 100000 do
            make {}
            if i == 20000 then
                collectgarbage()
                baseline = support.resident()
            end
        end
        collectgarbage()
        local grown = support.resident() - baseline
        test.ok(grown < 16 * 1024, "grew by " .. grown .. " KiB")
    end)
end

test("methods called on another class's object", function()
    local lock, q = mp.Lock(), mp.Queue()
    for _, call in ipairs {
        function(self) mp.Semaphore().get_value(self) end,
        function(self) mp.Condition().notify(self) end,
        function(self) mp.Event().set(self) end,
        function(self) mp.Barrier(2).wait(self) end,
        function(self) mp.Value("i").add(self, 1) end,
        function(self) mp.Array("i", 2).totable(self) end,
        function(self) m:dict().keys(self) end,
        function(self) m:list().append(self, 1) end,
        function(self) m.dict(self) end,
    } do
        for _, self in ipairs { q, lock, io.stdout, {}, 1, "text", false } do
            test.raises("expected", function() call(self) end)
        end
    end
    test.is(lock:locked(), false)
    test.is(q:qsize(), 0)
end)

test("a Condition and its lock, a Value and its lock, arrive together", function()
    local q = mp.Queue()
    local lock = mp.Lock()
    q:put { mp.Condition(lock), lock, mp.Value("i", 0, { lock = lock }), mp.Array("i", 1, { lock = lock }) }
    local cond, same, value, array = table.unpack(q:get())
    cond:acquire()
    for _, one in ipairs { same, lock, value:get_lock(), array:get_lock() } do test.is(one:locked(), true) end
    cond:release()
    test.is(lock:locked(), false)
end)

test("the action of a Barrier that was sent runs in the process that arrives last", function()
    local q, who = mp.Queue(), mp.Value("q", 0)
    local p = mp.Process { target = function() q:get():wait(20) end }
    p:start()
    local barrier = mp.Barrier(2, function() who.value = mp.getpid() end)
    local first = mp.Process { target = function() barrier:wait(20) end }
    first:start()
    test.ok(support.eventually(function() return barrier.n_waiting == 1 end))
    q:put(barrier)
    p:join()
    first:join()
    test.is(who.value, p.pid)
end)

test.done()
