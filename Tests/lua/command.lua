-- Section 9 of the API: running scripts.

local test = require "tap"
local support = require "support"

local mprun = support.quote(support.mprun)

local function shell(line, input) return support.shell(line:gsub("MPRUN", (mprun:gsub("%%", "%%%%"))), input) end

test("a script with arguments", function()
    support.write("script.lua", 'print(arg[0], #arg, ...) for i = 1, #arg do print(arg[i]) end')
    local result = shell "MPRUN script.lua one 'two words' '' --help"
    test.is(result.out, "script.lua\t4\tone\ttwo words\t\t--help\none\ntwo words\n\n--help\n")
    test.is(result.status, 0)
end)

test("arg has negative indices", function()
    support.write("script.lua", "print(arg[-1] ~= nil, arg[-2])")
    test.is(shell("MPRUN script.lua x").out, "true\tnil\n")
    support.write("script.lua", "print(arg[-1], arg[-2], arg[-3] ~= nil, arg[-4], arg[0], arg[1])")
    test.is(shell("MPRUN -e 'x = 1' script.lua y").out, "x = 1\t-e\ttrue\tnil\tscript.lua\ty\n")
end)

test("os.exit takes what lua takes", function()
    test.is(shell("MPRUN -e 'os.exit(\"3\")'").status, 3)
    test.is(shell("MPRUN -e 'os.exit(7.0)'").status, 7)
    test.like(shell("MPRUN -e 'os.exit(\"x\")'").err, "bad argument #1 to 'exit'")
end)

test("-e runs text", function()
    test.is(shell("MPRUN -e 'print(1 + 1)'").out, "2\n")
    test.is(shell("MPRUN -e 'x = 1' -e 'print(x)'").out, "1\n")
    test.is(shell("MPRUN -e'print(3)'").out, "3\n")
    support.write("script.lua", "print(x)")
    test.is(shell("MPRUN -e 'x = 5' script.lua").out, "5\n")
end)

test("- is standard input", function()
    test.is(shell("MPRUN - a b", "print(arg[0], ...)").out, "-\ta\tb\n")
end)

test("without arguments and a terminal, standard input is the script", function()
    test.is(shell("MPRUN", "print 'from stdin'").out, "from stdin\n")
end)

test("-- ends the options", function()
    support.write("-script.lua", "print 'odd name'")
    test.is(shell("MPRUN -- -script.lua").out, "odd name\n")
end)

test("a first line that starts with # is skipped", function()
    support.write("script.lua", "#!/usr/bin/env mprun\nprint 'shebang'")
    test.is(shell("MPRUN script.lua").out, "shebang\n")
end)

test("--help and --version", function()
    local help = shell "MPRUN --help"
    test.like(help.out, "^[Uu]sage: mprun %[options%] %[script %[args%]%]")
    for _, option in ipairs { "-e", "--help", "--version" } do test.has(help.out, option) end
    test.is(help.status, 0)
    test.is(help.err, "")
    local version = shell "MPRUN --version"
    test.like(version.out, "^mprun %d+%.%d+")
    test.has(version.out, "Lua 5.4")
    test.is(version.status, 0)
end)

test("an unknown option", function()
    local result = shell "MPRUN --verison"
    test.is(result.status, 1)
    test.has(result.err, "--verison")
    test.is(shell("MPRUN -x").status, 1)
    test.is(shell("MPRUN -e").status, 1)
end)

test("a script that does not exist gives lua's message and status 1", function()
    local result = shell "MPRUN nowhere.lua"
    test.is(result.err, (shell("lua5.4 nowhere.lua").err:gsub("^lua5%.4", "mprun")))
    test.has(result.err, "mprun: cannot open nowhere.lua")
    test.is(result.status, 1)
    test.is(result.out, "")
end)

test("a script that does not parse gives lua's message and status 1", function()
    support.write("script.lua", "x = = 1")
    local result = shell "MPRUN script.lua"
    test.has(result.err, "mprun: script.lua:1: unexpected symbol near '='")
    test.is(result.status, 1)
    result = shell "MPRUN -e 'x ='"
    test.has(result.err, "mprun: (command line):1:")
    test.is(result.status, 1)
end)

test("an uncaught error gives a traceback and status 1", function()
    support.write("script.lua", "local function inner() error 'boom' end\nlocal function outer() inner() end\nouter()")
    local result = shell "MPRUN script.lua"
    test.like(result.err, "^mprun: script%.lua:1: boom\nstack traceback:\n")
    test.has(result.err, "script.lua:3: in main chunk")
    test.is(result.status, 1)
    test.is(shell("MPRUN -e 'error()'").status, 1)
    test.has(shell("MPRUN -e 'error(setmetatable({}, {__tostring = function() return [[shown]] end}))'").err, "mprun: shown")
    test.has(shell("MPRUN -e 'error {}'").err, "(error object is a table value)")
end)

test("the status of os.exit", function()
    for code, status in pairs { ["true"] = 0, ["false"] = 1, ["7"] = 7, ["256 + 3"] = 3, [""] = 0, ["4, true"] = 4 } do
        test.is(shell(("MPRUN -e 'os.exit(%s)'"):format(code)).status, status, code)
    end
end)

test("output is flushed at the end, also by os.exit", function()
    test.is(shell("MPRUN -e 'io.stdout:setvbuf(\"full\") io.write(\"kept\") os.exit(0)'").out, "kept")
end)

test("the same script means the same as under lua5.4", function()
    support.write("script.lua", [[
        print(_VERSION, #arg, ...)
        print(pcall(error, { 1 }), select("#", ...))
        print(string.format("%q", 1 / 3), math.type(3), 7 // 2, utf8.char(21253))
        print(require "string" == string, package.config)
        goto done
        print "not reached"
        ::done::
        local t <close> = setmetatable({}, { __close = function() print "closed" end })
        print(coroutine.isyieldable(), os.getenv "HOME" ~= nil, io.read())
    ]])
    -- Addresses differ.
    local filter = " a b <script.lua | sed 's/0x[0-9a-f]*//'"
    test.is(shell("MPRUN script.lua" .. filter).out, shell("lua5.4 script.lua" .. filter).out)
end)

test("C modules of the system load unchanged", function()
    test.is(shell([[MPRUN -e 'print(require "cjson".encode {1, 2})']]).out, "[1,2]\n")
    test.is(shell([[MPRUN -e 'print(type(require "socket".gettime()))']]).out, "number\n")
end)

test("LUA_PATH is honoured", function()
    support.write("found_module.lua", "return 'found'")
    test.is(shell([[LUA_PATH="$PWD/?.lua" MPRUN -e 'print((require "found_module"))']]).out, "found\n")
end)

test("a file of the user named time.lua wins over ours", function()
    support.write("time.lua", "return 'mine'")
    test.is(shell([[LUA_PATH="./?.lua" MPRUN -e 'print((require "time"))']]).out, "mine\n")
    os.remove "time.lua"
end)

test.done()
