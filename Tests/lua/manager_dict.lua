-- Section 6 of the API: m:dict.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

local m = mp.Manager()

local elsewhere, together = support.elsewhere, support.together

local function sequence(d)
    local keys = {}
    for k in pairs(d) do keys[#keys + 1] = k end
    return keys
end

test("entries are assigned, read, replaced and deleted", function()
    local d = m:dict()
    test.is(#d, 0)
    test.is(d.missing, nil)
    for i = 65, 69 do d[i] = string.char(i) end
    test.is(#d, 5)
    test.is(d[65], "A")
    d[65] = "changed"
    test.is(d[65], "changed")
    test.is(#d, 5)
    d[65] = nil
    d.missing = nil
    test.is(d[65], nil)
    test.is(#d, 4)
    test.is(d:copy(), { [66] = "B", [67] = "C", [68] = "D", [69] = "E" })
    test.is(m:dict { x = 1, [2] = "two" }:copy(), { x = 1, [2] = "two" })
end)

test("false is a value", function()
    local d = m:dict { no = false }
    test.is(d.no, false)
    test.is(d:get("no", 5), false)
    test.is(#d, 1)
    test.is(d:setdefault("no", 5), false)
    test.is(d:pop("no", 5), false)
end)

test("keys are strings, numbers and booleans", function()
    local d = m:dict()
    local keys = { 1, "1", 1.5, -1, math.mininteger, math.huge, true, false, "", "a\0b", ("k"):rep(10000) }
    for i, k in ipairs(keys) do d[k] = i end
    for i, k in ipairs(keys) do test.is(d[k], i) end
    test.is(#d, #keys)
    d[1.0] = "one"
    test.is(d[1], "one", "1.0 and 1 are the same key, as in Lua")
    test.is(#d, #keys)
    test.is(math.type(sequence(m:dict { [2.0] = 1 })[1]), "integer")
end)

test("what cannot be a key", function()
    local d = m:dict { x = 1 }
    for _, key in ipairs { {}, print, d, 0 / 0 } do
        test.raises("cannot be a key", function() d[key] = 1 end)
        test.raises("cannot be a key", function() d:set(key, 1) end)
        test.raises("cannot be a key", function() d:add(key, 1) end)
        test.raises("cannot be a key", function() d:setdefault(key, 1) end)
        test.raises("cannot be a key", function() d:update { [key ~= key and d or key] = 1 } end)
    end
    test.raises("cannot be a key", function() d[nil] = 1 end)
    test.is(d:copy(), { x = 1 })
end)

test("keys, values, items and pairs go in the order of insertion", function()
    local d = m:dict()
    for _, k in ipairs { "c", 3, "a", true, "b" } do d[k] = tostring(k) end
    local function check(keys)
        test.is(sequence(d), keys)
        test.is(d:keys(), keys)
        local values, items = {}, {}
        for i, k in ipairs(keys) do
            values[i] = d[k]
            items[i] = { k, d[k] }
        end
        test.is(d:values(), values)
        test.is(d:items(), items)
        local seen = {}
        for k, v in pairs(d) do seen[#seen + 1] = { k, v } end
        test.is(seen, items)
    end
    check { "c", 3, "a", true, "b" }
    d.a = "replaced"
    check { "c", 3, "a", true, "b" }
    d.c = nil
    check { 3, "a", true, "b" }
    d.c = "again"
    check { 3, "a", true, "b", "c" }
    test.is(elsewhere(function() return d:keys() end), { 3, "a", true, "b", "c" })
end)

test("method names win over keys", function()
    local d = m:dict()
    for _, name in ipairs { "get", "set", "pop", "keys", "apply", "add", "clear" } do
        test.raises(("'%s' is a method; use d:set(\"%s\", v)"):format(name, name), function() d[name] = 1 end)
        d:set(name, "value of " .. name)
        test.is(d:get(name), "value of " .. name)
        test.is(type(d[name]), "function")
    end
    test.is(#d, 7)
    test.is(m:dict { get = 5 }:get "get", 5)
end)

test("get and set", function()
    local d = m:dict { x = 1 }
    test.is(d:get "x", 1)
    test.is(d:get("x", 5), 1)
    test.is(d:get "y", nil)
    test.is(d:get("y", 5), 5)
    test.is(d.y, nil, "get stores nothing")
    d:set("y", 2)
    test.is(d.y, 2)
    d:set("y", nil)
    test.is(#d, 1)
    test.raises("bad argument #1 to 'get'", function() d:get() end)
end)

test("pop", function()
    local d = m:dict { x = 1, y = 2 }
    test.is(d:pop "x", 1)
    test.is(d.x, nil)
    test.is(d:pop("x", "default"), "default")
    test.raises("KeyError", function() d:pop "x" end)
    test.is(d:pop("y", "default"), 2)
    test.is(#d, 0)
end)

test("popitem takes the last one", function()
    local d = m:dict()
    d.a, d.b = nil, nil
    d.a = 1
    d.b = 2
    test.is({ d:popitem() }, { "b", 2 })
    test.is({ d:popitem() }, { "a", 1 })
    test.raises("KeyError", function() d:popitem() end)
    test.is(#d, 0)
end)

test("setdefault", function()
    local d = m:dict { x = 1 }
    test.is(d:setdefault("x", 5), 1)
    test.is(d:setdefault("y", 5), 5)
    test.is(d:copy(), { x = 1, y = 5 })
end)

test("update with a table or a dict", function()
    local d = m:dict { x = 1 }
    d:update { x = 2, y = 3 }
    test.is(d:copy(), { x = 2, y = 3 })
    d:update(m:dict { z = 4, y = 5 })
    test.is(d:copy(), { x = 2, y = 5, z = 4 })
    d:update(d)
    d:update {}
    test.is(#d, 3)
    test.raises("bad argument #1 to 'update'", function() d:update(5) end)
end)

test("copy is a plain table, clear empties", function()
    local d = m:dict { x = 1, y = { 2 } }
    local copy = d:copy()
    test.is(type(copy), "table")
    copy.x = 9
    test.is(d.x, 1)
    d:clear()
    test.is(#d, 0)
    test.is(d:copy(), {})
    test.is(sequence(d), {})
    d.z = 1
    test.is(d:keys(), { "z" })
end)

test("a dict that changes while it is walked through", function()
    local d = m:dict()
    for i = 1, 100 do d[i] = i end
    local steps = 0
    for k in pairs(d) do
        d[k] = nil
        steps = steps + 1
    end
    test.between(steps, 1, 100)
    for i = 1, 100 do d[i] = i end
    for _ in pairs(d) do d:clear() end
    test.is(#d, 0)
    for i = 1, 100 do d[i] = i end
    local p = mp.Process { target = function() for i = 1, 2000 do d[i % 200] = nil d[i % 200] = i end end }
    p:start()
    repeat
        for k, v in pairs(d) do
            if type(k) ~= "number" or type(v) ~= "number" then test.ok(false, "damaged") end
        end
    until p:join(0)
    test.is(#d, #d:keys())
end)

test("add counts from zero and returns the new value", function()
    local d = m:dict()
    test.is(d:add("x", 5), 5)
    test.is(d:add("x", -7), -2)
    test.is(d:add("y", 0.5), 0.5)
    test.is(d:add("y", 1), 1.5)
    test.is(d:copy(), { x = -2, y = 1.5 })
    d.name = "Bob"
    test.ok(not pcall(function() d:add("name", 1) end))
    test.ok(not pcall(function() d:add("x", "one") end))
    test.raises("bad argument #2 to 'add'", function() d:add "x" end)
    test.is(d:copy(), { x = -2, y = 1.5, name = "Bob" })
end)

test("add from many processes loses nothing", function()
    local d = m:dict()
    together(4, function(i)
        for n = 1, 2000 do
            d:add("all", 1)
            d:add(n % 10, i)
        end
    end)
    test.is(d.all, 8000)
    for k = 0, 9 do test.is(d[k], 200 * (1 + 2 + 3 + 4)) end
    test.is(#d, 11)
end)

test("apply gives the old value and stores the new one", function()
    local d = m:dict { x = 1 }
    test.is(d:apply("x", function(old) return old + 1 end), 2)
    test.is(d:apply("y", function(old) return { was = tostring(old) } end), { was = "nil" })
    test.is(d.y, { was = "nil" })
    test.is(d:apply("x", function() return nil end), nil)
    test.is(d.x, nil)
    test.is(d:apply("absent", function() return nil end), nil)
    test.is(#d, 1)
    test.raises("bad argument #2 to 'apply'", function() d:apply("x", 5) end)
end)

test("an error in the function of apply changes nothing", function()
    local d = m:dict { x = 1 }
    local object = { kind = "mine" }
    local _, same = pcall(function() d:apply("x", function() error(object) end) end)
    test.ok(same == object, "an error value comes through unchanged")
    test.is(d.x, 1)
    test.is(d:apply("x", function(old) return old + 1 end), 2)
end)

test("the function of apply may use the dict", function()
    local d = m:dict { x = 1, y = 10 }
    test.is(d:apply("x", function(old) d.seen = true return old + d.y end), 11)
    test.is(d.seen, true)
    test.is(d:apply("x", function(old) return old + d:apply("y", function(y) return y + 1 end) end), 22)
end)

test("apply from many processes loses nothing", function()
    local d = m:dict { log = {} }
    together(4, function(i)
        for n = 1, 50 do
            d:apply("log", function(log)
                log[#log + 1] = i * 1000 + n
                return log
            end)
            d:apply("count", function(old) return (old or 0) + 1 end)
        end
    end)
    test.is(d.count, 200)
    test.is(#d.log, 200)
    local last = { 0, 0, 0, 0 }
    for _, entry in ipairs(d.log) do
        local i, n = entry // 1000, entry % 1000
        test.is(n, last[i] + 1)
        last[i] = n
    end
end)

test("a slow function of apply does not keep others from the dict", function()
    local d, inside, go = m:dict { x = 1 }, mp.Event(), mp.Event()
    local p = mp.Process {
        target = function()
            local calls = 0
            return d:apply("x", function(old)
                calls = calls + 1
                if calls == 1 then
                    inside:set()
                    assert(go:wait(20), "the others cannot use the dict")
                end
                return old + 1
            end), calls
        end,
    }
    p:start()
    inside:wait()
    d.y = 2
    test.is(d.x, 1)
    d.x = 10
    go:set()
    test.is({ p:result(60) }, { 11, 2 }, "it starts again from the value that came between")
    test.is(d.x, 11)
end)

test("each entry is popped by one of many processes", function()
    local d, taken = m:dict(), mp.Queue()
    for i = 1, 1000 do d[i] = i end
    together(4, function()
        for i = 1, 1000 do
            local value = d:pop(i, false)
            if value then taken:put(value) end
        end
    end)
    local seen = {}
    for _ = 1, 1000 do seen[taken:get_nowait()] = true end
    test.is(#seen, 1000)
    test.is(taken:qsize(), 0)
    test.is(#d, 0)
end)

test("twenty thousand entries come and go", function()
    local d = m:dict()
    together(4, function(i)
        for n = 1, 5000 do d[i .. ":" .. n] = n end
        for n = 1, 5000, 2 do d[i .. ":" .. n] = nil end
    end)
    test.is(#d, 10000)
    local sum, entries = 0, 0
    for _, v in pairs(d) do
        sum = sum + v
        entries = entries + 1
    end
    test.is(entries, 10000)
    test.is(sum, 4 * 2500 * 2501)
    d:clear()
    test.is(#d, 0)
end)

test("an error about a value under a float key is that error", function()
    local d = m:dict()
    test.kind("SerializationError", function() d[1.0] = coroutine.create(print) end)
    test.kind("SerializationError", function() d:setdefault(2.0, coroutine.create(print)) end)
    test.is(#d, 0)
end)

test("a function of apply that changes the value itself is told so", function()
    local d = m:dict { n = 1 }
    test.raises("the function itself changes", function()
        d:apply("n", function(v) d.n = v + 1 return d.n end)
    end)
    test.ok(d.n > 1)
end)

test("a loop over a dict ends although it adds keys", function()
    local d = m:dict { a = 1, b = 2 }
    local seen = 0
    for k, v in pairs(d) do
        d[k .. "x"] = v
        seen = seen + 1
    end
    test.is(seen, 2)
    test.is(#d, 4)
end)

test("update puts nothing if something cannot be sent", function()
    local d = m:dict { x = 1 }
    for i = 1, 20 do
        local t = { x = 2, bad = coroutine.create(print) }
        for j = 1, i do t["k" .. j] = j end
        test.kind("SerializationError", function() d:update(t) end)
    end
    test.is(d:copy(), { x = 1 })
end)

test.done()
