-- Section 0 of the API: keywords, timeouts, nil, names.

local test = require "tap"
local support = require "support"
local mp = require "multiprocessing"

test("nothing is put into globals", function()
    local result = support.run [[
        local before = {}
        for k in pairs(_G) do before[k] = true end
        require "multiprocessing"
        require "time"
        for k in pairs(_G) do
            if not before[k] then print(k) end
        end
    ]]
    test.is(result.out, "")
    test.is(result.status, 0)
end)

test("require gives the same module each time", function()
    test.ok(mp == require "multiprocessing")
    test.is(type(mp), "table")
end)

test("positional arguments and a table of options mean the same", function()
    local q = mp.Queue()
    for _, get in ipairs {
        function() q:get(true, 0.01) end,
        function() q:get { timeout = 0.01 } end,
        function() q:get { block = true, timeout = 0.01 } end,
        function() q:get(true, { timeout = 0.01 }) end,
        function() q:get(false) end,
        function() q:get { block = false } end,
    } do
        test.kind("Empty", get)
    end
    local one = mp.Queue(1)
    one:put("full")
    for _, put in ipairs {
        function() one:put("x", true, 0.01) end,
        function() one:put("x", { timeout = 0.01 }) end,
        function() one:put("x", true, { timeout = 0.01 }) end,
        function() one:put("x", false) end,
        function() one:put("x", { block = false }) end,
    } do
        test.kind("Full", put)
    end
end)

test("a value is never read as options", function()
    local q = mp.Queue()
    q:put { timeout = 5 }
    q:put { block = false }
    test.is(q:get(), { timeout = 5 })
    test.is(q:get(), { block = false })

    local a, b = mp.Pipe()
    a:send { timeout = 1, taget = 2 }
    test.is(b:recv(), { timeout = 1, taget = 2 })
    a:close()
    b:close()

    q:put_many { { timeout = 1 }, { block = false } }
    test.is(q:get_many(10), { { timeout = 1 }, { block = false } })
end)

test("an unknown keyword is an error that names the nearest known one", function()
    test.raises("Process: unknown option 'taget' (did you mean 'target'?)", function()
        mp.Process { taget = print }
    end)
    test.raises("unknown option 'maxsiz' (did you mean 'maxsize'?)", function()
        mp.Queue { maxsiz = 3 }
    end)
    test.raises("unknown option 'timout' (did you mean 'timeout'?)", function()
        mp.Queue():get { timout = 1 }
    end)
    test.raises("unknown option 'blok' (did you mean 'block'?)", function()
        mp.Queue():put(1, { blok = false })
    end)
    test.raises("unknown option 'nme' (did you mean 'name'?)", function()
        mp.Lock { nme = "ledger" }
    end)
    test.raises("unknown option 'duplx' (did you mean 'duplex'?)", function()
        mp.Pipe { duplx = false }
    end)
end)

test("an unknown keyword that resembles none is still an error", function()
    test.raises("unknown option 'zzzzzzzzzz'", function()
        mp.Queue { zzzzzzzzzz = 1 }
    end)
end)

test("block must be a boolean", function()
    local q = mp.Queue()
    test.raises("bad argument #1 to 'get' (boolean expected, got number; a timeout is q:get{timeout = 5})", function()
        q:get(5)
    end)
    test.raises("bad argument #2 to 'put' (boolean expected, got number", function()
        q:put("x", 5)
    end)
    test.raises("boolean expected, got number", function()
        mp.Lock():acquire(5)
    end)
    test.raises("must be a boolean, got string", function()
        q:get { block = "yes" }
    end)
end)

test("surplus arguments to put and send are an error", function()
    local q = mp.Queue()
    test.raises("takes one value; send a table", function()
        q:put("a", true, 1, "b")
    end)
    local a, b = mp.Pipe()
    test.raises("takes one value; send a table", function()
        a:send("a", "b")
    end)
    test.ok(q:empty() and not b:poll(), "nothing was sent")
    a:close()
    b:close()
end)

test("a timeout of zero or less does not wait", function()
    local q = mp.Queue()
    for _, timeout in ipairs { 0, 0.0, -1, -math.huge } do
        test.kind("Empty", function()
            q:get { timeout = timeout }
        end)
    end
end)

test("a timeout may be a fraction and lasts at least so long", function()
    local q = mp.Queue()
    test.lasts(0.15, function()
        test.kind("Empty", function()
            q:get { timeout = 0.15 }
        end)
    end)
end)

test("nil and math.huge wait for ever", function()
    for _, timeout in ipairs { "nil", "math.huge" } do
        local q = mp.Queue()
        local p = mp.Process {
            target = function()
                require("time").sleep(0.2)
                q:put("at last")
            end,
        }
        p:start()
        test.is(q:get { timeout = timeout ~= "nil" and math.huge or nil }, "at last")
        p:join(math.huge)
        test.is(p.exitcode, 0)
    end
end)

test("NaN or a string as timeout is an argument error", function()
    local q = mp.Queue()
    test.raises("bad argument", function()
        q:get(true, 0 / 0)
    end)
    test.raises("bad argument #2 to 'get' (number of seconds expected, got string)", function()
        q:get(true, "soon")
    end)
    test.raises("timeout", function()
        q:get { timeout = "soon" }
    end)
    test.raises("bad argument #1 to 'join'", function()
        mp.Process { target = print }:start():join("soon")
    end)
    local a, _b = mp.Pipe()
    test.raises("bad argument #1 to 'poll'", function()
        a:poll(0 / 0)
    end)
end)

test("a queue and a pipe carry nil as a value", function()
    local q = mp.Queue()
    q:put(nil)
    q:put("after")
    test.is(q:qsize(), 2)
    test.is(q:get(), nil)
    test.is(q:get(), "after")
    local a, b = mp.Pipe()
    a:send(nil)
    test.ok(b:poll())
    test.is(b:recv(), nil)
end)

test("args may have holes", function()
    local q = mp.Queue()
    mp.Process {
        target = function(...)
            q:put(table.pack(...))
        end,
        args = table.pack(nil, 1, nil, 3, nil),
    }:start():join()
    test.is(q:get(), { n = 5, [2] = 1, [4] = 3 })
end)

test("kwargs reach the target as one last argument", function()
    local q = mp.Queue()
    local function target(...)
        q:put(table.pack(...))
    end
    mp.Process { target = target, args = { "a", "b" }, kwargs = { age = 18 } }:start():join()
    test.is(q:get(), { "a", "b", { age = 18 }, n = 3 })
    mp.Process { target = target, kwargs = { age = 18 } }:start():join()
    test.is(q:get(), { { age = 18 }, n = 1 })
    mp.Process { target = target, args = { "a" } }:start():join()
    test.is(q:get(), { "a", n = 1 }, "no kwargs, no extra argument")
    mp.Process { target = target, args = table.pack(nil, nil), kwargs = {} }:start():join()
    test.is(q:get(), { n = 3, [3] = {} })
end)

test("a shared object takes a name and shows it with the line that made it", function()
    for _, class in ipairs { "Queue", "JoinableQueue", "SimpleQueue", "Lock", "RLock" } do
        local object = mp[class] { name = "hits" }
        test.has(tostring(object), "hits", class)
        test.like(tostring(object), "conventions%.lua:%d+", class)
        test.has(tostring(object), class)
        test.like(tostring(mp[class]()), "conventions%.lua:%d+", class .. " without a name")
    end
end)

test("objects have a __name", function()
    local a, _b = mp.Pipe()
    test.is(getmetatable(mp.Queue()).__name, "Queue")
    test.is(getmetatable(mp.Lock()).__name, "Lock")
    test.is(getmetatable(a).__name, "Connection")
    test.has(tostring(a), "Connection")
end)

test("the name of an object is in its error messages", function()
    local q = mp.Queue { name = "orders" }
    local e = test.kind("Empty", function()
        q:get_nowait()
    end)
    test.has(tostring(e), "orders")
end)

test("local <close> closes queues and connections", function()
    local q, a
    do
        local queue <close> = mp.Queue()
        local mine <close>, theirs = mp.Pipe()
        q, a = queue, mine
        theirs:close()
    end
    test.kind("ValueError", function()
        q:put(1)
    end)
    test.ok(a.closed)
end)

test("argument errors name function, argument and expected type", function()
    test.raises("bad argument #1 to 'Queue' (number expected, got string)", function()
        mp.Queue("many")
    end)
    test.raises("bad argument #1 to 'get_many' (number expected, got no value)", function()
        mp.Queue():get_many()
    end)
    test.raises("bad argument #1 to 'put_many' (table expected, got number)", function()
        mp.Queue():put_many(3)
    end)
    test.raises("bad argument #1 to 'send_bytes' (string expected, got table)", function()
        local a, _ = mp.Pipe()
        a:send_bytes {}
    end)
end)

test("a method called on the wrong object is an error, never a crash", function()
    local q, lock = mp.Queue(), mp.Lock()
    for _, self in ipairs { 1, "text", {}, lock, io.stdout } do
        test.raises("Queue expected", function()
            q.put(self, 1)
        end)
    end
    test.raises("Queue expected", function()
        q.get()
    end)
end)

test.done()
