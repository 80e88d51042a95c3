-- Section 6 of the API: Array and RawArray.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

local elsewhere = support.elsewhere

local function prefix_sums(a)
    for i = 2, #a do a[i] = a[i] + a[i - 1] end
end

for _, class in ipairs { "Array", "RawArray" } do
    local new = mp[class]

    test(class .. ": made from a list, read, written, and changed by another process", function()
        local list = { 680, 626, 934, 821, 150, 233, 548, 982, 714, 831 }
        local a = new("i", list)
        test.is(#a, 10)
        test.is(a[1], 680)
        test.is(a[10], 831)
        test.is(a:slice(3, 7), { 934, 821, 150, 233, 548 })
        for i = 5, 8 do
            a[i] = i * 10
            list[i] = i * 10
        end
        test.is(a:totable(), list)
        prefix_sums(list)
        elsewhere(prefix_sums, a)
        test.is(a:totable(), list)
    end)

    test(class .. ": made from a size it is all zero, whatever the memory held before", function()
        for _ = 1, 3 do
            local a = new("i", 1000)
            test.is(#a, 1000)
            for i = 1, 1000 do
                if a[i] ~= 0 then test.ok(false, "element " .. i .. " is " .. tostring(a[i])) end
                a[i] = i
            end
            test.is(a[1000], 1000)
            a = nil
            collectgarbage()
        end
    end)

    test(class .. ": every type", function()
        local samples = {
            b = { -128, 127 }, B = { 0, 255 }, h = { -32768, 32767 }, H = { 0, 65535 },
            i = { -0x80000000, 0x7fffffff }, I = { 0, 0xffffffff }, l = { math.mininteger, math.maxinteger },
            L = { 0, math.maxinteger }, q = { math.mininteger, math.maxinteger }, Q = { 0, math.maxinteger },
            f = { 0.5, -math.huge }, d = { 0.1, -1e300 }, ["?"] = { true, false }, c = { "x", "\0" },
        }
        for code, list in pairs(samples) do
            local a = new(code, list)
            test.is(a:totable(), list, code)
            a[1], a[2] = list[2], list[1]
            test.is({ a[1], a[2] }, { list[2], list[1] }, code)
        end
        test.is(new("d", 2):totable(), { 0.0, 0.0 })
        test.is(new("?", 2):totable(), { false, false })
    end)

    test(class .. ": ipairs ends after the last element", function()
        local a, seen = new("i", { 5, 0, 7 }), {}
        for i, v in ipairs(a) do seen[i] = v end
        test.is(seen, { 5, 0, 7 })
        test.is(a[4], nil)
    end)

    test(class .. ": an index outside is an error and changes nothing", function()
        local a = new("i", { 1, 2, 3 })
        for _, i in ipairs { 0, -1, 5, math.maxinteger, math.mininteger } do
            test.raises("invalid index", function() return a[i] end)
            test.raises("invalid index", function() a[i] = 9 end)
        end
        test.raises("invalid index", function() a[4] = 9 end)
        test.ok(not pcall(function() a[1.5] = 9 end))
        test.ok(not pcall(function() a.first = 9 end))
        test.is(a[2.0], 2, "an index that is a whole float")
        test.is(a:totable(), { 1, 2, 3 })
    end)

    test(class .. ": a value that does not fit is an error and changes nothing", function()
        local a = new("B", { 1, 2, 3 })
        for _, bad in ipairs { -1, 256, math.maxinteger } do
            local e = test.kind("ValueError", function() a[2] = bad end)
            test.has(e.message, ("%d is out of range for type 'B' (0 to 255)"):format(bad))
        end
        for _, bad in ipairs { "text", 1.5, {}, true } do test.raises("", function() a[2] = bad end) end
        test.ok(not pcall(function() a[2] = nil end))
        test.is(a:totable(), { 1, 2, 3 })
        test.kind("ValueError", function() new("B", { 1, 256 }) end)
        test.raises("", function() new("B", { 1, "text" }) end)
        test.raises("", function() new("i", { 1, 2.5 }) end)
    end)

    test(class .. ": lengths", function()
        for _, empty in ipairs { new("i", 0), new("i", {}) } do
            test.is(#empty, 0)
            test.is(empty[1], nil)
            test.is(empty:totable(), {})
            for _ in ipairs(empty) do test.ok(false, "it has no element") end
            test.raises("invalid index", function() empty[1] = 1 end)
        end
        local e = test.kind("ValueError", function() new("i", -1) end)
        test.has(e.message, "Array length must be >= 0")
        test.raises("bad argument #2", function() new "i" end)
        test.raises("bad argument #2", function() new("i", 2.5) end)
        test.raises("bad argument #2", function() new("i", print) end)
    end)

    test(class .. ": more than there is memory", function()
        for _, size in ipairs { 1 << 40, 1 << 61, math.maxinteger } do
            local finished, e = pcall(function() return new("d", size) end)
            test.is(finished, false)
            test.ok(e.kind == "MemoryError" or e.kind == "ValueError", "an error object, got " .. tostring(e))
        end
        test.is(new("d", { 1, 2 }):totable(), { 1.0, 2.0 }, "usable afterwards")
    end)

    test(class .. ": an unknown type code", function()
        test.raises("unknown type code 'x'", function() new("x", 10) end)
        test.raises("unknown type code 'int'", function() new("int", 10) end)
        test.raises("bad argument #1", function() new() end)
    end)

    test(class .. ": characters", function()
        local a = new("c", "hello")
        test.is(#a, 5)
        test.is(a[1], "h")
        test.is(a.value, "hello")
        test.is(a.raw, "hello")
        a[1] = "j"
        test.is(a.value, "jello")
        a.value = "by"
        test.is(a.value, "by", "up to the first zero byte")
        test.is(a.raw, "by\0lo")
        a.raw = "\1\2\0\4\5"
        test.is(a.raw, "\1\2\0\4\5")
        test.is(a.value, "\1\2")
        a.value = "exact"
        test.is(a.raw, "exact")
        a.value = ""
        test.is(a.raw, "\0xact")
        local zeroed = new("c", 3)
        test.is(zeroed.raw, "\0\0\0")
        test.is(zeroed.value, "")
    end)

    test(class .. ": characters that do not fit change nothing", function()
        local a = new("c", "hello")
        test.ok(not pcall(function() a.value = "too long" end))
        test.ok(not pcall(function() a.raw = "too long" end))
        test.ok(not pcall(function() a.value = 5 end))
        test.ok(not pcall(function() a[1] = "" end))
        test.ok(not pcall(function() a[1] = "he" end))
        test.ok(not pcall(function() a[1] = 104 end))
        test.is(a.raw, "hello")
        test.ok(not pcall(function() new("i", 2).value = "x" end), "only characters have a value")
    end)

    test(class .. ": slice", function()
        local a = new("i", { 10, 20, 30, 40 })
        test.is(a:slice(1, 4), { 10, 20, 30, 40 })
        test.is(a:slice(2, 3), { 20, 30 })
        test.is(a:slice(3, 3), { 30 })
        test.is(a:slice(3, 2), {})
        local copy = a:slice(1, 2)
        copy[1] = 99
        test.is(a[1], 10, "a copy")
        test.raises("bad argument #1 to 'slice'", function() a:slice("one", 2) end)
    end)

    test(class .. ": a million elements", function()
        local a = new("i", 1000000)
        elsewhere(function()
            for i = 1, 1000000, 1000 do a[i] = 1 end
            a[1000000] = 1
        end)
        local sum = 0
        for _, v in ipairs(a:totable()) do sum = sum + v end
        test.is(sum, 1001)
    end)
end

test("get_obj gives the raw array, get_lock a recursive lock", function()
    for _, a in ipairs { mp.Array("i", { 1, 2, 3 }), mp.Array("i", { 1, 2, 3 }, { lock = true }) } do
        local raw = a:get_obj()
        raw[2] = 20
        test.is(a[2], 20)
        test.is(#raw, 3)
        a:get_lock():with(function()
            a:get_lock():with(function() a[3] = 30 end)
            test.is(elsewhere(function() return a:get_lock():acquire(false) end), false)
        end)
        test.is(raw:totable(), { 1, 20, 30 })
    end
end)

test("a lock of one's own", function()
    local lock = mp.Lock()
    local a = mp.Array("i", 3, { lock = lock })
    lock:acquire()
    test.is(a:get_lock():locked(), true)
    a:get_lock():release()
    test.is(lock:locked(), false)
    a[1] = 5
    test.is(a:get_obj()[1], 5)
    test.raises("lock", function() mp.Array("i", 3, { lock = "notalock" }) end)
end)

test("lock = false and RawArray have no lock", function()
    for _, a in ipairs { mp.Array("i", { 1, 2 }, { lock = false }), mp.RawArray("i", { 1, 2 }) } do
        test.ok(not pcall(function() return a:get_lock() end))
        test.ok(not pcall(function() return a:get_obj() end))
        test.is(a:totable(), { 1, 2 })
    end
end)

test("counting elements under the lock loses nothing", function()
    local a, list = mp.Array("i", 4), {}
    for i = 1, 4 do
        list[i] = mp.Process {
            target = function()
                for n = 1, 500 do
                    local guard <close> = a:get_lock():hold()
                    local k = n % 4 + 1
                    a[k] = a[k] + 1
                end
            end,
        }:start()
    end
    mp.join(list)
    test.is(a:totable(), { 500, 500, 500, 500 })
end)

test("lock and name are options, and unknown ones are errors", function()
    local a = mp.Array("i", { 1, 2 }, { name = "grid", lock = false })
    test.has(tostring(a), "grid")
    test.raises("unknown option 'lok' (did you mean 'lock'?)", function() mp.Array("i", 2, { lok = false }) end)
    test.raises("unknown option 'nme' (did you mean 'name'?)", function() mp.RawArray("i", 2, { nme = "x" }) end)
end)

test("the name of an array is in its error messages", function()
    local a = mp.Array("B", 1, { name = "grid" })
    local e = test.kind("ValueError", function() a[1] = 256 end)
    test.has(tostring(e), "grid")
end)

test.done()
