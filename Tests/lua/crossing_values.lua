-- Section 1 of the API: plain values and tables. Each goes through a queue, and through a pipe.

local test = require "tap"
local mp = require "multiprocessing"

local q = mp.Queue()

local function through_queue(value)
    q:put(value)
    return q:get()
end

local function through_pipe(value)
    local a, b = mp.Pipe()
    -- Another process sends: a large value does not fit into the socket.
    local _p <close> = setmetatable({ mp.Process { target = a.send, args = table.pack(a, value) }:start() }, {
        __close = function(self) self[1]:join() end,
    })
    return b:recv()
end

local function survives(value, message)
    test.is(through_queue(value), value, message)
    test.is(through_pipe(value), value, message)
end

test("nil and booleans", function()
    survives(nil)
    survives(true)
    survives(false)
end)

test("integers of every size stay integers", function()
    local values = { 0, 1, -1, math.maxinteger, math.mininteger }
    for bits = 5, 62 do
        local power = 1 << bits
        for offset = -2, 2 do
            values[#values + 1] = power + offset
            values[#values + 1] = -power + offset
        end
    end
    for _, value in ipairs(values) do survives(value) end
end)

test("floats stay floats", function()
    for _, value in ipairs {
        0.0, 1.0, -1.5, 1e300, 5e-324, 2.2250738585072014e-308, math.pi, 2^53, 2.0^63, -2.0^63, math.huge, -math.huge,
    } do
        survives(value)
    end
end)

test("negative zero and NaN", function()
    for _, send in ipairs { through_queue, through_pipe } do
        test.is(1 / send(-0.0), -math.huge)
        local nan = send(0 / 0)
        test.ok(nan ~= nan)
        test.is(math.type(nan), "float")
    end
end)

test("strings of any bytes and any length", function()
    local all = {}
    for byte = 0, 255 do all[#all + 1] = string.char(byte) end
    survives ""
    survives "包子 🥟"
    survives(table.concat(all))
    survives "\xff\xfe\0\x80"
    for _, length in ipairs { 1, 31, 32, 33, 255, 256, 4095, 4096, 4097, 65534, 65535, 65536, 65537, 1 << 20 } do
        local text = ("x"):rep(length)
        test.ok(through_queue(text) == text, length .. " bytes through a queue")
        local binary = ("\xff"):rep(length)
        test.ok(through_queue(binary) == binary, length .. " binary bytes through a queue")
    end
end)

test("tables are copied deeply", function()
    local original = { 1, "two", { 3, { four = 4 } }, x = { y = { z = true } }, [2.5] = "float key", [true] = "bool key" }
    local copy = through_queue(original)
    test.is(copy, original)
    test.ok(copy ~= original and copy[3] ~= original[3])
    survives {}
    survives { {}, {}, {} }
    survives { [1] = "a", [3] = "c" }
    survives { [0] = "zero", "one" }
    survives { [-1] = "minus one" }
    survives { n = 3, nil, 2 }
end)

test("keys keep their types", function()
    local copy = through_queue { [1] = "integer", ["1"] = "string", [1.5] = "float" }
    test.is(copy[1], "integer")
    test.is(copy["1"], "string")
    test.is(copy[1.5], "float")
end)

test("what is in the queue does not change with the original", function()
    local original = { 1, 2, 3 }
    q:put(original)
    original[1] = "changed"
    test.is(q:get(), { 1, 2, 3 })
end)

test("shared references inside one message stay shared", function()
    local shared = { "shared" }
    local copy = through_queue { shared, { inner = shared }, [shared] = "as a key" }
    test.ok(copy[1] == copy[2].inner, "same table twice")
    test.is(copy[copy[1]], "as a key")
    local plain = through_queue { { 1 }, { 1 } }
    test.ok(plain[1] ~= plain[2], "equal tables stay apart")
end)

test("cycles are preserved", function()
    local me = { name = "me" }
    me.me = me
    me.list = { me, { me } }
    local copy = through_queue(me)
    test.ok(copy.me == copy and copy.list[1] == copy and copy.list[2][1] == copy)
    test.ok(copy ~= me)
end)

test("arrays and maps of many elements", function()
    for _, n in ipairs { 15, 16, 17, 65535, 65536 } do
        local list, map = {}, {}
        for i = 1, n do
            list[i] = i
            map["k" .. i] = i
        end
        survives(list, n .. " in a list")
        survives(map, n .. " in a map")
    end
end)

test("a thousand levels deep", function()
    local root = {}
    local at = root
    for _ = 1, 1000 do
        at.deeper = {}
        at = at.deeper
    end
    at.bottom = true
    local copy, depth = through_queue(root), 0
    while copy.deeper do
        copy = copy.deeper
        depth = depth + 1
    end
    test.is(depth, 1000)
    test.is(copy.bottom, true)
end)

test("too deep is a SerializationError, never a crash", function()
    for _, levels in ipairs { 300000, 2000000 } do
        local root = {}
        for _ = 1, levels do root = { root } end
        test.kind("SerializationError", function()
            q:put(root)
        end)
    end
    test.is(q:qsize(), 0)
    survives "still usable"
end)

test("what cannot be copied raises in that call and names the place", function()
    local thread = coroutine.create(print)
    local e = test.kind("SerializationError", function()
        q:put { jobs = { { thread = 1 }, { thread = thread } } }
    end)
    test.has(e.message, "cannot send a coroutine (at value.jobs[2].thread)")
    e = test.kind("SerializationError", function()
        q:put(thread)
    end)
    test.has(e.message, "cannot send a coroutine (at value)")
    e = test.kind("SerializationError", function()
        q:put { ["odd key"] = thread }
    end)
    test.has(e.message, 'at value["odd key"]')
    test.is(q:qsize(), 0)
end)

test("a pipe refuses the same and stays usable", function()
    local a, b = mp.Pipe()
    local e = test.kind("SerializationError", function()
        a:send { thread = coroutine.create(print) }
    end)
    test.has(e.message, "at value.thread")
    a:send "next"
    test.is(b:recv(), "next")
end)

test("files and other userdata are told to be passed at start", function()
    local file <close> = io.tmpfile()
    local e = test.kind("SerializationError", function()
        q:put { log = file }
    end)
    test.has(e.message, "at value.log")
    test.has(e.message, "start()")
    local socket = require "socket"
    local server = assert(socket.tcp())
    e = test.kind("SerializationError", function()
        q:put(server)
    end)
    server:close()
    test.has(e.message, "start()")
end)

test("a Process cannot be sent", function()
    local e = test.kind("SerializationError", function()
        q:put(mp.Process { target = print })
    end)
    test.has(e.message, "Process")
end)

test("a table with an unregistered metatable cannot be sent", function()
    test.kind("SerializationError", function()
        q:put(setmetatable({}, { __index = function() return 1 end }))
    end)
end)

test("at start everything is inherited, nothing is serialised", function()
    local thread = coroutine.wrap(function()
        coroutine.yield "from the coroutine"
    end)
    local file = assert(io.open("inherited.txt", "w"))
    local odd = setmetatable({}, { __index = function() return "from the metatable" end })
    local upvalue = { count = 41 }
    local p = mp.Process {
        target = function(resume, out, object)
            upvalue.count = upvalue.count + 1
            out:write(resume(), ", ", object.anything, ", ", upvalue.count)
            out:close()
        end,
        args = { thread, file, odd },
    }
    p:start():join()
    file:close()
    test.is(p.exitcode, 0)
    test.is(io.open("inherited.txt"):read "a", "from the coroutine, from the metatable, 42")
    test.is(upvalue.count, 41, "the parent's own copy does not change")
    collectgarbage()
end)

test("encoding survives a collector that runs user code", function()
    local made = 0
    local function trash()
        for _ = 1, 50 do
            setmetatable({}, { __gc = function()
                made = made + 1
                q:try_put "from gc"
            end })
        end
    end
    for round = 1, 200 do
        trash()
        local value = {}
        for i = 1, 50 do value[i] = { tostring(i) .. round } end
        local pipe_a, pipe_b = mp.Pipe()
        pipe_a:send(value)
        test.is(#pipe_b:recv(), 50)
    end
    collectgarbage()
    while q:try_get() do end
    test.ok(made > 0)
end)

test("the state of the collector is left as it was", function()
    collectgarbage "stop"
    through_queue { 1, 2, 3 }
    test.is(collectgarbage "isrunning", false)
    collectgarbage "restart"
    through_queue { 1, 2, 3 }
    test.is(collectgarbage "isrunning", true)
end)

test.done()
