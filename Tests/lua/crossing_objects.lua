-- Section 1 of the API: classes, shared objects, connections.

local test = require "tap"
local mp = require "multiprocessing"

local q = mp.Queue()

local function send(value)
    q:put(value)
    return q:get()
end

local Account = {}
Account.__index = Account
function Account:balance() return self.cents / 100 end
mp.register("Account", Account)

test("an instance of a registered class arrives as one", function()
    local copy = send(setmetatable({ cents = 1250 }, Account))
    test.ok(getmetatable(copy) == Account)
    test.is(copy:balance(), 12.5)
    local list = send { copy, copy }
    test.ok(list[1] == list[2] and getmetatable(list[1]) == Account)
end)

test("a registered metatable travels by name", function()
    test.ok(send(Account) == Account)
end)

test("a registered instance may hold itself", function()
    local me = setmetatable({ cents = 1 }, Account)
    me.me = me
    local copy = send(me)
    test.ok(copy.me == copy and getmetatable(copy) == Account)
end)

test("register checks its arguments", function()
    test.raises("bad argument #1 to 'register'", function() mp.register({}, {}) end)
    test.raises("bad argument #2 to 'register'", function() mp.register("X", 1) end)
end)

test("every shared object goes by handle", function()
    local box = mp.Queue()
    for _, class in ipairs { "Queue", "JoinableQueue", "SimpleQueue", "Lock", "RLock" } do
        box:put(mp[class] { name = "n-" .. class })
        test.has(tostring(box:get()), "n-" .. class)
    end
    local lock = mp.Lock()
    local same = send(lock)
    lock:acquire()
    test.ok(same:locked())
    same:release()
    test.ok(not lock:locked())
end)

test("an object made after the fork reaches an older process", function()
    local answers = mp.Queue()
    local p = mp.Process {
        target = function()
            local late = q:get()
            late.reply:put(late.request:get() .. " done")
        end,
    }
    p:start()
    local request, reply = mp.Queue(), mp.Queue()
    q:put { request = request, reply = reply }
    request:put "work"
    test.is(reply:get(), "work done")
    p:join()
    test.ok(answers:empty())
end)

test("an object made in a child reaches the parent and outlives the child", function()
    local p = mp.Process {
        target = function()
            local mine = mp.Queue()
            mine:put "inside"
            q:put(mine)
        end,
    }
    p:start():join()
    local theirs = q:get()
    test.is(theirs:get(), "inside")
    theirs:put "still works"
    test.is(theirs:get(), "still works")
end)

test("a queue inside a message that nobody else holds is kept alive", function()
    for i = 1, 100 do
        local inner = mp.Queue()
        inner:put(i)
        q:put(inner)
    end
    collectgarbage()
    collectgarbage()
    for i = 1, 100 do test.is(q:get():get(), i) end
end)

test("a queue can travel inside itself", function()
    local loop = mp.Queue()
    loop:put(loop)
    local again = loop:get()
    again:put(1)
    test.is(loop:get(), 1)
end)

test("a connection goes through a connection", function()
    local carrier_a, carrier_b = mp.Pipe()
    local a, b <close> = mp.Pipe()
    carrier_a:send { conn = a }
    a:close()
    local received <close> = carrier_b:recv().conn
    received:send "through the passed end"
    test.is(b:recv(), "through the passed end")
    b:send "and back"
    test.is(received:recv(), "and back")
end)

test("a connection reaches another process through a connection", function()
    local carrier_a <close>, carrier_b = mp.Pipe()
    local p = mp.Process {
        target = function()
            local conn <close> = carrier_b:recv()
            conn:send "from the child"
        end,
    }
    p:start()
    carrier_b:close()
    local a, b <close> = mp.Pipe()
    carrier_a:send(a)
    a:close()
    test.is(b:recv(), "from the child")
    p:join()
    test.is(p.exitcode, 0)
end)

test("a connection cannot be put into a queue", function()
    local a, _b = mp.Pipe()
    local e = test.kind("SerializationError", function() q:put { a } end)
    test.has(e.message, "at value[1]")
    test.is(q:qsize(), 0)
end)

test("any descriptor goes through send_fd and recv_fd", function()
    local carrier, far = mp.Pipe()
    local p = mp.Process {
        target = function()
            local fd = far:recv_fd()
            -- Lua cannot read a bare descriptor, but the process has it now and can wait for it.
            assert(math.type(fd) == "integer")
            assert(mp.wait({ fd }, 20)[1] == fd)
        end,
    }
    p:start()
    local a, b = mp.Pipe()
    carrier:send_fd(a:fileno())
    a:close()
    b:send "waiting in the passed descriptor"
    p:join()
    test.is(p.exitcode, 0)
    test.raises("bad argument #1 to 'send_fd'", function()
        carrier:send_fd "three"
    end)
    test.kind("OSError", function()
        carrier:send_fd(-1)
    end)
end)

test("a stale or foreign handle raises, never harms", function()
    local a, b = mp.Pipe()
    -- Extension type 6: a shared-object handle of no family at all.
    for _, payload in ipairs { ("\0"):rep(16), ("\xff"):rep(16), ("\x7f"):rep(8), "" } do
        a:send_bytes("\xc7" .. string.char(#payload) .. "\6" .. payload)
        local finished, e = pcall(function() return b:recv() end)
        test.ok(not finished)
        test.ok(e.kind == "ValueError" or e.kind == "SerializationError", "an error object")
    end
end)

test("the class of a subclassed Process travels by name", function()
    local Worker = mp.Process:subclass "Worker"
    test.ok(send(Worker) == Worker)
end)

test.done()
