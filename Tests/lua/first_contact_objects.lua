-- What beginners are told about their first mistakes with queues, locks, pipes, shared data and pools.

local test = require "tap"
local contact = require "contact_support"

local after = contact.after

test("a queue is no table", function()
    local says = after("local q = mp.Queue() q:put(1) q:put(nil)")
    says("for v in q do print(v) end",
        "attempt to call a Queue value (for iterator 'for iterator')",
        "go through its items with: for v in q:items() do")
    says("for v in q.items do print(v) end",
        "bad argument #1 to 'for iterator' (Queue expected, got nil; did you mean q:items()?)")
    says = after("local q = mp.Queue() q:put(1)")
    says("for k, v in pairs(q) do print(v) end",
        "bad argument #1 to 'for iterator' (table expected, got Queue)",
        "go through its items with: for v in q:items() do")
    says("for k, v in ipairs(q) do print(v) end",
        "Queue has no numbered fields; take an item with q:get(), go through them with for v in q:items() do")
    says("print(q[1])",
        "Queue has no numbered fields; take an item with q:get(), go through them with for v in q:items() do")
    says = after("local q = mp.Queue()")
    says("q[1] = 5", "Queue has no numbered fields")
    says("table.insert(q, 5)", "Queue has no numbered fields")
    says = after("local pool = mp.Pool(2)\nlocal r = pool:map_async(math.sqrt, {1, 4})")
    says("for i, v in ipairs(r) do print(v) end", "AsyncResult has no numbered fields; use result:get()")
    says("print(r[1])", "AsyncResult has no numbered fields; use result:get()")
end)

test("arguments", function()
    local says = after("local q = mp.Queue()")
    says("q:put(1, 2)",
        "bad argument #2 to 'put' (boolean expected, got number; one value at a time, or a table; a timeout is q:put(v, {timeout = 5}))")
    says('q:put("a", "b", "c")', "bad argument #2 to 'put' (takes one value; send a table)")
    says = after("local q = mp.Queue()\nq:put()")
    says("print(q:qsize())", "script.lua:3: bad argument #1 to 'put' (value expected)")
    says = after("local q = mp.Queue()")
    says("q:get(1)", "bad argument #1 to 'get' (boolean expected, got number; a timeout is q:get{timeout = 5})")
    says = after("local lock = mp.Lock()")
    says("lock:acquire(1)",
        "bad argument #1 to 'acquire' (boolean expected, got number; a timeout is lock:acquire{timeout = 5})")
    says("lock:with()", "bad argument #1 to 'with' (function expected, got nil)")
    says = after("local lock = mp.Lock()\nlocal function f() return 1 end")
    says("lock:with(f())",
        "bad argument #1 to 'with' (function expected, got number; write lock:with(f), not lock:with(f()))")
    says = after()
    says("local lock = mp.Lock(1)", "bad argument #1 to 'Lock' (surplus argument)")
    says = after("local a, b = mp.Pipe()")
    says("mp.wait(a)",
        "bad argument #1 to 'wait' (table expected, got Connection; a list of what to wait for: mp.wait{c})")
    says = after()
    says("local s = mp.SharedMemory(64)",
        "bad argument #1 to 'SharedMemory' (string expected, got number; as in SharedMemory{create = true, size = 64})")
    says("local b = mp.Barrier()", "bad argument #1 to 'Barrier' (number expected, got no value)")
end)

test("shared data", function()
    local says = after('local v = mp.Value("i", 0)')
    says("print(v + 1)", "attempt to perform arithmetic on a Value value (local 'v')", "the number in it is v.value")
    says('if v < 5 then print "less" end', "attempt to compare Value with number", "the number in it is v.value")
    says = after()
    says("local v = mp.Value(0)",
        [[bad argument #1 to 'Value' (string expected, got number; first comes the type: mp.Value("i", 0), mp.Array("d", {1, 2}))]])
    says('local v = mp.Value("int", 0)',
        "unknown type code 'int' (known: b B h H i I l L q Q f d ? c); an integer is 'i', or 'q' with 64 bits")
    says('local v = mp.Value{"i", 0}',
        [[bad argument #1 to 'Value' (string expected, got table; first comes the type: mp.Value("i", 0), mp.Array("d", {1, 2}))]])
    says('local v = mp.Value("i", 0.5)', "type 'i' takes an integer, got 0.5")
    says('local v = mp.Value("s", "hello")',
        [[unknown type code 's' (known: b B h H i I l L q Q f d ? c); text is in an mp.Array("c", text)]])
    says('local a = mp.Array("i")', "bad argument #2 to 'Array' (size or list expected, got nil)")
    says = after('local a = mp.Array("i", 3)')
    says("print(a[0])", "invalid index 0: the array has 3 elements, which count from 1")
    says("a[4] = 1", "invalid index 4: the array has 3 elements")
    says("table.insert(a, 1)", "invalid index 4: the array has 3 elements")
    says("a:append(1)", "an array of 'i' has no field 'append'; elements are a[1] … a[#a]")
    says = after()
    says("local a = mp.Array({1, 2, 3})",
        [[bad argument #1 to 'Array' (string expected, got table; first comes the type: mp.Value("i", 0), mp.Array("d", {1, 2}))]])
    says = after("local d = mp.Manager():dict{a = 1}")
    says("for k, v in d:items() do print(k, v) end",
        "attempt to call a table value (for iterator 'for iterator')",
        "go through a table with ipairs(t) or pairs(t)")
    says("d.get = 5", [['get' is a method; use d:set("get", v)]])
end)

test("pools and executors", function()
    local says = after("local pool = mp.Pool(2)")
    says("pool:map({1, 2}, print)",
        "bad argument #2 to 'map' (list expected, got function; first the function, then the list: pool:map(f, {1, 2, 3}))")
    says("pool:map(print, 1, 2, 3)",
        "bad argument #2 to 'map' (list expected, got number; first the function, then the list: pool:map(f, {1, 2, 3}))")
    says = after("local pool = mp.Pool(2)\nlocal function f(x) return x end")
    says("pool:map(f(1), {1, 2})", "bad argument #1 to 'map' (function expected, got number; write f, not f())")
    says = after("local pool = mp.Pool(2)")
    says("pool:map(squar, {1, 2})",
        "bad argument #1 to 'map' (function expected, got nil; is it defined above this line?)")
    says("print(pool:apply(math.max, 1, 2))",
        "bad argument #2 to 'apply' (list expected, got number; arguments are in a list: pool:apply(f, {1, 2}))")
    says("print(pool:apply(math.sqrt, 4))",
        "bad argument #2 to 'apply' (list expected, got number; arguments are in a list: pool:apply(f, {1, 2}))")
    says("local r = pool:apply_async(math.sqrt, {4}, print)",
        "apply: a table of options expected, got function; a callback is one: {callback = f}")
    says = after()
    says('local pool = mp.Pool("4")', "Pool: processes must be a number, got string")
    says("local pool = mp.Pool{process = 4}", "Pool: unknown option 'process' (did you mean 'processes'?)")
    says = after("local pool = mp.Pool(2)\npool:close()")
    says("pool:map(print, {1})", "ValueError: Pool not running")
    says = after("local pool = mp.Pool(2)\nlocal r = pool:apply_async(math.sqrt, {4})")
    says("print(r + 1)",
        "attempt to perform arithmetic on a AsyncResult value (local 'r')",
        "wait for what it stands for: result:get()")
    says = after()
    says("local ex = mp.ProcessPoolExecutor(2)",
        "ProcessPoolExecutor takes a table: ProcessPoolExecutor{max_workers = 4}")
    says = after("local ex = mp.ProcessPoolExecutor{max_workers = 2}")
    says("local f = ex:submit(math.sqrt(4))",
        "bad argument #1 to 'submit' (function expected, got number; write f, not f())")
end)

test("locks", function()
    local says = after("local lock = mp.Lock()")
    says("local l <close> = lock",
        "variable 'l' got a non-closable value",
        "a lock is held to the end of a block by: local guard <close> = lock:hold()")
    says("lock:release()", "ValueError: semaphore or lock released too many times")
    says = after("local lock = mp.RLock()")
    says("lock:release()", "attempt to release recursive lock not owned by process")
    says = after("local c = mp.Condition()")
    says("c:wait()", "must acquire() condition before using wait()")
    says("c:notify()", "lock is not owned")
end)

test("pipes", function()
    local says = after("local a, b = mp.Pipe()")
    says("a:close() a:recv()", "OSError: handle is closed")
    says("a:close() b:recv()", "EOFError: the other end of Connection (script.lua:2) is closed")
    says = after("local a, b = mp.Pipe(false)")
    says("a:send(1)", "OSError: connection is read-only")
    says = after("local a, b = mp.Pipe()")
    says("a:send(1, 2)", "bad argument #2 to 'send' (takes one value; send a table)")
    says = after("local c = {mp.Pipe()}")
    says("print(c:recv())",
        "attempt to call a nil value (method 'recv')",
        "mp.Pipe() returns two ends: local a, b = mp.Pipe()")
end)

test("what cannot be sent", function()
    local says = after("local q = mp.Queue()")
    says("q:put(coroutine.create(print))", "SerializationError: cannot send a coroutine (at value)")
    says('q:put({name = "x", f = io.open("/dev/null")})',
        "SerializationError: cannot send a file (at value.f); pass it to the process at start()")
    says("q:put(mp.Process{target = print})", "SerializationError: cannot send a Process (at value)")
    says = after('local q = mp.Queue()\nlocal f = io.open("/dev/null")')
    says("q:put(function() return f:read() end)",
        "SerializationError: cannot send a file (at value, upvalue 'f'); pass it to the process at start()")
    says = after("local A = {} A.__index = A\nlocal q = mp.Queue()")
    says("q:put(setmetatable({n = 1}, A))",
        "SerializationError: cannot send a table with an unregistered metatable (at value); register it with mp.register(name, metatable)")
end)

test("an error object can be put together with text, as a message can", function()
    local result = contact.run [[
        local _, problem = pcall(function() require "multiprocessing".Queue():get(false) end)
        print("failed: " .. problem, problem .. "!")
    ]]
    test.is(result.out, "failed: script.lua:1: Empty: no item\tscript.lua:1: Empty: no item!\n")
end)

test("failures in a pool that nobody asks for are shown when it ends", function()
    local one, five = "pool: 1 call failed, and nobody asked for its result:\n",
        "pool: 5 calls failed, and nobody asked for their results:\n"
    local function shown(code)
        return contact.run('local pool = require "multiprocessing".Pool(1)\n' .. code).err
    end
    test.is(shown 'pool:apply_async(function() error "lost" end)\npool:close() pool:join()',
        one .. "\tapply(script.lua:2): script.lua:2: lost\n")
    test.is(shown 'pool:apply_async(function() error "lost" end):wait()\npool:terminate()',
        one .. "\tapply(script.lua:2): script.lua:2: lost\n")
    local many = shown "for i = 1, 5 do pool:apply_async(error, { i }) end\npool:close() pool:join()"
    test.is(many, five .. "\tapply: 1\n\tapply: 2\n\tapply: 3\n")
    -- Who asks in any way, or is called back, knows.
    test.is(shown 'local r = pool:apply_async(error, { 1 })\npcall(r.get, r) pool:close() pool:join()', "")
    test.is(shown 'local r = pool:apply_async(error, { 1 }) r:wait() r:successful()\npool:terminate()', "")
    test.is(shown 'pool:apply_async(error, { 1 }, { error_callback = type })\npool:close() pool:join()', "")
    test.is(shown "pool:apply_async(type, { 1 })\npool:close() pool:join()", "")
end)

test("the same of an executor", function()
    local function shown(code)
        return contact.run('local ex = require "multiprocessing".ProcessPoolExecutor { max_workers = 1 }\n' .. code).err
    end
    test.is(shown "ex:submit(error, 1)", "pool: 1 call failed, and nobody asked for its result:\n\tsubmit: 1\n")
    test.is(shown "print(ex:submit(error, 1):exception().message)", "")
    test.is(shown "ex:submit(error, 1):add_done_callback(type)", "")
end)

test.done()
