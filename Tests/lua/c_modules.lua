-- Section 9 of the API: modules of the system that are written in C, and trees of LuaRocks.

local test = require "tap"
local support = require "support"
local mp = require "multiprocessing"

local mprun = support.quote(support.mprun)

test("lua-cjson: values go through JSON in a child and back through a queue", function()
    local cjson = require "cjson"
    local q = mp.Queue()
    mp.Process { target = function() q:put(cjson.encode { list = { 1.5, 2.5, "x" }, none = cjson.null }) end }:start():join()
    local value = cjson.decode(q:get())
    test.is(value.list, { 1.5, 2.5, "x" })
    test.is(value.none, cjson.null)
    test.is(select(2, pcall(cjson.decode, "{")):match "Expected object key", "Expected object key")
end)

test("a C function of a module is sent by its name", function()
    local cjson = require "cjson"
    local q = mp.Queue()
    q:put(cjson.encode)
    test.is(q:get(), cjson.encode)
    local pool <close> = mp.Pool(2)
    test.is(pool:map(cjson.decode, { '"x"', "[true]", '{"a":2.5}' }), { "x", { true }, { a = 2.5 } })
end)

test("lua-filesystem", function()
    local lfs = require "lfs"
    support.write("a-file", "12345")
    test.is(lfs.attributes("a-file", "size"), 5)
    lfs.mkdir "directory"
    local names = support.elsewhere(function()
        local names = {}
        for name in lfs.dir "." do
            if name == "a-file" or name == "directory" then names[#names + 1] = name end
        end
        table.sort(names)
        return names
    end)
    test.is(names, { "a-file", "directory" })
    -- A process has a working directory of its own.
    local here = lfs.currentdir()
    test.is(support.elsewhere(function() lfs.chdir "directory" return lfs.currentdir() end), here .. "/directory")
    test.is(lfs.currentdir(), here)
    os.remove "a-file"
    lfs.rmdir "directory"
end)

test("lua-lpeg: patterns are inherited, and used by a pool", function()
    local lpeg = require "lpeg"
    local number = lpeg.C(lpeg.R "09" ^ 1) / tonumber
    local sum = lpeg.Cf(number * ("+" * number) ^ 0, function(a, b) return a + b end)
    test.is(sum:match "1+22+333", 356)
    test.is(support.elsewhere(function() return sum:match "4+5" end), 9)
    local ok, e = pcall(mp.Queue().put, mp.Queue(), sum)
    test.is(ok, false)
    test.is(e.kind, "SerializationError")
end)

test("LuaSocket: a server with a process for each connection, and Python as its client", function()
    local socket = require "socket"
    local server = assert(socket.bind("127.0.0.1", 0))
    local _, port = server:getsockname()
    local function serve(connection)
        connection:send(connection:receive():upper() .. "\n")
        connection:close()
    end
    local acceptor = mp.Process { target = function()
        for _ = 1, 3 do
            local connection = server:accept()
            mp.Process { target = serve, args = { connection } }:start()
            connection:close()
        end
    end }:start()
    local answers = support.python_eval([[
import socket, sys
for word in ("one", "two", "three"):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
        s.sendall(word.encode() + b"\n")
        print(s.makefile().readline().strip())]], port)
    test.is(answers, "ONE\nTWO\nTHREE")
    acceptor:join()
    test.is(acceptor.exitcode, 0)
end)

-- A tree as LuaRocks makes it, with a module in Lua, a package, and a module in C (the system's lfs under another name).
local function with_tree(line)
    local file = support.shell("ls /usr/lib/*/lua/5.4/lfs.so /usr/local/lib/lua/5.4/lfs.so 2>/dev/null").out:match "[^\n]+"
    support.shell("mkdir -p lua_modules/share/lua/5.4/inside lua_modules/lib/lua/5.4")
    support.write("lua_modules/share/lua/5.4/rock.lua", "return 'rock'")
    support.write("lua_modules/share/lua/5.4/inside/init.lua", "return 'inside'")
    support.shell(("cp %s lua_modules/lib/lua/5.4/lfs.so"):format(file))
    local result = support.shell(line:gsub("MPRUN", (mprun:gsub("%%", "%%%%"))))
    support.shell "rm -r lua_modules"
    return result
end

test("./lua_modules is searched first", function()
    local result = with_tree [[env -u LUA_PATH MPRUN -e '
        print(require "rock" .. require "inside")
        print(package.path:match "^[^;]*", package.cpath:match "^[^;]*")
        print(package.searchpath("lfs", package.cpath))
        print(require "lfs".currentdir() ~= nil)
        require "multiprocessing".Process { target = function() print((require "rock")) end }:start():join()']]
    test.is(result.out, "rockinside\n./lua_modules/share/lua/5.4/?.lua\t./lua_modules/lib/lua/5.4/?.so\n"
        .. "./lua_modules/lib/lua/5.4/lfs.so\ntrue\nrock\n")
end)

test("LUA_PATH decides: ';;' stands for the standard places, ./lua_modules among them", function()
    local line = [[ MPRUN -e 'print(package.path, (pcall(require, "rock")))']]
    test.like(with_tree("LUA_PATH='x;;y'" .. line).out, "^x;%./lua_modules/[^\t]*;y\ttrue\n$")
    test.is(with_tree("LUA_PATH='x'" .. line).out, "x\tfalse\n")
    test.like(with_tree("LUA_PATH='x'" .. line:gsub("MPRUN", "MPRUN -E")).out, "^%./lua_modules/[^\t]*\ttrue\n$", "-E")
end)

test("without such a tree the paths are those of lua", function()
    local line = " -E -e 'print(package.path, package.cpath)'"
    test.is(support.shell(mprun .. line).out, support.shell("lua5.4" .. line).out)
end)

test.done()
