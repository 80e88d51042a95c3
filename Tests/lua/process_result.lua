-- Section 2 of the API: result(), and what an uncaught error looks like.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

test("result waits and returns what the target returned", function()
    local p = mp.Process {
        target = function(x)
            time.sleep(0.1)
            return x, nil, { deep = { 1 } }
        end,
        args = { 21 },
    }
    p:start()
    test.is(table.pack(p:result()), { 21, nil, { deep = { 1 } }, n = 3 })
    test.is(table.pack(p:result()), { 21, nil, { deep = { 1 } }, n = 3 }, "a second time")
    test.is(p.exitcode, 0)
end)

test("result of a target that returns nothing", function()
    local p = mp.Process { target = function() end }
    p:start()
    test.is(table.pack(p:result()), { n = 0 })
end)

test("result with a timeout", function()
    local p = mp.Process { target = function() time.sleep(100) end }
    p:start()
    test.lasts(0.1, function()
        test.kind("TimeoutError", function() p:result(0.1) end)
    end)
    test.kind("TimeoutError", function() p:result(0) end)
    p:kill()
    local e = test.kind("ProcessError", function() p:result() end)
    test.is(e.exitcode, -9)
end)

test("a failed child raises ProcessError with its message and traceback", function()
    local p = mp.Process {
        target = function()
            local function inner_function() error "boom" end
            inner_function()
        end,
        name = "unlucky",
    }
    p:start()
    local e = test.kind("ProcessError", function() p:result() end)
    test.is(e.exitcode, 1)
    test.has(tostring(e.process), "unlucky")
    test.like(e.traceback, "process_result%.lua:%d+: in ")
    test.has(e.traceback, "inner_function")
    test.like(tostring(e), "^[^\n]*process_result%.lua:%d+: boom", "the original message comes first")
end)

test("an error object of the child is in the ProcessError", function()
    local p = mp.Process { target = function() mp.Queue { name = "orders" }:get(false) end }
    p:start()
    local e = test.kind("ProcessError", function() p:result() end)
    test.has(tostring(e), "Empty")
    test.has(tostring(e), "orders")
end)

test("result of a child that left by os.exit", function()
    local p = mp.Process { target = function() os.exit(4) end }
    p:start()
    local e = test.kind("ProcessError", function() p:result() end)
    test.is(e.exitcode, 4)
end)

test("an unsendable result raises SerializationError in result only", function()
    local p = mp.Process { target = function() return { thread = coroutine.create(print) } end }
    p:start():join()
    test.is(p.exitcode, 0)
    local e = test.kind("SerializationError", function() p:result() end)
    test.has(e.message, "cannot send a coroutine")
end)

test("a large result and many results", function()
    local p = mp.Process { target = function() return ("x"):rep(4 << 20) end }
    p:start()
    test.is(#p:result(), 4 << 20)
    local list = {}
    for i = 1, 50 do list[i] = mp.Process { target = function() return i * i end }:start() end
    for i = 1, 50 do test.is(list[i]:result(), i * i) end
end)

test("result before start and of another's process", function()
    local p = mp.Process { target = print }
    test.raises("started", function() p:result() end)
end)

test("an uncaught error prints the name and the traceback", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local function inner() error("boom") end
        local function piao() inner() end
        local p = mp.Process{target = piao}
        p:start()
        p:join()
        print(p.exitcode)
    ]]
    test.is(result.out, "1\n")
    test.is(result.status, 0)
    test.like(result.err, "^Process Process%-1:\n")
    test.has(result.err, "script.lua:2: boom")
    test.has(result.err, "stack traceback:")
    test.has(result.err, "in upvalue 'inner'")
    test.has(result.err, "script.lua:3: in function")
end)

test("errors that are tables, with and without __tostring, and nil", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local function try(e)
            local p = mp.Process{target = function() error(e) end}
            p:start():join()
            print(p.exitcode)
        end
        try(setmetatable({}, {__tostring = function() return "a table of errors" end}))
        try({})
        try(nil)
        try(42)
    ]]
    test.is(result.out, "1\n1\n1\n1\n")
    test.has(result.err, "a table of errors")
    test.has(result.err, "Process Process-3:")
    test.has(result.err, "42")
end)

test("a stack overflow and a failing __tostring end the child with 1", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local function down() return 1 + down() end
        local p = mp.Process{target = down}
        p:start():join()
        local q = mp.Process{target = function()
            error(setmetatable({}, {__tostring = function() error "worse" end}))
        end}
        q:start():join()
        print(p.exitcode, q.exitcode)
    ]]
    test.is(result.out, "1\t1\n")
    test.has(result.err, "stack overflow")
end)

test("tracebacks show the user's lines, not the host's", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        mp.Process{target = function() local x = nil; x.y = 1 end}:start():join()
    ]]
    test.has(result.err, "script.lua:2:")
    test.has(result.err, "local 'x'")
end)

test.done()
