-- Section 4 of the API: mp.wait.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"
local socket = require "socket"

-- Waits for the readers until receive(reader) has been false for each of them.
local function receive_all(readers, receive)
    while #readers > 0 do
        local gone = {}
        for _, reader in ipairs(mp.wait(readers)) do gone[reader] = not receive(reader) end
        local left = {}
        for _, reader in ipairs(readers) do if not gone[reader] then left[#left + 1] = reader end end
        readers = left
    end
end

test("it is also mp.connection.wait", function()
    test.ok(mp.connection.wait == mp.wait)
end)

test("an empty list and timeouts", function()
    local a, b = mp.Pipe()
    test.is(mp.wait({}, 0), {})
    test.lasts(0.1, function() test.is(mp.wait({}, 0.1), {}) end)
    test.is(mp.wait({ a, b }, 0), {})
    test.is(mp.wait({ a, b }, -1), {})
    test.lasts(0.1, function() test.is(mp.wait({ a, b }, 0.1), {}) end)
end)

test("it returns those that are ready, the same objects", function()
    local a, b = mp.Pipe()
    local c, d = mp.Pipe()
    b:send "x"
    local ready = mp.wait { a, c }
    test.is(#ready, 1)
    test.ok(ready[1] == a)
    d:send "y"
    test.is(#mp.wait { a, c }, 2)
    a:recv()
    test.ok(mp.wait({ a, c })[1] == c)
end)

for pace, longest in pairs { quick = 0, slow = 0.02 } do
    test("many connections of " .. pace .. " writers", function()
        local readers = {}
        for i = 1, 4 do
            local r, w = mp.Pipe(false)
            mp.Process {
                target = function()
                    for j = 1, 10 do
                        time.sleep(math.random() * longest)
                        w:send { i, j }
                    end
                end,
            }:start()
            w:close()
            readers[i] = r
        end
        local last = { 0, 0, 0, 0 }
        receive_all(readers, function(r)
            local finished, message = pcall(function() return r:recv() end)
            if finished then
                test.is(message[2], last[message[1]] + 1)
                last[message[1]] = message[2]
            else
                test.is(message.kind, "EOFError")
            end
            return finished
        end)
        test.is(last, { 10, 10, 10, 10 })
    end)

    test("many sockets of " .. pace .. " writers", function()
        local server = assert(socket.bind("127.0.0.1", 0))
        local _, port = server:getsockname()
        local writers, readers, received = {}, {}, {}
        for i = 1, 4 do
            writers[i] = mp.Process {
                target = function()
                    local client = assert(socket.connect("127.0.0.1", port))
                    for j = 1, 10 do
                        time.sleep(math.random() * longest)
                        assert(client:send(j .. "\n"))
                    end
                    client:close()
                end,
            }:start()
        end
        for i = 1, 4 do
            readers[i] = assert(server:accept())
            received[readers[i]] = {}
        end
        server:close()
        receive_all(readers, function(conn)
            local line, problem = conn:receive()
            if line then
                table.insert(received[conn], line)
            else
                test.is(problem, "closed")
                conn:close()
            end
            return line
        end)
        for _, lines in pairs(received) do test.is(table.concat(lines, " "), "1 2 3 4 5 6 7 8 9 10") end
        test.is(mp.join(writers), true)
    end)
end

test("an integer sentinel among connections", function()
    local a, b = mp.Pipe()
    local p = mp.Process { target = function() time.sleep(0.2) end }
    p:start()
    local list = { a, p.sentinel, b }
    -- What is ready of the list, by position, whatever the order of the answer.
    local function ready()
        local found = {}
        for _, it in ipairs(mp.wait(list, 60)) do
            for i, listed in ipairs(list) do if listed == it then found[i] = true end end
        end
        return found
    end
    test.is(test.lasts(0.15, ready), { [2] = true })
    a:send "makes b ready"
    test.is(ready(), { [2] = true, [3] = true })
    b:send "makes a ready"
    test.is(ready(), { true, true, true })
    p:join()
    test.is(p.exitcode, 0)
end)

test("an empty list without a timeout waits for ever, until it is terminated", function()
    local p = mp.Process { target = function() mp.wait {} end }
    p:start()
    test.ok(support.until_asleep(p.pid))
    test.is(p:join(0.1), false)
    p:terminate()
    test.is(p:join(20), true)
    test.is(p.exitcode, -15)
end)

test("processes and their sentinels", function()
    local gate = mp.Queue()
    local p = mp.Process { target = function() gate:get() end }
    p:start()
    test.is(mp.wait({ p, p.sentinel }, 0), {})
    gate:put(1)
    local ready = mp.wait { p }
    test.ok(ready[1] == p)
    test.is(mp.wait { p.sentinel }, { p.sentinel })
    p:join()
end)

for when, known in pairs { ["while it ran"] = true, ["only afterwards"] = false } do
    test("a sibling that looks at a process " .. when .. " learns of its end", function()
        local ready, go = mp.Queue(), mp.Queue()
        local watched = mp.Process { target = function() time.sleep(100) end }:start()
        local sibling = mp.Process {
            target = function()
                local before = known and #mp.wait({ watched, watched.sentinel }, 0) or 0
                ready:put(true)
                go:get()
                return before, #mp.wait({ watched, watched.sentinel }, 20)
            end,
        }:start()
        ready:get()
        watched:kill()
        watched:join()
        go:put(true)
        test.is({ sibling:result(60) }, { 0, 2 })
    end)
end

test("LuaSocket sockets", function()
    local server = assert(socket.bind("127.0.0.1", 0))
    local _, port = server:getsockname()
    test.is(mp.wait({ server }, 0), {})
    local p = mp.Process {
        target = function()
            time.sleep(0.1)
            local client = socket.connect("127.0.0.1", port)
            client:send "line one\nline two\n"
            client:close()
        end,
    }
    p:start()
    test.ok(mp.wait({ server }, 30)[1] == server)
    local conn = server:accept()
    test.ok(mp.wait({ conn }, 30)[1] == conn)
    test.is(conn:receive(), "line one")
    p:join()
    test.is(conn:dirty(), true)
    test.ok(mp.wait({ conn }, 0)[1] == conn, "what the socket has buffered is ready")
    conn:close()
    server:close()
end)

test("queues", function()
    local q, r = mp.Queue(), mp.Queue()
    test.is(mp.wait({ q, r }, 0), {})
    test.lasts(0.1, function() test.is(mp.wait({ q, r }, 0.1), {}) end)
    r:put(1)
    local ready = mp.wait { q, r }
    test.is(#ready, 1)
    test.ok(ready[1] == r)
end)

test("queues, connections, processes and descriptors together", function()
    local q = mp.Queue()
    local a, b = mp.Pipe()
    local go = mp.Queue()
    local p = mp.Process {
        target = function()
            go:get() time.sleep(0.05) q:put "queue"
            go:get() time.sleep(0.05) b:send "pipe"
            go:get()
        end,
    }
    p:start()
    local list = { q, a, p, p.sentinel }
    test.is(mp.wait(list, 0), {})
    go:put(1)
    local ready = mp.wait(list, 60)
    test.ok(#ready == 1 and ready[1] == q, "an object wakes a poller")
    test.is(q:get(), "queue")
    go:put(2)
    ready = mp.wait(list, 60)
    test.ok(#ready == 1 and ready[1] == a, "a descriptor wakes it too")
    test.is(a:recv(), "pipe")
    go:put(3)
    test.ok(#mp.wait(list, 60) >= 1)
    p:join()
    test.is(#mp.wait(list, 0), 2)
end)

test("a queue wakes a process that was forked before it was made", function()
    local box = mp.Queue()
    local p = mp.Process {
        target = function()
            local late = box:get()
            local a, b = mp.Pipe()
            local ready = mp.wait { late, a }
            b:close()
            return #ready, ready[1]:get()
        end,
    }
    p:start()
    local late = mp.Queue()
    box:put(late)
    support.until_asleep(p.pid)
    late:put "wake up"
    test.is({ p:result(60) }, { 1, "wake up" })
end)

test("several pollers of one queue, one of them killed", function()
    local q = mp.Queue()
    local a, b = mp.Pipe()
    local function poll()
        mp.wait { q, a }
        return q:get { timeout = 20 }
    end
    local victim = mp.Process { target = poll }
    local survivor = mp.Process { target = poll }
    victim:start()
    support.until_asleep(victim.pid)
    survivor:start()
    support.until_asleep(survivor.pid)
    victim:kill()
    victim:join()
    q:put "x"
    test.is(survivor:result(30), "x")
    b:close()
end)

test("traffic on other objects does not shorten a timeout", function()
    local a, b = mp.Pipe()
    local q = mp.Queue()
    local noise = mp.Process { target = function() for _ = 1, 20 do time.sleep(0.01) q:put(1) q:get() end end }
    noise:start()
    local quiet = mp.Queue()
    test.lasts(0.2, function() test.is(mp.wait({ a, quiet }, 0.2), {}) end)
    noise:join()
    b:close()
end)

test("what cannot be waited for", function()
    test.raises("bad argument #1 to 'wait' (table expected, got number)", function() mp.wait(1) end)
    for _, odd in ipairs { "text", true, {}, mp.Lock() } do
        local finished = pcall(function() return mp.wait({ odd }, 0) end)
        test.is(finished, false, tostring(odd))
    end
    local a, b = mp.Pipe()
    a:close()
    test.has(test.kind("OSError", function() mp.wait({ a }, 0) end).message, "handle is closed")
    test.is(pcall(function() return mp.wait({ -1 }, 0) end), false)
    b:close()
end)

test.done()
