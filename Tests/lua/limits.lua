-- What happens at the limits: memory, processes, sizes. Errors are objects, and everything stays usable.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

test("a million queues are created and dropped in constant memory", function()
    local baseline
    for i = 1, 1000000 do
        local _q = mp.Queue()
        if i == 100000 then baseline = support.resident() end
    end
    local grown = support.resident() - baseline
    test.ok(grown < 32 * 1024, "grew by " .. grown .. " KiB over 900,000 queues")
end)

test("so are queues with something in them, and locks", function()
    local baseline
    for i = 1, 200000 do
        local q, lock = mp.Queue(), mp.Lock()
        q:put { "an item", lock }
        if i == 50000 then baseline = support.resident() end
    end
    local grown = support.resident() - baseline
    test.ok(grown < 32 * 1024, "grew by " .. grown .. " KiB")
end)

test("a long-lived queue does not grow with what passed through it", function()
    local q = mp.Queue()
    local baseline
    for i = 1, 200000 do
        q:put { i, ("x"):rep(i % 300) }
        q:get()
        if i % 1000 == 0 then q:put(("x"):rep(1 << 20)) q:get() end
        if i == 20000 then baseline = support.resident() end
    end
    local grown = support.resident() - baseline
    test.ok(grown < 16 * 1024, "grew by " .. grown .. " KiB")
end)

test("two hundred processes at once on one queue", function()
    local q, results, gate = mp.Queue(), mp.Queue(), mp.Queue()
    local list = {}
    for i = 1, 200 do
        list[i] = mp.Process {
            target = function()
                gate:get()
                for j = 1, 10 do q:put { i, j } end
                for _ = 1, 10 do results:put(q:get()) end
            end,
        }:start()
    end
    test.is(#mp.active_children(), 200)
    for _ = 1, 200 do gate:put(true) end
    local sum, count = 0, 0
    for _ = 1, 2000 do
        local item = results:get { timeout = 60 }
        sum = sum + item[1]
        count = count + 1
    end
    test.is({ sum, count }, { 10 * 200 * 201 // 2, 2000 })
    mp.join(list)
    for _, p in ipairs(list) do test.is(p.exitcode, 0) end
end)

test("exhausted shared memory is a MemoryError, and everything is usable afterwards", function()
    local result = support.run([[
        local mp = require "multiprocessing"
        local q = mp.Queue()
        local megabyte = ("x"):rep(1 << 20)
        for round = 1, 3 do
            local e
            local count = 0
            while not e and count < 100 do
                local finished, problem = pcall(function() q:put(megabyte) end)
                if finished then count = count + 1 else e = problem end
            end
            print(e.kind, count >= 4 and count < 100, count == q:qsize(), e.where)
            for i = 1, count do assert(#q:get(false) == 1 << 20) end
            local p = mp.Process{target = function() q:put("from a child") end}
            p:start():join()
            print(q:get(), q:qsize())
        end
        -- One message that is larger than all there is.
        local _, e = pcall(function() q:put(("x"):rep(64 << 20)) end)
        print(e.kind)
    ]], { env = "MPRUN_SHARED_MEMORY=16777216" })
    local round = "MemoryError\ttrue\ttrue\tscript.lua:8\nfrom a child\t0\n"
    test.is(result.out, round:rep(3) .. "MemoryError\n")
    test.is(result.err, "")
    test.is(result.status, 0)
end)

test("shared memory taken by garbage is collected before MemoryError", function()
    local result = support.run([[
        local mp = require "multiprocessing"
        collectgarbage "stop"
        for i = 1, 100 do
            local q = mp.Queue()
            q:put(("x"):rep(1 << 20))
        end
        print "done"
    ]], { env = "MPRUN_SHARED_MEMORY=16777216" })
    test.is(result.out, "done\n")
    test.is(result.err, "")
end)

test("queues without end run into MemoryError too", function()
    local result = support.run([[
        local mp = require "multiprocessing"
        local list, e = {}, nil
        while not e and #list < 1e7 do
            local finished, q = pcall(function() return mp.Queue() end)
            if finished then list[#list + 1] = q else e = q end
        end
        print(e.kind)
        list = nil
        collectgarbage()
        local q = mp.Queue()
        q:put "usable"
        print(q:get())
    ]], { env = "MPRUN_SHARED_MEMORY=16777216" })
    test.is(result.out, "MemoryError\nusable\n")
end)

test("a fork that is refused is an OSError and the process can be started later", function()
    support.write("fork.lua", [[
        local mp = require "multiprocessing"
        local p = mp.Process{target = function() return "ran" end}
        local finished, e = pcall(function() p:start() end)
        print(finished, e.kind, e.errno)
        print(p.pid, p:is_alive(), p.exitcode)
        print "refused"
        io.stdout:flush()
        io.read()
        p:start()
        print(p:result(), p.exitcode)
    ]])
    local result = support.fixture("refuse_fork.py", support.mprun, "fork.lua")
    test.is(result.out, "false\tOSError\t11\nnil\tfalse\tnil\nrefused\nran\t0\n")
    test.is(result.status, 0)
end)

test("too many processes are an OSError, and afterwards more can be started", function()
    local result = support.run([[
        local mp = require "multiprocessing"
        local time = require "time"
        local gate = mp.Queue()
        local list, e = {}, nil
        for i = 1, 3000 do
            local p = mp.Process{target = function() gate:get() end}
            local finished, problem = pcall(function() p:start() end)
            if not finished then e = problem break end
            list[i] = p
        end
        print(e and e.kind or "OSError", #list >= 200)
        for _ = 1, #list do gate:put(true) end
        print(mp.join(list))
        local p = mp.Process{target = function() return "one more" end}
        p:start()
        print(p:result())
    ]], { seconds = 120 })
    test.is(result.out, "OSError\ttrue\ntrue\none more\n")
    test.is(result.status, 0)
end)

test("a fork bomb ends with clear errors", function()
    local result = support.run([[
        local mp = require "multiprocessing"
        local time = require "time"
        local stop = mp.Queue()
        local function bomb()
            while true do
                local finished, e = pcall(function() mp.Process{target = bomb, daemon = false}:start() end)
                if not finished then stop:put(e) time.sleep(100) end
                time.sleep(0.01)
            end
        end
        mp.Process{target = bomb}:start()
        local e = stop:get{timeout = 20}
        print(type(e), e.kind)
        io.popen("kill -INT " .. mp.getpid()):close()
        time.sleep(100)
    ]], { env = "--default-signal=INT", seconds = 100 })
    test.is(result.out, "table\tOSError\n")
    test.is(result.status, 130)
end)

test("a value of many megabytes and of many elements", function()
    local q = mp.Queue()
    local list = {}
    for i = 1, 500000 do list[i] = { i } end
    q:put(list)
    local copy = q:get()
    test.is(#copy, 500000)
    test.is(copy[500000], { 500000 })
end)

test("unsendable values leave nothing behind", function()
    local q = mp.Queue()
    local bad = { ("x"):rep(100000), coroutine.create(print) }
    for _ = 1, 50 do pcall(function() q:put(bad) end) end
    local baseline = support.resident()
    for _ = 1, 5000 do
        local finished = pcall(function() q:put(bad) end)
        if finished then return test.ok(false, "it was sent") end
    end
    test.ok(support.resident() - baseline < 16 * 1024)
    test.is(q:qsize(), 0)
end)

test("Lua's own memory errors are Lua errors", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local q = mp.Queue()
        print(pcall(string.rep, "x", 1 << 60))
        q:put "usable"
        print(q:get())
    ]]
    test.like(result.out, "^false\t.*\nusable\n$")
end)

test.done()
