-- Section 6 of the API: SharedMemory, also together with Python's multiprocessing.shared_memory.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

local ENOENT, EEXIST = 2, 17
local made = 0

-- A name that no other run of the tests uses.
local function fresh()
    made = made + 1
    return ("mprun_test_%d_%d"):format(mp.getpid(), made)
end

local function exists(name)
    local file <close> = io.open("/dev/shm/" .. name)
    return file ~= nil
end

local elsewhere = support.elsewhere

-- A segment that is closed and unlinked at the end of the scope.
local function segment(size)
    local shm = mp.SharedMemory { create = true, size = size }
    return shm, setmetatable({}, { __close = function() shm:unlink() shm:close() end })
end

test("created, written, read and attached by name", function()
    local name = fresh()
    local shm = mp.SharedMemory { name = name, create = true, size = 512 }
    test.is(shm.name, name)
    test.is(shm.size, 512)
    test.has(tostring(shm), name)
    test.has(tostring(shm), "512")
    test.is(shm:read(0, 512), ("\0"):rep(512), "new memory is zero")
    shm:write(0, "hello")
    shm:write(507, "world")
    local also = mp.SharedMemory { name = name }
    test.is(also.size, 512)
    test.is(also:read(0, 5), "hello")
    test.is(also:read(507, 5), "world")
    also:write(1, "E\0\255")
    test.is(shm:read(0, 5), "hE\0\255o")
    also:close()
    test.is(shm:read(0, 1), "h", "closing one leaves the other")
    local again = mp.SharedMemory { name = name, create = false, size = 512 * 20 }
    test.is(again.size, 512, "the size is that of the segment")
    again:close()
    shm:unlink()
    test.is(exists(name), false)
    test.is(shm:read(0, 1), "h", "usable until it is closed")
    shm:close()
end)

test("a name is invented if none is given", function()
    local a, _undo_a <close> = segment(1)
    local b, _undo_b <close> = segment(1)
    test.ok(a.name ~= b.name)
    test.ok(exists(a.name))
    test.ok(not a.name:find "/")
end)

test("a name may begin with a slash", function()
    local name = fresh()
    local shm <close> = mp.SharedMemory { name = "/" .. name, create = true, size = 1 }
    test.ok(exists(name))
    local also <close> = mp.SharedMemory { name = name }
    test.is(also.size, 1)
    shm:unlink()
end)

test("odd names", function()
    for _, odd in ipairs { " a b ", "tab\tend", "ünï", "100%", "-n", "'\"$", ("x"):rep(200) } do
        local name = fresh() .. odd
        local shm <close> = mp.SharedMemory { name = name, create = true, size = 3 }
        shm:write(0, "abc")
        local also <close> = mp.SharedMemory { name = name }
        test.is(also.name, name)
        test.is(also:read(0, 3), "abc")
        shm:unlink()
    end
end)

test("impossible names", function()
    for _, name in ipairs { "a\0b", "a/b", "/a/b", "a/", "../x" } do
        for _, create in ipairs { true, false } do
            test.kind("ValueError", function() mp.SharedMemory { name = name, create = create, size = 1 } end)
        end
    end
    local _, too_long = pcall(function() mp.SharedMemory { name = ("x"):rep(300), create = true, size = 1 } end)
    test.ok(too_long.kind == "OSError" or too_long.kind == "ValueError", "a name that is too long")
    test.raises("name", function() mp.SharedMemory { name = {}, create = true, size = 1 } end)
    test.ok(not pcall(function() mp.SharedMemory { name = "", create = true, size = 1 } end))
end)

test("impossible sizes", function()
    for _, size in ipairs { 0, -1, math.mininteger } do
        local name = fresh()
        local e = test.kind("ValueError", function() mp.SharedMemory { name = name, create = true, size = size } end)
        test.has(e.message, "'size' must be a positive")
        test.is(exists(name), false)
    end
    test.kind("ValueError", function() mp.SharedMemory { create = true } end)
    test.raises("size", function() mp.SharedMemory { create = true, size = "big" } end)
    test.raises("size", function() mp.SharedMemory { create = true, size = 1.5 } end)
    local name = fresh()
    test.ok(not pcall(function() mp.SharedMemory { name = name, create = true, size = math.maxinteger } end))
    test.is(exists(name), false, "nothing stays of a segment that could not be made")
end)

test("neither a name nor create, and unknown options", function()
    test.kind("ValueError", function() mp.SharedMemory {} end)
    test.kind("ValueError", function() mp.SharedMemory { create = false, size = 10 } end)
    test.raises("unknown option 'sise' (did you mean 'size'?)", function()
        mp.SharedMemory { create = true, sise = 10 }
    end)
end)

test("attaching to what does not exist, creating what does", function()
    local name = fresh()
    local e = test.kind("OSError", function() mp.SharedMemory { name = name } end)
    test.is(e.errno, ENOENT)
    test.has(e.message, name)
    local shm <close> = mp.SharedMemory { name = name, create = true, size = 8 }
    shm:write(0, "intact")
    e = test.kind("OSError", function() mp.SharedMemory { name = name, create = true, size = 4 } end)
    test.is(e.errno, EEXIST)
    test.has(e.message, name)
    test.is(shm:read(0, 6), "intact")
    shm:unlink()
    local again <close> = mp.SharedMemory { name = name, create = true, size = 4 }
    test.is(again:read(0, 4), "\0\0\0\0", "a new one of the same name")
    test.is(shm:read(0, 6), "intact", "the old one is another")
    again:unlink()
end)

test("unlink twice", function()
    local shm <close> = mp.SharedMemory { create = true, size = 1 }
    shm:unlink()
    local e = test.kind("OSError", function() shm:unlink() end)
    test.is(e.errno, ENOENT)
end)

test("reading and writing outside does nothing but raise", function()
    local shm, _undo <close> = segment(10)
    shm:write(0, "0123456789")
    for _, bounds in ipairs {
        { 0, 11 }, { 10, 1 }, { 11, 0 }, { -1, 1 }, { 0, -1 }, { math.maxinteger, 1 }, { 1, math.maxinteger },
        { math.mininteger, math.mininteger },
    } do
        test.kind("ValueError", function() shm:read(bounds[1], bounds[2]) end)
    end
    for _, offset in ipairs { 8, 10, 11, -1, -3, math.maxinteger, math.mininteger } do
        test.kind("ValueError", function() shm:write(offset, "abc") end)
    end
    test.kind("ValueError", function() shm:write(0, ("x"):rep(11)) end)
    test.is(shm:read(0, 10), "0123456789")
    test.is(shm:read(10, 0), "")
    test.is(shm:read(3, 0), "")
    shm:write(10, "")
    shm:write(7, "abc")
    test.is(shm:read(0, 10), "0123456abc")
    test.raises("bad argument #1 to 'read'", function() shm:read("a", 1) end)
    test.raises("bad argument #2 to 'write'", function() shm:write(0, {}) end)
end)

test("after close", function()
    local shm = mp.SharedMemory { create = true, size = 10 }
    local name = shm.name
    shm:close()
    shm:close()
    test.kind("ValueError", function() shm:read(0, 1) end)
    test.kind("ValueError", function() shm:write(0, "x") end)
    test.is(shm.name, name)
    test.has(tostring(shm), name)
    test.ok(exists(name), "close does not unlink")
    shm:unlink()
    test.is(exists(name), false)
end)

test("local <close> closes, and does not unlink", function()
    local kept, name
    do
        local shm <close> = mp.SharedMemory { create = true, size = 10 }
        kept, name = shm, shm.name
    end
    test.kind("ValueError", function() kept:read(0, 1) end)
    test.ok(exists(name))
    kept:unlink()
end)

test("another process attaches by name, uses an inherited object, and one sent through a queue", function()
    local shm, _undo <close> = segment(512)
    elsewhere(function(name)
        local mine <close> = mp.SharedMemory { name = name }
        mine:write(0, "by name")
    end, shm.name)
    test.is(shm:read(0, 7), "by name")
    elsewhere(function() shm:write(0, "inherit") shm:close() end)
    test.is(shm:read(0, 7), "inherit", "closed there, open here")

    local q = mp.Queue()
    local p = mp.Process { target = function() q:get():write(0, "by sent") end }
    p:start()
    local late, _undo_late <close> = segment(16)
    q:put(late)
    p:join()
    test.is(p.exitcode, 0)
    test.is(late:read(0, 7), "by sent")
    q:put { late }
    local copy <close> = q:get()[1]
    test.is({ copy.name, copy.size }, { late.name, 16 })
    copy:write(8, "both")
    test.is(late:read(8, 4), "both")
end)

test("a sent object whose segment is gone", function()
    local q = mp.Queue()
    local shm = mp.SharedMemory { create = true, size = 16 }
    q:put(shm)
    shm:unlink()
    shm:close()
    local finished, e = pcall(function()
        local received <close> = q:get()
        return received:read(0, 16)
    end)
    test.ok(finished or e.kind == "OSError" or e.kind == "ValueError", "an error object or the data, never a crash")
end)

test("Python attaches to a segment of ours", function()
    local shm, _undo <close> = segment(64)
    shm:write(0, "from Lua")
    -- Python's resource tracker would unlink what Python only attached to.
    test.is(support.python_eval([[
import sys
from multiprocessing import shared_memory, resource_tracker
shm = shared_memory.SharedMemory(sys.argv[1])
resource_tracker.unregister(shm._name, "shared_memory")
print(bytes(shm.buf[:8]).decode(), shm.size, shm.name == sys.argv[1])
shm.buf[8:20] = b" from Python"
shm.close()
]], shm.name), "from Lua 64 True")
    test.is(shm:read(0, 20), "from Lua from Python")
end)

test("we attach to a segment of Python's", function()
    support.write("owner.py", [[
import sys
from multiprocessing import shared_memory
shm = shared_memory.SharedMemory(create=True, size=100)
shm.buf[:11] = b"from Python"
print(shm.name, flush=True)
sys.stdin.readline()
print(bytes(shm.buf[89:100]).decode())
shm.close()
shm.unlink()
]])
    os.execute "mkfifo go"
    local python <close> = assert(io.popen(support.python .. " owner.py <go"))
    local go <close> = assert(io.open("go", "w"))
    local name = python:read "l"
    local shm <close> = mp.SharedMemory { name = name }
    test.is(shm.name, name)
    test.is(shm.size, 100)
    test.is(shm:read(0, 11), "from Python")
    shm:write(89, "here is Lua")
    go:write "\n"
    go:flush()
    test.is(python:read "l", "here is Lua")
    python:read "a"
    test.is(exists(name), false)
    test.is(shm:read(0, 11), "from Python", "unlinked by its owner, usable here until it is closed")
    test.kind("OSError", function() mp.SharedMemory { name = name } end)
end)

test("a foreign segment that we only attached to is not unlinked at our end", function()
    local name = fresh()
    support.write("/dev/shm/" .. name, ("x"):rep(10))
    local result = support.run(([[
        local shm = require "multiprocessing".SharedMemory { name = %q }
        io.write(shm:read(0, 10))
    ]]):format(name))
    test.is(result.out, ("x"):rep(10))
    test.ok(exists(name))
    os.remove("/dev/shm/" .. name)
end)

-- Runs a script that prints the names of segments; none may be left at its end.
local function all_gone(code, status)
    local result = support.run('local mp = require "multiprocessing"\nlocal time = require "time"\n' .. code)
    test.is(result.status, status, result.err)
    local names = 0
    for name in result.out:gmatch "[^\n]+" do
        names = names + 1
        test.is(exists(name), false, name)
    end
    return names
end

test("what nobody unlinked is unlinked when the main process ends", function()
    test.is(all_gone([[
        print(mp.SharedMemory { create = true, size = 10 }.name)
        local closed = mp.SharedMemory { create = true, size = 10 }
        print(closed.name)
        closed:close()
        local p = mp.Process { target = function() print(mp.SharedMemory { create = true, size = 10 }.name) end }
        p:start():join()
    ]], 0), 3)
    test.is(all_gone([[
        print(mp.SharedMemory { create = true, size = 10 }.name)
        error "at the end"
    ]], 1), 1)
    test.is(all_gone("print(mp.SharedMemory { create = true, size = 10 }.name) os.exit(7)", 7), 1)
end)

test("also if its creator was killed", function()
    test.is(all_gone([[
        local ready = mp.Event()
        local p = mp.Process {
            target = function()
                print(mp.SharedMemory { create = true, size = 10 }.name)
                ready:set()
                time.sleep(100)
            end,
        }
        p:start()
        ready:wait()
        p:kill()
        p:join()
    ]], 0), 1)
end)

test("a segment outlives the child that made it while the main process runs", function()
    local name = elsewhere(function()
        local shm = mp.SharedMemory { create = true, size = 10 }
        shm:write(0, "kept")
        return shm.name
    end)
    local shm <close> = mp.SharedMemory { name = name }
    test.is(shm:read(0, 4), "kept")
    shm:unlink()
end)

test.done()
