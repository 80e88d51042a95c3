-- The examples' servers, with clients that are other programs: Python and netcat.

local test = require "tap"
local support = require "support"
local socket = require "socket"

local examples = support.fixtures .. "/../../examples/"

local function free_port()
    local server = assert(socket.bind("127.0.0.1", 0))
    local _, port = server:getsockname()
    server:close()
    return tonumber(port)
end

-- Starts a server; the handle tells its pid and stops it with Ctrl-C.
local function serve(name, ...)
    local port = free_port()
    local pipe = assert(io.popen(("echo $$; exec env --default-signal=INT %s %s %d %s >server.out 2>server.err"):format(
        support.quote(support.mprun), support.quote(examples .. name), port, table.concat({ ... }, " "))))
    local pid = pipe:read "n"
    return {
        port = port,
        pid = pid,
        -- The exit status after Ctrl-C.
        stop = function()
            support.kill("INT", pid)
            return select(3, pipe:close())
        end,
    }
end

local function children(pid)
    return tonumber(support.shell(("ps --no-headers -o stat --ppid %d | grep -vc Z"):format(pid)).out)
end

local function zombies(pid)
    return tonumber(support.shell(("ps --no-headers -o stat --ppid %d | grep -c Z"):format(pid)).out)
end

local function clients(port, number)
    return support.fixture("echo_clients.py", port, number).out
end

test("echo_server.lua answers many Python clients at once, one process each", function()
    local server = serve "echo_server.lua"
    test.is(clients(server.port, 1), "1\n")
    test.is(clients(server.port, 100), "100\n")
    test.ok(support.eventually(function() return children(server.pid) == 0 end), "processes end with their connections")
    test.is(clients(server.port, 1), "1\n")
    test.ok(zombies(server.pid) <= 1, "finished processes are reaped when the next one starts")
    test.is(server.stop(), 130)
    test.is(select(2, support.read("server.err"):gsub("\n", "")), 1)
end)

test("netcat gets its answer", function()
    local server = serve "echo_server.lua"
    clients(server.port, 1)
    test.is(support.shell(("printf 'hello from netcat' | nc -N 127.0.0.1 %d"):format(server.port)).out, "HELLO FROM NETCAT")
    local together = {}
    for i = 1, 10 do together[i] = ("(printf 'client %d ' | nc -N 127.0.0.1 %d) &"):format(i, server.port) end
    local out = support.shell(table.concat(together, "\n") .. "\nwait").out
    for i = 1, 10 do test.has(out, "CLIENT " .. i .. " ") end
    test.is(server.stop(), 130)
end)

test("echo_client.lua is interactive like the document's", function()
    local server = serve "echo_server.lua"
    clients(server.port, 1)
    local result = support.shell(("%s %s %d"):format(
        support.quote(support.mprun), support.quote(examples .. "echo_client.lua"), server.port),
        "hello\n\n   spaces around  \n包子 bun\n")
    test.is(result.out, ">> HELLO\n>> >> SPACES AROUND\n>> 包子 BUN\n>> ")
    test.is(result.err, "")
    test.is(result.status, 0)
    test.is(server.stop(), 130)
end)

test("bounded_server.lua serves many clients with few processes", function()
    local server = serve("bounded_server.lua", 3)
    test.is(clients(server.port, 3), "3\n")
    test.is(children(server.pid), 3)
    local together = {}
    for i = 1, 30 do together[i] = ("(printf 'client %d ' | nc -N 127.0.0.1 %d) &"):format(i, server.port) end
    local out = support.shell(table.concat(together, "\n") .. "\nwait").out
    for i = 1, 30 do test.has(out, "CLIENT " .. i .. " ") end
    test.is(children(server.pid), 3)
    test.is(server.stop(), 130)
end)

test("two clients talk at the same time", function()
    local server = serve "echo_server.lua"
    clients(server.port, 1)
    local one = assert(socket.connect("127.0.0.1", server.port))
    local two = assert(socket.connect("127.0.0.1", server.port))
    two:send "second"
    test.is(two:receive(6), "SECOND")
    one:send "first"
    test.is(one:receive(5), "FIRST")
    one:close()
    two:close()
    test.is(server.stop(), 130)
end)

test.done()
