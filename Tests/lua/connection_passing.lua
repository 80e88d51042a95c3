-- Section 4 of the API: what goes through a Connection besides values: other connections and descriptors.
-- (Their simplest uses are in crossing_objects.lua.)

local test = require "tap"
local mp = require "multiprocessing"
local socket = require "socket"

-- Starts f(conn) in a child; returns our end and the process.
local function child_with_pipe(f)
    local near, far = mp.Pipe()
    local p = mp.Process { target = function() near:close() f(far) end }
    p:start()
    far:close()
    return near, p
end

-- Which descriptor of this process an open file has; Lua does not tell.
local function descriptor_of(path)
    local found <close> = assert(io.popen(("find /proc/%d/fd -lname '*/%s' -printf %%f"):format(mp.getpid(), path)))
    return assert(found:read "n", "no descriptor of " .. path)
end

test("the ends of one-way pipes keep their direction", function()
    local conn <close>, p = child_with_pipe(function(conn)
        local writer = conn:recv()
        conn:send { writer.readable, writer.writable, pcall(function() writer:recv() end) }
        writer:send "all is well"
        writer:close()
        local reader <close> = conn:recv()
        conn:send { reader.readable, reader.writable, pcall(function() reader:send(1) end) }
        conn:send(reader:recv():rep(2))
    end)

    local r, w = mp.Pipe(false)
    conn:send(w)
    w:close()
    local readable, writable, worked, problem = table.unpack(conn:recv())
    test.is({ readable, writable, worked }, { false, true, false })
    test.has(problem, "connection is write-only")
    test.is(r:recv(), "all is well")
    test.kind("EOFError", function() r:recv() end)
    r:close()

    r, w = mp.Pipe(false)
    conn:send(r)
    r:close()
    readable, writable, worked, problem = table.unpack(conn:recv())
    test.is({ readable, writable, worked }, { true, false, false })
    test.has(problem, "connection is read-only")
    w:send "foobar"
    w:close()
    test.is(conn:recv(), "foobarfoobar")
    p:join()
    test.is(p.exitcode, 0)
end)

test("a file is written by a process that has nothing of it but the descriptor", function()
    local conn <close>, p = child_with_pipe(function(conn)
        local passed <close> = assert(io.open("/proc/self/fd/" .. conn:recv_fd(), "a"))
        passed:write "foo"
    end)
    -- Opened after the fork and removed at once: neither inheritance nor the name leads to it.
    local file <close> = assert(io.open("passed.txt", "w+"))
    local fd = descriptor_of "passed.txt"
    os.remove "passed.txt"
    conn:send_fd(fd)
    p:join()
    test.is(p.exitcode, 0)
    test.is(file:read "a", "foo")
end)

test("an accepted socket is served by another process", function()
    local server = assert(socket.bind("127.0.0.1", 0))
    local _, port = server:getsockname()
    local conn <close>, p = child_with_pipe(function(conn)
        -- LuaSocket has no constructor for a descriptor: a connected socket is closed and takes over the passed one.
        local client = assert(socket.connect("127.0.0.1", port))
        client:close()
        client:setfd(conn:recv_fd())
        client:send(client:receive():upper() .. "\n")
        client:close()
    end)
    local caller = assert(socket.connect("127.0.0.1", port))
    local accepted = assert(server:accept())
    if tostring(select(2, accepted:getpeername())) ~= tostring(select(2, caller:getsockname())) then
        accepted:close() -- that of the child was first
        accepted = assert(server:accept())
    end
    conn:send_fd(accepted:getfd())
    accepted:close()
    caller:send "this connection is a normal socket\n"
    test.is(caller:receive(), "THIS CONNECTION IS A NORMAL SOCKET")
    test.is(select(2, caller:receive()), "closed")
    p:join()
    test.is(p.exitcode, 0)
    caller:close()
    server:close()
end)

test("descriptors above 256 on both sides", function()
    local files = {}
    for i = 1, 260 do files[i] = assert(io.open "/dev/null") end
    local conn <close>, p = child_with_pipe(function(conn)
        local fd = conn:recv_fd()
        conn:send(fd)
        assert(mp.wait({ fd }, 60)[1] == fd)
        local passed <close> = conn:recv()
        conn:send(passed:fileno())
        conn:send(passed:recv())
    end)
    local a, b = mp.Pipe()
    test.ok(a:fileno() > 256)
    b:send "through high descriptors"
    conn:send_fd(a:fileno())
    test.ok(conn:recv() > 256)
    conn:send(a)
    a:close()
    test.ok(conn:recv() > 256)
    test.is(conn:recv(), "through high descriptors")
    p:join()
    test.is(p.exitcode, 0)
    b:close()
    for _, file in ipairs(files) do file:close() end
end)

test("a message without a descriptor is an OSError in recv_fd, and the next one is fine", function()
    local a <close>, b = mp.Pipe()
    local _other <close> = b
    a:send_bytes "\0"
    a:send "after"
    test.kind("OSError", function() b:recv_fd() end)
    test.is(b:recv(), "after")
end)

test("a descriptor that is not received as one is closed, not lost", function()
    local a <close>, b = mp.Pipe()
    local _other <close> = b
    local reader <close>, writer = mp.Pipe(false)
    a:send_fd(writer:fileno())
    writer:close()
    test.is(b:recv_bytes(), "")
    test.kind("EOFError", function() reader:recv() end) -- it would wait for ever for a descriptor that is still open
    a:send "after"
    test.is(b:recv(), "after")
end)

test("descriptors that do not exist", function()
    local a <close>, b = mp.Pipe()
    local _other <close> = b
    test.kind("OSError", function() a:send_fd(-1) end)
    test.kind("OSError", function() a:send_fd(44977608) end)
    test.kind("ValueError", function() mp.wait({ -1 }, 0) end)
    test.kind("OSError", function() mp.wait({ 44977608 }, 0) end)
    for _, fd in ipairs { math.maxinteger, math.mininteger } do
        test.is(pcall(function() a:send_fd(fd) end), false)
        test.is(pcall(function() mp.wait({ fd }, 0) end), false)
    end
    a:send "the connection is as before"
    test.is(b:recv(), "the connection is as before")
end)

test.done()
