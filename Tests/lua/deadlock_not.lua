-- What is no deadlock is not called one: somebody can act, though it takes its time.

local test = require "tap"
local support = require "support"

-- Runs a script whose family looks blocked for three seconds; then it must have gone on.
local function goes_on(code, options)
    local result = support.run("local mp, time = require 'multiprocessing', require 'time'\n" .. code, options)
    test.is(result.err, "")
    test.is(result.status, 0)
    test.is(result.out, "went on\n")
end

test("a process that sleeps", function()
    goes_on [[
        local q = mp.Queue()
        mp.Process { target = function() time.sleep(3) q:put("went on") end }:start()
        print(q:get())
    ]]
end)

test("a process that computes", function()
    goes_on [[
        local e = mp.Event()
        mp.Process { target = function()
            local finish = time.monotonic() + 3
            while time.monotonic() < finish do end
            e:set()
        end }:start()
        e:wait()
        print "went on"
    ]]
end)

test("a wait with a time limit", function()
    goes_on [[
        local l, e = mp.Lock(), mp.Event()
        l:acquire()
        mp.Process { target = function() e:wait(3) l:release() end }:start()
        l:acquire()
        print "went on"
    ]]
end)

test("a process in a system call, in a program of its own, in a pipe of the shell", function()
    goes_on [[
        local q = mp.Queue()
        mp.Process { target = function() os.execute("sleep 3") q:put(1) end }:start()
        q:get()
        mp.Process { target = function() io.popen("sleep 2; echo x"):read("a") q:put("went on") end }:start()
        print(q:get())
    ]]
end)

test("a process that reads standard input", function()
    local result = support.shell(("(sleep 3; echo went on) | exec %s -e %s"):format(support.quote(support.mprun), support.quote [[
        local mp = require "multiprocessing"
        local q = mp.Queue()
        mp.Process { target = function() q:put(q:get():upper()) end, daemon = true }:start()
        q:put(io.read())
        print(q:get())]]))
    test.ok(result.status == 0 and result.err == "", result.err)
end)

test("a process that waits for a connection, alone or among others", function()
    goes_on [[
        local r, w = mp.Pipe(false)
        local e, q = mp.Event(), mp.Queue()
        local p = mp.Process { target = function() mp.wait { r, e } q:put("went on") end }:start()
        local watcher = mp.Process { target = function() r:recv() end, daemon = true }:start()
        mp.Process { target = function() time.sleep(3) w:send(1) w:send(2) end }:start()
        print(q:get())
    ]]
end)

test("a process that handles signals", function()
    goes_on [[
        local e = mp.Event()
        mp.on_signal("USR1", function() e:set() end)
        os.execute("(sleep 3; kill -USR1 " .. mp.getpid() .. ") &")
        e:wait()
        print "went on"
    ]]
end)

test("a process that is stopped", function()
    goes_on [[
        local q, r = mp.Queue(), mp.Queue()
        local p = mp.Process { target = function() r:put("ready") q:put(r:get() and q:get()) end }
        p = mp.Process { target = function()
            local until_then = time.monotonic() + 1
            while time.monotonic() < until_then do end
            q:put("went on")
        end }:start()
        os.execute("kill -STOP " .. p.pid .. "; (sleep 3; kill -CONT " .. p.pid .. ") &")
        print(q:get())
    ]]
end)

test("a process killed while all others wait for it", function()
    goes_on [[
        local l = mp.Lock { on_owner_death = "release" }
        local e = mp.Event()
        local p = mp.Process { target = function() l:acquire() e:wait() end }:start()
        while not l:locked() do time.sleep(0.01) end
        os.execute("(sleep 3; kill -KILL " .. p.pid .. ") &")
        mp.on_signal("USR2", function() end) -- somebody outside is expected to act
        l:acquire()
        print "went on"
    ]]
end)

test("a slow round of messages between many", function()
    goes_on [[
        local n = 5
        local queues = {}
        for i = 1, n do queues[i] = mp.Queue() end
        for i = 1, n do
            mp.Process { target = function()
                for token in queues[i]:items() do
                    if i == 3 then time.sleep(0.7) end
                    queues[i % n + 1]:put(token + 1)
                    if token >= 20 then return end
                end
            end, daemon = true }:start()
        end
        queues[1]:put(1)
        local p = mp.Process { target = function() time.sleep(3.5) end }:start()
        p:join()
        print "went on"
    ]]
end)

test("a pool that is idle while its owner computes, and works while its owner waits", function()
    goes_on [[
        local pool <close> = mp.Pool(2)
        local finish = time.monotonic() + 2
        while time.monotonic() < finish do end
        assert(pool:apply(function() require "time".sleep(2.5) return 1 end) == 1)
        print "went on"
    ]]
end)

test("two families do not see each other", function()
    goes_on [[
        local q = mp.Queue()
        mp.Process { target = function()
            assert(os.execute(os.getenv "MPRUN" .. " -e 'require \"time\".sleep(3)'"))
            q:put("went on")
        end }:start()
        print(q:get())
    ]]
end)

test.done()
