-- Section 1 of the API: functions, modules and globals.

local test = require "tap"
local support = require "support"
local mp = require "multiprocessing"
local time = require "time"

local q = mp.Queue()

local function send(value)
    q:put(value)
    return q:get()
end

test("a function is sent and works", function()
    local double = send(function(x) return 2 * x end)
    test.is(double(21), 42)
    test.is({ send(function(...) return select("#", ...), ... end)(nil, 1) }, { 2, nil, 1 })
end)

test("upvalues go along by value", function()
    local count = 10
    local step = send(function()
        count = count + 1
        return count
    end)
    test.is(step(), 11)
    test.is(step(), 12)
    test.is(count, 10, "the sender's own variable does not move")
end)

test("an upvalue shared by two functions of one message stays shared", function()
    local count = 0
    local pair = send {
        add = function() count = count + 1 end,
        get = function() return count end,
    }
    pair.add()
    pair.add()
    test.is(pair.get(), 2)
    test.is(count, 0)
end)

test("a recursive function", function()
    local function factorial(n)
        return n < 2 and 1 or n * factorial(n - 1)
    end
    test.is(send(factorial)(10), 3628800)
end)

test("functions inside tables inside upvalues of functions", function()
    local tools = { square = function(x) return x * x end }
    local all = send(function(list)
        local out = {}
        for i, v in ipairs(list) do out[i] = tools.square(v) end
        return out
    end)
    test.is(all { 1, 2, 3 }, { 1, 4, 9 })
end)

test("functions may use modules as upvalues", function()
    local insert = table.insert
    local f = send(function()
        local out = {}
        insert(out, string.upper "a")
        return mp, time, out
    end)
    local its_mp, its_time, out = f()
    test.ok(its_mp == mp and its_time == time, "by name, not by copy")
    test.is(out, { "A" })
end)

test("the sender's globals become the receiver's", function()
    who = "parent"
    local answers = mp.Queue()
    local p = mp.Process {
        target = function()
            who = "child"
            local f = q:get()
            answers:put(f())
        end,
    }
    p:start()
    q:put(function() return who end)
    test.is(answers:get(), "child")
    p:join()
    who = nil
end)

test("_G, loaded modules and standard files go by name", function()
    test.ok(send(_G) == _G)
    test.ok(send(string) == string)
    test.ok(send(mp) == mp)
    test.ok(send(package) == package)
    test.ok(send(io.stdout) == io.stdout)
    test.ok(send(io.stderr) == io.stderr)
    test.ok(send(io.stdin) == io.stdin)
    local mixed = send { s = string, again = string, out = io.stdout }
    test.ok(mixed.s == string and mixed.again == string and mixed.out == io.stdout)
end)

test("a module that the receiver lacks is required there", function()
    support.write("late_module.lua", "return { answer = 42 }")
    local answers = mp.Queue()
    local p = mp.Process {
        target = function()
            assert(not package.loaded.late_module)
            answers:put(q:get().answer)
        end,
    }
    p:start()
    q:put((require "late_module"))
    test.is(answers:get { timeout = 20 }, 42)
    p:join()
end)

test("C functions go by name", function()
    test.ok(send(print) == print)
    test.ok(send(string.format) == string.format)
    test.ok(send { f = math.floor }.f == math.floor)
end)

test("a C function that has no name cannot be sent", function()
    local e = test.kind("SerializationError", function()
        q:put { each = string.gmatch("a", "a") }
    end)
    test.has(e.message, "at value.each")
end)

test("an upvalue that cannot be sent is named", function()
    local log = coroutine.create(print)
    local e = test.kind("SerializationError", function()
        q:put(function() return log end)
    end)
    test.has(e.message, "(at value, upvalue 'log')")
    test.is(q:qsize(), 0)
end)

test("functions reach a process that was forked before they existed", function()
    local answers = mp.Queue()
    local p = mp.Process {
        target = function()
            for f in q:items() do answers:put(f(5)) end
        end,
    }
    p:start()
    for factor = 1, 20 do
        q:put(function(x) return x * factor end)
    end
    q:put(assert(load "local x = ... return x + 100"))
    q:put(nil)
    for factor = 1, 20 do test.is(answers:get(), 5 * factor) end
    test.is(answers:get(), 105)
    p:join()
end)

test("functions with debug information keep their place in errors", function()
    local f = send(function() error "here" end)
    local _, message = pcall(f)
    test.like(message, "crossing_functions%.lua:%d+: here")
end)

test("functions travel through a pipe, bytecode from outside does not", function()
    local a, b = mp.Pipe()
    a:send(function() return "through the pipe" end)
    test.is(b:recv()(), "through the pipe")
    -- Extension type 4 with an id that no arena ever gave out: an error, never a crash or a call.
    for _, bytes in ipairs { "\xd4\x04\x00", "\xc7\x08\x04\1\2\3\4\5\6\7\8", "\xc7\xff\x04", "\xc1", "\x92\x01", "" } do
        a:send_bytes(bytes)
        local finished, problem = pcall(function() return b:recv() end)
        test.ok(not finished, "accepted " .. ("%q"):format(bytes))
        test.is(type(problem), "table", "an error object for " .. ("%q"):format(bytes))
    end
end)

test.done()
