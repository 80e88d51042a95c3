-- Section 6 of the API: Value and RawValue.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

local elsewhere = support.elsewhere

-- The integer types with their ranges; nil where the bound is beyond Lua's integers.
local integers = {
    { "b", -0x80, 0x7f }, { "B", 0, 0xff },
    { "h", -0x8000, 0x7fff }, { "H", 0, 0xffff },
    { "i", -0x80000000, 0x7fffffff }, { "I", 0, 0xffffffff },
    { "l", math.mininteger, math.maxinteger }, { "L", 0 },
    { "q", math.mininteger, math.maxinteger }, { "Q", 0 },
}

-- A value and another one of each type.
local samples = {
    { "b", -5, 6 }, { "B", 5, 250 }, { "h", -232, 234 }, { "H", 232, 65000 }, { "i", 4343, -24234 },
    { "I", 4343, 4000000000 }, { "l", -1 << 40, 1 << 41 }, { "L", 1, 1 << 62 }, { "q", 1 << 33, -1 << 34 },
    { "Q", 1 << 33, 1 << 34 }, { "f", 0.5, -0.25 }, { "d", 3.625, -4.25 }, { "?", true, false }, { "c", "x", "y" },
}

for _, class in ipairs { "Value", "RawValue" } do
    local new = mp[class]

    test(class .. ": each type holds its initial value, and what another process writes", function()
        local values = {}
        for i, sample in ipairs(samples) do values[i] = new(sample[1], sample[2]) end
        for i, sample in ipairs(samples) do test.is(values[i].value, sample[2], sample[1]) end
        elsewhere(function()
            for i, sample in ipairs(samples) do values[i].value = sample[3] end
        end)
        for i, sample in ipairs(samples) do test.is(values[i].value, sample[3], sample[1]) end
    end)

    test(class .. ": zero without an initial value", function()
        for _, range in ipairs(integers) do test.is(new(range[1]).value, 0, range[1]) end
        test.is(new("f").value, 0.0)
        test.is(new("d").value, 0.0)
        test.is(new("?").value, false)
        test.is(new("c").value, "\0")
    end)

    test(class .. ": integers from the lowest to the highest", function()
        for _, range in ipairs(integers) do
            local code, low, high = range[1], range[2], range[3] or math.maxinteger
            local v = new(code, high)
            test.is(v.value, high, code)
            v.value = low
            test.is(v.value, low, code)
        end
    end)

    test(class .. ": a value out of range is an error and changes nothing", function()
        for _, range in ipairs(integers) do
            local code, low, high = table.unpack(range, 1, 3)
            local v = new(code, 1)
            local outside = {}
            if low ~= math.mininteger then outside[1] = low - 1 end
            if high and high ~= math.maxinteger then outside[2] = high + 1 end
            for _, bad in ipairs(outside) do
                local e = test.kind("ValueError", function() v.value = bad end)
                test.has(e.message, ("%d is out of range for type '%s' (%d to "):format(bad, code, low))
                test.kind("ValueError", function() new(code, bad) end)
            end
            test.is(v.value, 1, code)
        end
        local v = new("B", 1)
        local e = test.kind("ValueError", function() v.value = 300 end)
        test.has(e.message, "300 is out of range for type 'B' (0 to 255)")
        e = test.kind("ValueError", function() v.value = -1 end)
        test.has(e.message, "-1 is out of range for type 'B' (0 to 255)")
        test.is(v.value, 1)
    end)

    test(class .. ": a value of the wrong type is an error and changes nothing", function()
        for _, sample in ipairs(samples) do
            local code = sample[1]
            local v = new(code, sample[2])
            local bad = { {}, print, v }
            if code ~= "c" then bad[#bad + 1] = "text" end
            if code ~= "?" then bad[#bad + 1] = true end
            if code:find "[bBhHiIlLqQ]" then bad[#bad + 1] = 1.5 end
            if code == "c" then table.move({ 1, "", "xy" }, 1, 3, #bad + 1, bad) end
            for _, wrong in ipairs(bad) do
                test.ok(not pcall(function() v.value = wrong end), code .. " takes " .. tostring(wrong))
            end
            test.is(v.value, sample[2], code)
        end
        test.raises("", function() new("i").value = "text" end)
        test.raises("", function() new("i").value = 1.5 end)
        test.raises("", function() new("i", "text") end)
    end)

    test(class .. ": floats", function()
        local d = new("d")
        for _, x in ipairs { 0.1, 1e300, -1e-300, math.huge, -math.huge, 0 / 0, 2 ^ 53 + 2 } do
            d.value = x
            test.is(d.value, x)
        end
        d.value = -0.0
        test.is(1 / d.value, -math.huge)
        d.value = 7
        test.is(d.value, 7.0)
        local f = new("f", 0.1)
        test.is(f.value, (string.unpack("f", string.pack("f", 0.1))))
        f.value = math.huge
        test.is(f.value, math.huge)
        f.value = 0 / 0
        test.is(f.value, 0 / 0)
    end)

    test(class .. ": an unknown type code", function()
        test.raises("unknown type code 'x'", function() new("x", 0) end)
        test.raises("unknown type code 'ii'", function() new("ii", 0) end)
        test.raises("unknown type code ''", function() new("", 0) end)
        test.raises("bad argument #1", function() new() end)
        test.raises("bad argument #1", function() new {} end)
    end)

    test(class .. ": a name that is no field", function()
        local v = new("i", 5)
        test.raises("valu", function() v.valu = 6 end)
        test.is(v.value, 5)
    end)
end

test("get_obj gives the raw value, get_lock a recursive lock", function()
    for _, v in ipairs { mp.Value("i", 5), mp.Value("i", 5, { lock = true }) } do
        local lock, raw = v:get_lock(), v:get_obj()
        test.is(raw.value, 5)
        raw.value = 6
        test.is(v.value, 6)
        lock:with(function()
            v:get_lock():with(function() v.value = v.value + 1 end)
            test.is(elsewhere(function() return v:get_lock():acquire(false) end), false)
        end)
        test.is(v.value, 7)
        test.is(lock:locked(), false)
    end
end)

test("a lock of one's own", function()
    for _, lock in ipairs { mp.Lock(), mp.RLock() } do
        local v = mp.Value("i", 5, { lock = lock })
        lock:acquire()
        test.is(v:get_lock():locked(), true)
        v:get_lock():release()
        test.is(lock:locked(), false)
        test.is(v.value, 5)
        v.value = 6
        test.is(v:get_obj().value, 6)
    end
    test.raises("lock", function() mp.Value("i", 5, { lock = "navalue" }) end)
    test.raises("lock", function() mp.Value("i", 5, { lock = mp.Event() }) end)
end)

test("lock = false and RawValue have no lock", function()
    for _, v in ipairs { mp.Value("i", 5, { lock = false }), mp.RawValue("i", 5) } do
        test.ok(not pcall(function() return v:get_lock() end))
        test.ok(not pcall(function() return v:get_obj() end))
        test.is(v.value, 5)
        v.value = 6
        test.is(v.value, 6)
    end
end)

test("counting under the lock loses nothing", function()
    local v, list = mp.Value("i", 0), {}
    for i = 1, 5 do
        list[i] = mp.Process {
            target = function()
                for _ = 1, 1000 do
                    local guard <close> = v:get_lock():hold()
                    v.value = v.value + 1
                end
            end,
        }:start()
    end
    mp.join(list)
    test.is(v.value, 5000)
end)

test("add is atomic and returns the new value", function()
    local v, list = mp.Value("q", 0), {}
    for i = 1, 4 do
        list[i] = mp.Process {
            target = function()
                local last = 0
                for _ = 1, 20000 do
                    local now = v:add(i)
                    if now <= last then error "not the new value" end
                    last = now
                end
            end,
        }:start()
    end
    mp.join(list)
    for _, p in ipairs(list) do test.is(p.exitcode, 0) end
    test.is(v.value, 20000 * (1 + 2 + 3 + 4))
    test.is(v:add(-v.value), 0)
    local d, f = mp.Value("d", 1.5), mp.Value("f", 1.5)
    test.is(d:add(2), 3.5)
    test.is(f:add(0.25), 1.75)
end)

test("add beyond the range is an error and changes nothing", function()
    local v = mp.Value("b", 100)
    local e = test.kind("ValueError", function() v:add(28) end)
    test.has(e.message, "is out of range for type 'b' (-128 to 127)")
    test.is(v:add(27), 127)
    test.kind("ValueError", function() v:add(-256) end)
    test.is(v.value, 127)
    local q = mp.Value("q", math.maxinteger)
    test.kind("ValueError", function() q:add(1) end)
    test.is(q.value, math.maxinteger)
    local u = mp.Value("I", 0)
    test.kind("ValueError", function() u:add(-1) end)
    test.is(u.value, 0)
end)

test("add of what is no number, or to what is no number", function()
    local v = mp.Value("i", 5)
    test.raises("bad argument #1 to 'add'", function() v:add "one" end)
    test.raises("bad argument #1 to 'add'", function() v:add() end)
    test.ok(not pcall(function() v:add(1.5) end))
    test.is(v.value, 5)
    for _, code in ipairs { "?", "c" } do test.ok(not pcall(function() mp.Value(code):add(1) end), code) end
end)

test("compare_exchange", function()
    local v = mp.Value("i", 5)
    test.is({ v:compare_exchange(5, 6) }, { true })
    test.is({ v:compare_exchange(5, 7) }, { false, 6 })
    test.is(v.value, 6)
    test.kind("ValueError", function() v:compare_exchange(6, 1 << 40) end)
    test.ok(not pcall(function() v:compare_exchange(6, "seven") end))
    test.is(v.value, 6)
    local d = mp.Value("d", 0.5)
    test.is({ d:compare_exchange(0.5, 1) }, { true })
    test.is({ d:compare_exchange(0.5, 2) }, { false, 1.0 })
    local flag = mp.Value("?", false)
    test.is({ flag:compare_exchange(false, true) }, { true })
    test.is({ flag:compare_exchange(false, true) }, { false, true })
end)

test("counting with compare_exchange loses nothing", function()
    local v, list = mp.Value("i", 0), {}
    for i = 1, 4 do
        list[i] = mp.Process {
            target = function()
                for _ = 1, 1000 do
                    local old = v.value
                    repeat
                        local done, now = v:compare_exchange(old, old + 1)
                        old = now
                    until done
                end
            end,
        }:start()
    end
    mp.join(list)
    test.is(v.value, 4000)
end)

test("lock and name are options, and unknown ones are errors", function()
    local v = mp.Value("i", 7, { lock = false, name = "hits" })
    test.is(v.value, 7)
    test.has(tostring(v), "hits")
    test.has(tostring(v), "7")
    test.raises("unknown option 'lok' (did you mean 'lock'?)", function() mp.Value("i", 0, { lok = false }) end)
    test.raises("unknown option 'nme' (did you mean 'name'?)", function() mp.RawValue("i", 0, { nme = "x" }) end)
end)

test("the name of a value is in its error messages", function()
    local v = mp.Value("B", 0, { name = "hits" })
    local e = test.kind("ValueError", function() v.value = 256 end)
    test.has(tostring(e), "hits")
end)

test("values next to each other do not touch each other", function()
    local values = {}
    for i = 1, 300 do values[i] = mp.Value(i % 2 == 0 and "b" or "H", i % 100) end
    for i = 1, 300, 3 do values[i].value = 101 end
    for i = 1, 300 do test.is(values[i].value, i % 3 == 1 and 101 or i % 100) end
    collectgarbage()
    for i = 1, 300 do test.is(values[i].value, i % 3 == 1 and 101 or i % 100) end
end)

test.done()
