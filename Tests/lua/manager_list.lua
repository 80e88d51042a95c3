-- Section 6 of the API: m:list.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

local m = mp.Manager()

local elsewhere, together = support.elsewhere, support.together

local function plain(l)
    local copy = {}
    for i, v in ipairs(l) do copy[i] = v end
    return copy
end

test("made from a table, or empty", function()
    test.is(plain(m:list { 5, 6, 7 }), { 5, 6, 7 })
    test.is(plain(m:list()), {})
    test.is(#m:list(), 0)
    test.is(plain(m:list {}), {})
    local other = m:list { 1, 2 }
    local copy = m:list(other)
    copy[1] = 9
    test.is(plain(other), { 1, 2 })
    test.is(plain(copy), { 9, 2 })
end)

test("elements are read and replaced", function()
    local l = m:list { 1, 2, 3 }
    test.is(l[1], 1)
    test.is(l[3], 3)
    test.is(l[2.0], 2)
    test.is(l[4], nil, "so ipairs ends")
    l[2] = { "two" }
    test.is(plain(l), { 1, { "two" }, 3 })
    l[3] = false
    test.is(l[3], false)
    test.is(#l, 3)
end)

test("appending and removing at the end, as with a table", function()
    local l = m:list()
    l[#l + 1] = "a"
    l[#l + 1] = "b"
    l:append "c"
    test.is(plain(l), { "a", "b", "c" })
    l[#l] = nil
    test.is(plain(l), { "a", "b" })
    l[2] = nil
    l[1] = nil
    test.is(#l, 0)
end)

test("nil inside a list is an error and changes nothing", function()
    local l = m:list { 1, 2, 3 }
    test.raises("nil", function() l[1] = nil end)
    test.raises("nil", function() l:append(nil) end)
    test.raises("nil", function() l:insert(1, nil) end)
    test.is(plain(l), { 1, 2, 3 })
    test.raises("nil", function() m:list { 1, nil, 3 } end)
    test.raises("nil", function() l:extend { 4, nil, 6 } end)
    test.is(plain(l), { 1, 2, 3 })
end)

test("an index outside is an error and changes nothing", function()
    local l = m:list { 1, 2, 3 }
    for _, i in ipairs { 0, 5, -5, math.maxinteger, math.mininteger } do
        test.raises("index out of range", function() l[i] = 9 end)
        test.raises("index out of range", function() l:pop(i) end)
        if i < 1 then
            test.raises("index out of range", function() return l[i] end)
        else
            test.is(l[i], nil, "behind the end there is nothing: somebody may just have made the list shorter")
        end
    end
    test.raises("index out of range", function() l:pop(4) end)
    pcall(l.index, l, 1, math.mininteger, math.maxinteger) -- found or not, but no crash
    test.ok(not pcall(function() l[1.5] = 9 end))
    test.ok(not pcall(function() l.first = 9 end))
    test.ok(not pcall(function() l.append = 9 end))
    test.is(plain(l), { 1, 2, 3 })
end)

test("Lua's table functions work on it", function()
    local l = m:list { 3, 1, 2 }
    table.insert(l, 4)
    table.insert(l, 1, 0)
    test.is(plain(l), { 0, 3, 1, 2, 4 })
    test.is(table.remove(l), 4)
    test.is(table.remove(l, 1), 0)
    test.is(plain(l), { 3, 1, 2 })
    table.sort(l)
    test.is(plain(l), { 1, 2, 3 })
    table.sort(l, function(a, b) return a > b end)
    test.is(plain(l), { 3, 2, 1 })
    test.is(table.concat(l, "-"), "3-2-1")
    test.is({ table.unpack(l) }, { 3, 2, 1 })
    test.is({ table.unpack(l, 2, 3) }, { 2, 1 })
    test.is(table.move(l, 1, 3, 1, {}), { 3, 2, 1 })
end)

test("ipairs and pairs", function()
    local l = m:list { "a", "b", "c" }
    local seen = {}
    for i, v in pairs(l) do seen[i] = v end
    test.is(seen, { "a", "b", "c" })
    seen = {}
    for i, v in ipairs(l) do
        seen[i] = v
        if i == 1 then l[2] = "changed" end
        if i == 2 then l:pop() end
    end
    test.is(seen, { "a", "changed" }, "they see what changes meanwhile")
end)

test("extend with a table or a list", function()
    local l = m:list { 1 }
    l:extend { 2, 3 }
    l:extend(m:list { 4 })
    l:extend {}
    test.is(plain(l), { 1, 2, 3, 4 })
    l:extend(l)
    test.is(plain(l), { 1, 2, 3, 4, 1, 2, 3, 4 })
    test.raises("bad argument #1 to 'extend'", function() l:extend(5) end)
end)

test("insert", function()
    local l = m:list()
    l:insert(1, "b")
    l:insert(1, "a")
    l:insert(3, "d")
    l:insert(3, "c")
    test.is(plain(l), { "a", "b", "c", "d" })
    for _, i in ipairs { 6, math.maxinteger } do
        l:insert(i, "last")
        test.is(l:pop(), "last", "beyond the end it appends, as in Python")
    end
    for _, i in ipairs { 0, -9, math.mininteger } do
        l:insert(i, "first")
        test.is(l:pop(1), "first", "before the start it goes to the front")
    end
    test.is(plain(l), { "a", "b", "c", "d" })
    test.raises("bad argument #1 to 'insert'", function() l:insert("one", 1) end)
end)

test("pop", function()
    local l = m:list { "a", "b", "c", "d" }
    test.is(l:pop(), "d")
    test.is(l:pop(1), "a")
    test.is(l:pop(2), "c")
    test.is(plain(l), { "b" })
    test.is(l:pop(), "b")
    test.raises("pop from empty list", function() l:pop() end)
    test.raises("pop from empty list", function() l:pop(1) end)
    test.is(#l, 0)
end)

test("remove, index and count", function()
    local l = m:list { "a", "b", "a", "c", "a" }
    test.is(l:count "a", 3)
    test.is(l:count "z", 0)
    test.is(l:index "a", 1)
    test.is(l:index("a", 2), 3)
    test.is(l:index("a", 4, 5), 5)
    test.raises("not in list", function() l:index("a", 4, 4) end)
    test.raises("not in list", function() l:index "z" end)
    l:remove "a"
    test.is(plain(l), { "b", "a", "c", "a" })
    test.raises("not in list", function() l:remove "z" end)
    test.is(#l, 4)
end)

test("sort and reverse", function()
    local l = m:list { 3, 1, 2 }
    l:sort()
    test.is(plain(l), { 1, 2, 3 })
    l:reverse()
    test.is(plain(l), { 3, 2, 1 })
    l:sort(function(a, b) return a < b end)
    test.is(plain(l), { 1, 2, 3 })
    l:sort { reverse = true }
    test.is(plain(l), { 3, 2, 1 })
    local words = m:list { "ccc", "a", "bb" }
    words:sort { key = function(s) return #s end }
    test.is(plain(words), { "a", "bb", "ccc" })
    words:sort { key = function(s) return #s end, reverse = true }
    test.is(plain(words), { "ccc", "bb", "a" })
    m:list():sort()
    m:list():reverse()
end)

test("a sort that fails leaves the list as it was", function()
    local l = m:list { 3, "one", 2 }
    test.ok(not pcall(function() l:sort() end))
    test.is(plain(l), { 3, "one", 2 })
    local object = { kind = "mine" }
    local _, same = pcall(function() l:sort(function() error(object) end) end)
    test.ok(same == object, "an error value comes through unchanged")
    test.ok(not pcall(function() l:sort { key = function() error "in the key" end } end))
    test.is(plain(l), { 3, "one", 2 })
    test.raises("unknown option 'revers' (did you mean 'reverse'?)", function() l:sort { revers = true } end)
    test.raises("bad argument #1 to 'sort'", function() l:sort(5) end)
    l:append(4)
    test.is(#l, 4, "usable afterwards")
end)

test("sort is atomic: what others append meanwhile is there afterwards", function()
    local l = m:list()
    for i = 1, 200 do l:append(i * 7919 % 1000) end
    together(3, function(i)
        for n = 1, 100 do
            if i == 1 then l:sort() else l:append(n) end
        end
    end)
    test.is(#l, 400)
    l:sort()
    local sum, expected, last = 0, 2 * 5050, -1
    for i = 1, 200 do expected = expected + i * 7919 % 1000 end
    for _, v in ipairs(l) do
        test.ok(v >= last, "in order")
        last = v
        sum = sum + v
    end
    test.is(sum, expected)
end)

test("what one process does another sees", function()
    local l = m:list { 1, 2, 3 }
    elsewhere(function()
        l:append(4)
        l[1] = "one"
        l:remove(2)
    end)
    test.is(plain(l), { "one", 3, 4 })
end)

test("append from many processes loses nothing and keeps each one's order", function()
    local l = m:list()
    together(4, function(i)
        for n = 1, 1000 do l:append { i, n } end
    end)
    test.is(#l, 4000)
    local last = { 0, 0, 0, 0 }
    for _, v in ipairs(l) do
        if v[2] ~= last[v[1]] + 1 then test.ok(false, ("%d after %d"):format(v[2], last[v[1]])) end
        last[v[1]] = v[2]
    end
    test.is(last, { 1000, 1000, 1000, 1000 })
end)

test("each element is popped by one of many processes", function()
    local l, taken = m:list(), mp.Queue()
    for i = 1, 2000 do l:append(i) end
    together(4, function(i)
        while true do
            local found, value = pcall(function() return l:pop(i % 2 == 0 and 1 or nil) end)
            if not found then return end
            taken:put(value)
        end
    end)
    local seen = {}
    for _ = 1, 2000 do seen[taken:get_nowait()] = true end
    test.is(#seen, 2000)
    test.is(#l, 0)
end)

test("twenty thousand elements", function()
    local l = m:list()
    for i = 1, 20000 do l[#l + 1] = i end
    test.is(#l, 20000)
    l:insert(1, 0)
    test.is(l[20001], 20000)
    l:reverse()
    test.is(l[1], 20000)
    l:sort()
    test.is({ l[1], l[10000], l[20001] }, { 0, 9999, 20000 })
    for _ = 1, 20001 do l:pop() end
    test.is(#l, 0)
end)

test("walking through a list that somebody shortens just ends", function()
    local l = m:list { 1, 2, 3, 4 }
    local seen = 0
    for _ in ipairs(l) do
        seen = seen + 1
        l:clear()
    end
    test.is(seen, 1)
end)

test("several processes may append with l[#l + 1], and only lose what they overwrite", function()
    local l = m:list()
    local list = {}
    for i = 1, 3 do
        list[i] = mp.Process { target = function() for n = 1, 300 do l[#l + 1] = n end end }:start()
    end
    for _, p in ipairs(list) do p:result(60) end
    test.between(#l, 300, 900)
end)

test("the first element that equals is removed, be it integer or float", function()
    local l = m:list { 1.0, 2, 1 }
    l:remove(1)
    test.is(plain(l), { 2, 1 })
end)

test("a comparison that changes the list is an error", function()
    local l = m:list { 3, 1, 2 }
    test.raises("list modified during sort", function()
        l:sort(function(a, b) l:append(1) return a < b end)
    end)
end)

test("what is in a table beside its positions is not dropped silently", function()
    test.raises("the table has x", function() m:list { 1, 2, x = 3 } end)
end)

test.done()
