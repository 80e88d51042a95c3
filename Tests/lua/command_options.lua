-- Section 9 of the API: options, and what the environment sets.

local test = require "tap"
local support = require "support"

local mprun = support.quote(support.mprun)

local function shell(line, input) return support.shell(line:gsub("MPRUN ", (mprun:gsub("%%", "%%%%")) .. " "), input) end

-- Does it fail as a wrong command line does: no output, a message, the usage line, status 1?
local function refused(line, message)
    local result = shell(line)
    test.is(result.err, "mprun: " .. message .. "\nusage: mprun [options] [script [args]]\n", line)
    test.is(result.out, "", line)
    test.is(result.status, 1, line)
end

test("an unknown option names the nearest known one", function()
    refused("MPRUN --verison", "unrecognized option '--verison' (did you mean '--version'?)")
    refused("MPRUN -help", "unrecognized option '-help' (did you mean '--help'?)")
    refused("MPRUN -h", "unrecognized option '-h' (did you mean '--help'?)")
    refused("MPRUN -w", "unrecognized option '-w' (did you mean '-W'?)")
    refused("MPRUN -x", "unrecognized option '-x' (see --help)")
    refused("MPRUN ---", "unrecognized option '---' (see --help)")
    refused("MPRUN -Ex", "unrecognized option '-Ex' (see --help)")
    refused("MPRUN -vv", "unrecognized option '-vv' (see --help)")
    refused("MPRUN -iv", "unrecognized option '-iv' (see --help)")
    refused("MPRUN --nothing-like-it", "unrecognized option '--nothing-like-it' (see --help)")
    refused("MPRUN --help=yes", "option '--help' takes no value")
end)

test("an option without its argument", function()
    refused("MPRUN -e", "'-e' needs argument")
    refused("MPRUN -l", "'-l' needs argument")
    refused("MPRUN -e -v", "'-e' needs argument")
end)

test("nothing runs if an option is wrong", function()
    test.is(shell("MPRUN -e 'print(1)' -x").out, "")
end)

test("options behind the script are the script's", function()
    support.write("script.lua", "print(...)")
    test.is(shell("MPRUN script.lua -e --help -- -x").out, "-e\t--help\t--\t-x\n")
end)

test("-l requires a library into a global", function()
    support.write("bag.lua", "return {...}")
    test.is(shell("MPRUN -l bag -e 'print(bag[1])'").out, "bag\n")
    test.is(shell("MPRUN -lb=bag -e 'print(b[1], bag)'").out, "bag\tnil\n")
    test.is(shell("MPRUN -lmp=multiprocessing -e 'print(mp.current_process().name)'").out, "MainProcess\n")
    local result = shell("MPRUN -l nowhere -e 'print(1)'")
    test.like(result.err, "^mprun: module 'nowhere' not found:")
    test.is(result.out, "")
    test.is(result.status, 1)
end)

test("-e and -l run in the order in which they are written", function()
    support.write("says.lua", "print(x)")
    test.is(shell("MPRUN -e 'x = 1' -l says -e 'x = 2 print(x)'").out, "1\n2\n")
end)

test("an error in -e ends it all", function()
    support.write("script.lua", "print 'not reached'")
    local result = shell "MPRUN -e 'error [[first]]' script.lua"
    test.is(result.out, "")
    test.like(result.err, "^mprun: %(command line%):1: first\nstack traceback:\n")
    test.is(result.status, 1)
end)

test("-W turns warnings on", function()
    test.is(shell("MPRUN -W -e 'warn [[careful]]'").err, "Lua warning: careful\n")
    test.is(shell("MPRUN -e 'warn [[careful]]'").err, "")
end)

test("-v shows the version and runs what there is to run", function()
    test.like(shell("MPRUN -v").out, "^mprun [%d.]+, Lua 5%.4%.%d+  Copyright %(C%) [^\n]*, PUC%-Rio\n$")
    test.like(shell("MPRUN -v -e 'print(2)'").out, "^mprun [^\n]*\n2\n$")
    test.like(shell("MPRUN -v", "print 'not run'").out, "^mprun [^\n]*\n$")
end)

test("LUA_INIT runs first, LUA_INIT_5_4 in its place, a file with @, none with -E", function()
    test.is(shell("LUA_INIT='x = 1' MPRUN -e 'print(x)'").out, "1\n")
    test.is(shell("LUA_INIT='x = 1' LUA_INIT_5_4='x = 2' MPRUN -e 'print(x)'").out, "2\n")
    support.write("init.lua", "x = 3")
    test.is(shell("LUA_INIT=@init.lua MPRUN -e 'print(x)'").out, "3\n")
    test.is(shell("LUA_INIT='x = 1' MPRUN -E -e 'print(x)'").out, "nil\n")
    local result = shell "LUA_INIT='error [[early]]' MPRUN -e 'print(1)'"
    test.like(result.err, "^mprun: LUA_INIT:1: early\n")
    test.is(result.status, 1)
    test.is(result.out, "")
end)

test("-E keeps LUA_PATH out", function()
    local line = [[-e 'print(package.path:find("somewhere", 1, true) ~= nil)']]
    test.is(shell("LUA_PATH='somewhere/?.lua' MPRUN " .. line).out, "true\n")
    test.is(shell("LUA_PATH='somewhere/?.lua' MPRUN -E " .. line).out, "false\n")
end)

test("MPRUN_SHARED_MEMORY is a number of bytes, K, M or G", function()
    for _, size in ipairs { "16777216", "16384K", "16M", "16m", "1G" } do
        test.is(shell(("MPRUN_SHARED_MEMORY=%s MPRUN -e 'print(1)'"):format(size)).out, "1\n", size)
    end
    for _, size in ipairs { "lots", "0", "-1", "5X", "M", "99999999999G" } do
        local result = shell(("MPRUN_SHARED_MEMORY=%s MPRUN -e 'print(1)'"):format(size))
        test.like(result.err, "^mprun: MPRUN_SHARED_MEMORY: '.*' is not a size", size)
        test.is(result.status, 1, size)
    end
    test.is(shell("MPRUN_SHARED_MEMORY='' MPRUN -e 'print(1)'").out, "1\n", "empty is as good as unset")
    test.has(shell("MPRUN_SHARED_MEMORY=1K MPRUN -e 'print(1)'").err, "MPRUN_SHARED_MEMORY is too small")
end)

test("MPRUN_SHARED_MEMORY limits what fits", function()
    local result = shell [[MPRUN_SHARED_MEMORY=16M MPRUN -e '
        local q = require "multiprocessing".Queue()
        print(select(2, pcall(q.put, q, ("x"):rep(32 << 20))).kind)']]
    test.is(result.out, "MemoryError\n")
end)

test("arguments need not be UTF-8", function()
    support.write("script.lua", "print(#(...), (...):byte(1, -1))")
    test.is(shell("MPRUN script.lua \"$(printf 'a\\377b')\"").out, "3\t97\t255\t98\n")
end)

test("arg may be changed before the script runs", function()
    support.write("script.lua", "print(...)")
    test.is(shell("MPRUN -e 'arg = {7, 8}' script.lua 1").out, "7\t8\n")
    local result = shell "MPRUN -e 'arg = nil' script.lua"
    test.is(result.err, "mprun: 'arg' is not a table\n")
    test.is(result.status, 1)
end)

test("tracebacks end as under lua5.4", function()
    support.write("script.lua", "local function f() error 'boom' end\nf()")
    test.is(shell("MPRUN script.lua").err, (shell("lua5.4 script.lua").err:gsub("^lua5%.4", "mprun")))
end)

test("a closed standard output is not written over", function()
    -- The shared memory, opened first, must not become descriptor 1.
    local result = shell [[MPRUN -e '
        local q = require "multiprocessing".Queue()
        print(("x"):rep(100000)) io.stdout:flush()
        q:put "sound" io.stderr:write(q:get())' >&-]]
    test.is(result.err, "sound")
    test.is(result.status, 0)
end)

test("finalizers run at the end", function()
    test.is(shell("MPRUN -e 'x = setmetatable({}, {__gc = function() print [[gone]] end})'").out, "gone\n")
end)

test("the help fits a terminal of 24 lines and 80 columns", function()
    local lines = 0
    for line in shell("MPRUN --help").out:gmatch("([^\n]*)\n") do
        lines = lines + 1
        test.ok(#line <= 80, line)
    end
    test.ok(lines < 24, lines .. " lines")
end)

test.done()
