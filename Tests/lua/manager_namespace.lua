-- Section 6 of the API: m:Namespace.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

local m = mp.Manager()

local elsewhere = support.elsewhere

local function contents(ns)
    local found = {}
    for k, v in pairs(ns) do found[k] = v end
    return found
end

test("fields are set, read and deleted", function()
    local ns = m:Namespace()
    ns.name = "Bob"
    ns.job = "Builder"
    ns._hidden = "hidden"
    test.is({ ns.name, ns.job, ns._hidden }, { "Bob", "Builder", "hidden" })
    ns.name = "Alice"
    test.is(ns.name, "Alice")
    ns.job = nil
    test.is(ns.job, nil)
    test.is(ns.never_set, nil)
    ns.never_set = nil
    test.is(contents(ns), { name = "Alice", _hidden = "hidden" })
end)

test("contents from a table", function()
    local ns = m:Namespace { x = 1, list = { 1, 2 } }
    test.is(ns.x, 1)
    test.is(ns.list, { 1, 2 })
    test.is(contents(ns), { x = 1, list = { 1, 2 } })
end)

test("it has no methods: every name is free", function()
    local ns = m:Namespace()
    for _, name in ipairs { "get", "set", "pop", "keys", "update", "apply", "clear", "copy", "__index", "__gc", "name" } do
        test.is(ns[name], nil, name)
        ns[name] = "field " .. name
        test.is(ns[name], "field " .. name)
    end
end)

test("false is a value", function()
    local ns = m:Namespace { no = false }
    test.is(ns.no, false)
    test.is(contents(ns), { no = false })
end)

test("tostring shows the fields", function()
    local ns = m:Namespace { x = 1 }
    test.has(tostring(ns), "Namespace")
    test.has(tostring(ns), "x=1")
    ns.y = 2
    test.has(tostring(ns), "y=2")
    ns.x = nil
    test.ok(not tostring(ns):find("x=1", 1, true))
end)

test("pairs goes in the order of insertion", function()
    local ns = m:Namespace()
    ns.c = 1
    ns.a = 2
    ns.b = 3
    local names = {}
    for name in pairs(ns) do names[#names + 1] = name end
    test.is(names, { "c", "a", "b" })
end)

test("what one process sets another reads", function()
    local ns = m:Namespace { x = 1 }
    test.is(elsewhere(function()
        ns.y = ns.x + 1
        ns.x = nil
        return contents(ns)
    end), { y = 2 })
    test.is(contents(ns), { y = 2 })
end)

test("many processes set fields of their own", function()
    local ns, list = m:Namespace(), {}
    for i = 1, 4 do
        list[i] = mp.Process {
            target = function()
                for n = 1, 500 do ns["field" .. i] = n end
            end,
        }:start()
    end
    mp.join(list)
    test.is(contents(ns), { field1 = 500, field2 = 500, field3 = 500, field4 = 500 })
end)

test("a value that is read is a copy, a container is itself", function()
    local ns = m:Namespace { t = { x = 1 }, d = m:dict { x = 1 } }
    ns.t.x = 2
    ns.d.x = 2
    test.is(ns.t.x, 1)
    test.is(ns.d.x, 2)
    ns.me = ns
    ns.me.me.deep = true
    test.is(ns.deep, true)
    ns.me = nil
end)

test("what cannot be stored changes nothing", function()
    local ns = m:Namespace { x = 1 }
    test.kind("SerializationError", function() ns.x = coroutine.create(print) end)
    test.raises("", function() ns[{}] = 1 end)
    test.is(contents(ns), { x = 1 })
end)

test.done()
