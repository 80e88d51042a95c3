-- Section 0 of the API: what is raised, and how it looks.

local test = require "tap"
local support = require "support"
local mp = require "multiprocessing"

test("every kind is a string of the module", function()
    for kind in ([[Empty Full ShutDown TimeoutError EOFError BrokenPipeError OSError ValueError BufferTooShort
        AuthenticationError BrokenBarrierError OwnerDiedError ProcessError RemoteError SerializationError
        DeadlockError CancelledError MemoryError]]):gmatch "%S+" do
        test.is(mp[kind], kind)
    end
end)

test("an error object has kind, message and where", function()
    local q = mp.Queue()
    local line = debug.getinfo(1, "l").currentline + 2
    local finished, e = pcall(function()
        q:get { timeout = 0.01 }
    end)
    test.is(finished, false)
    test.is(e.kind, mp.Empty)
    test.has(e.message, "no item within 0.01 s")
    test.like(e.where, "errors%.lua:" .. line .. "$")
end)

test("tostring of an error object is where, kind and message", function()
    local q = mp.Queue()
    local _, e = pcall(function()
        q:get { timeout = 0.01 }
    end)
    test.is(tostring(e), e.where .. ": Empty: " .. e.message)
end)

test("the message tells the timeout as it was written", function()
    local result = support.run [[
        local q = require "multiprocessing".Queue()
        local _, e = pcall(function() q:get{timeout = 0.5} end)
        print(e)
    ]]
    test.like(result.out, "^script%.lua:2: Empty: no item within 0%.5 s")
end)

test("misuse raises an ordinary error string with the text of Python", function()
    local p = mp.Process { target = print }
    test.raises("can only join a started process", function()
        p:join()
    end)
    local done = mp.Process { target = function() end }
    done:start():join()
    test.raises("cannot start a process twice", function()
        done:start()
    end)
end)

test("an uncaught error object is shown by its text, with a traceback", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local q = mp.Queue()
        local function read() return (q:get_nowait()) end
        local item = read()
    ]]
    test.is(result.status, 1)
    test.like(result.err, "script%.lua:3: Empty: ")
    test.has(result.err, "stack traceback:")
    test.is(result.out, "")
end)

test("errors travel through nested pcall and error unchanged", function()
    local q = mp.Queue()
    local finished, e = pcall(function()
        local _, inner = pcall(function()
            q:get(false)
        end)
        error(inner)
    end)
    test.is(finished, false)
    test.is(e.kind, "Empty")
end)

test("errors can be raised and caught inside a coroutine", function()
    local q = mp.Queue()
    local thread = coroutine.create(function()
        coroutine.yield(1)
        q:get(false)
    end)
    test.is({ coroutine.resume(thread) }, { true, 1 })
    local finished, e = coroutine.resume(thread)
    test.is(finished, false)
    test.is(e.kind, "Empty")
end)

test("OSError carries errno", function()
    local _a, b = mp.Pipe(false)
    local e = test.kind("OSError", function()
        b:recv()
    end)
    test.has(e.message, "connection is write-only")
    local _, closed = pcall(function()
        local x, y = mp.Pipe()
        x:close()
        y:close()
        x:send(1)
    end)
    test.is(closed.kind, "OSError")
end)

test("error objects are sent as they are", function()
    local q = mp.Queue()
    local _, e = pcall(function()
        q:get(false)
    end)
    q:put(e)
    local copy = q:get()
    test.is(copy.kind, "Empty")
    test.is(copy.message, e.message)
    test.is(copy.where, e.where)
    test.is(tostring(copy), tostring(e))
end)

test.done()
