-- SIGTERM to the main process: the family ends in order, one line is written, and the process ends by SIGTERM.

local test = require "tap"
local support = require "support"
local time = require "time"

-- Runs a script that prints its pid, sends SIGTERM to it when it has said that it is ready.
local function terminated(code)
    support.write("victim.lua", "local mp, time = require 'multiprocessing', require 'time'\nio.stdout:setvbuf 'line'\n" .. code)
    local result = support.shell(("%s victim.lua >victim.out 2>victim.err & pid=$!; until grep -q ready victim.out 2>/dev/null; do sleep 0.05; done; "
        .. "sleep 0.1; kill -TERM $pid; wait $pid"):format(support.quote(support.mprun)), nil, 30)
    result.err = support.read("victim.err")
    return result
end

local ways = {
    ["in Lua code"] = "print 'ready' while true do end",
    ["in a coroutine"] = "print 'ready' coroutine.wrap(function() while true do end end)()",
    ["asleep"] = "print 'ready' time.sleep(60)",
    ["in a wait"] = "local q = mp.Queue() mp.Process { target = function() time.sleep(60) end, daemon = true }:start() "
        .. "print 'ready' q:get()",
    ["joining"] = "local p = mp.Process { target = function() time.sleep(60) end }:start() print 'ready' p:join()",
    ["reading"] = "os.execute 'mkfifo fifo' local fifo = io.open('fifo', 'r+') print 'ready' fifo:read(1)",
    ["in a pool"] = "local pool = mp.Pool(2) print 'ready' pool:map(function() time.sleep(60) end, { 1, 2, 3 })",
    ["waiting for its children at the end"] = "mp.Process { target = function() time.sleep(60) end }:start() print 'ready'",
    ["caught with pcall"] = "print 'ready' pcall(time.sleep, 60) time.sleep(0.1)",
}

for way, code in pairs(ways) do
    test(way, function()
        local before = time.monotonic()
        local result = terminated("mp.atexit(print, 'bye')\n" .. code)
        test.is(result.status, 128 + 15)
        test.is(result.err, "mprun: terminated\n")
        test.ok(time.monotonic() - before < 10)
        if way ~= "waiting for its children at the end" then
            test.is(support.read("victim.out"), "ready\nbye\n")
        end
        os.remove("victim.out")
    end)
end

test("nobody is left", function()
    terminated [[
        local file = io.open("family", "w")
        for i = 1, 5 do
            file:write(mp.Process { target = function() time.sleep(60) end, daemon = i % 2 == 0 }:start().pid, "\n")
        end
        file:close()
        print "ready"
        time.sleep(60)
    ]]
    for pid in io.lines "family" do test.ok(not support.runs(pid), pid) end
    os.remove("victim.out")
end)

test("a child ends by it at once", function()
    local result = support.run [[
        local mp, time = require "multiprocessing", require "time"
        local p = mp.Process { target = function() time.sleep(60) end }:start()
        time.sleep(0.1)
        p:terminate()
        p:join()
        print(p.exitcode)
    ]]
    test.is(result.out, "-15\n")
    test.is(result.err, "")
end)

test("a script that handles it, and does no more", function()
    local result = terminated [[
        local n = 0
        mp.on_signal("TERM", function() n = n + 1 end)
        print "ready"
        while n == 0 do time.sleep(0.01) end
        mp.on_signal("TERM", nil)
        os.execute("(sleep 0.2; kill -TERM " .. mp.getpid() .. ") &")
        time.sleep(60)
    ]]
    test.is(result.status, 128 + 15)
    test.is(result.err, "mprun: terminated\n")
end)

test.done()
