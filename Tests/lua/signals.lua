-- Sections 2 to 4 of the API: a signal that has nothing to do with it neither ends a blocking call nor shortens or
-- prolongs its timeout.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local timeout = 0.3

-- Stops a process for a moment, which interrupts whatever system call it is in, and sends it a harmless signal.
-- (Signals with a function of the script's own are in on_signal.lua.)
local function disturb(pid)
    support.kill("STOP", pid)
    assert(support.eventually(function() return not support.runs(pid) or support.state(pid) == "T" end), "it stops")
    support.kill("CONT", pid)
    support.kill("WINCH", pid)
end

-- By name, something that makes a call to be disturbed. It returns the call, which takes a timeout; what lets the
-- call go on; and the results of the call then and after its timeout.
local calls = {}

function calls.join()
    local gate = mp.Queue()
    local function call(seconds)
        return mp.Process { target = function() gate:get() end, daemon = true }:start():join(seconds)
    end
    return call, function() gate:put(1) end, true, false
end

function calls.get()
    local q = mp.Queue()
    return function(seconds) return q:get { timeout = seconds } end, function() q:put "item" end, "item", "Empty"
end

function calls.put()
    local q = mp.Queue(1)
    q:put "it is full"
    local function call(seconds)
        q:put("late", { timeout = seconds })
        return "put"
    end
    return call, function() q:get() end, "put", "Full"
end

function calls.poll()
    local a, b = mp.Pipe()
    return function(seconds) return b:poll(seconds or math.huge) end, function() a:send(1) end, true, false
end

function calls.recv()
    local a, b = mp.Pipe()
    return function() return b:recv() end, function() a:send "message" end, "message"
end

function calls.recv_bytes()
    local a, b = mp.Pipe()
    return function() return b:recv_bytes() end, function() a:send_bytes "bytes" end, "bytes"
end

function calls.wait()
    local a, b = mp.Pipe()
    return function(seconds) return #mp.wait({ b }, seconds) end, function() a:send(1) end, 1, 0
end

calls["wait for a queue"] = function()
    local q = mp.Queue()
    return function(seconds) return #mp.wait({ q }, seconds) end, function() q:put(1) end, 1, 0
end

calls["join of a queue"] = function()
    local q = mp.JoinableQueue()
    q:put(1)
    return function(seconds) return q:join(seconds) end, function() q:get() q:task_done() end, true, false
end

for name, make in pairs(calls) do
    test("a blocked " .. name .. " survives signals", function()
        local call, release, expected = make()
        local p = mp.Process { target = function() return call() end }
        p:start()
        for _ = 1, 3 do
            test.ok(support.until_asleep(p.pid), "it sleeps")
            disturb(p.pid)
        end
        test.ok(support.until_asleep(p.pid), "it sleeps again")
        test.is(p:is_alive(), true)
        release()
        test.is(p:result(60), expected)
    end)
end

for name, make in pairs(calls) do
    local call, _, _, expected = make()
    if expected ~= nil then
        test("a " .. name .. " under signals without end honours its timeout", function()
            local p = mp.Process {
                target = function()
                    local started = time.monotonic()
                    local finished, result = pcall(call, timeout)
                    return time.monotonic() - started, finished and result or not finished and result.kind
                end,
            }
            p:start()
            -- A call that began its timeout anew with each signal would never return.
            local deadline = time.monotonic() + 60
            while p:is_alive() and time.monotonic() < deadline do disturb(p.pid) end
            local taken, result = p:result(0)
            test.ok(taken >= timeout - 0.002, ("it returned after %.4f s"):format(taken))
            test.is(result, expected)
        end)
    end
end

test("the main process in join is disturbed by the child that it waits for", function()
    local main = mp.getpid()
    local p = mp.Process {
        target = function()
            for _ = 1, 3 do
                assert(support.until_asleep(main))
                disturb(main)
            end
        end,
    }
    p:start()
    test.is(p:join(), true)
    test.is(p.exitcode, 0)
end)

test("a long message survives signals to a sender who waits for room", function()
    local a, b = mp.Pipe()
    local text = ("0123456789abcdef"):rep(1 << 18)
    local p = mp.Process { target = function() b:send_bytes(text) b:send "after" end }
    p:start()
    for _ = 1, 3 do
        test.ok(support.until_asleep(p.pid))
        disturb(p.pid)
    end
    test.ok(a:recv_bytes() == text)
    test.is(a:recv(), "after")
    p:join()
    test.is(p.exitcode, 0)
end)

test("a long message survives signals to a receiver who has half of it", function()
    local a, b = mp.Pipe()
    local text = ("0123456789abcdef"):rep(1 << 18)
    local sender = mp.Process { target = function() b:send_bytes(text) b:send "after" end }
    sender:start()
    test.ok(support.until_asleep(sender.pid))
    support.kill("STOP", sender.pid) -- what fits into the socket is there, the rest does not come
    local receiver = mp.Process { target = function() return a:recv_bytes() == text, a:recv() end }
    receiver:start()
    for _ = 1, 3 do
        test.ok(support.until_asleep(receiver.pid))
        disturb(receiver.pid)
    end
    support.kill("CONT", sender.pid)
    test.is({ receiver:result(60) }, { true, "after" })
    sender:join()
    test.is(sender.exitcode, 0)
end)

test.done()
