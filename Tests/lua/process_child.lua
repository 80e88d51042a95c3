-- Section 2 of the API: how a child begins and how it leaves.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

local function output(code, options)
    local result = support.run('local mp = require "multiprocessing"\nlocal time = require "time"\n' .. code, options)
    test.is(result.err, "")
    test.is(result.status, 0)
    return result.out
end

test("each argument arrives as it is, a list as a list", function()
    local q = mp.Queue(1)
    for _, argument in ipairs { 1, "text", { 1 }, { 1, { 2 } }, {} } do
        local p = mp.Process { target = function(...) q:put { select("#", ...), ... } end, args = { argument } }
        p:start()
        test.is(q:get(), { 1, argument })
        p:join()
    end
end)

test("start lets go of the target and its arguments, which live on in the child", function()
    local q = mp.Queue()
    local alive = setmetatable({}, { __mode = "v" })
    -- In a function of its own, so that no register of this one keeps anything.
    local function make()
        local argument = { 5 }
        local function target(t) q:put(t[1]) end
        alive.target, alive.argument = target, argument
        return mp.Process { target = target, args = { argument } }
    end
    local p = make()
    collectgarbage()
    test.ok(alive.target and alive.argument, "before start it needs them")
    p:start():join()
    collectgarbage()
    collectgarbage()
    test.is(alive.target, nil, "the target is collected although the process object is not")
    test.is(alive.argument, nil, "and so is its argument")
    test.is(q:get(), 5)
    test.is(p.exitcode, 0)
end)

test("text buffered before a fork is printed once", function()
    test.is(output [[
        io.stdout:setvbuf("full")
        io.write("before ")
        for i = 1, 3 do mp.Process{target = function() end}:start():join() end
        io.write("after\n")
    ]], "before after\n")
end)

test("text that a child writes without a newline is not lost", function()
    test.is(output [[
        mp.Process{target = function() io.write("no newline") end}:start():join()
        io.write(", parent")
    ]], "no newline, parent")
end)

test("lines stay whole with many writers", function()
    local text = output [[
        local list = {}
        for i = 1, 8 do
            list[i] = mp.Process{target = function()
                for j = 1, 200 do print(i, j, ("x"):rep(100)) end
            end}:start()
        end
    ]]
    local lines = 0
    for line in text:gmatch "[^\n]+" do
        lines = lines + 1
        if not line:find("^%d+\t%d+\t" .. ("x"):rep(100) .. "$") then test.ok(false, "torn line: " .. line) end
    end
    test.is(lines, 1600)
end)

test("a killed child loses no line", function()
    test.is(output [[
        local q = mp.Queue()
        local p = mp.Process{target = function()
            print("printed before the kill")
            q:put("ready")
            time.sleep(100)
        end}
        p:start()
        q:get()
        p:kill()
        p:join()
    ]], "printed before the kill\n")
end)

test("a file opened before the fork is flushed too", function()
    output [[
        local file = io.open("shared.txt", "w")
        file:write("once\n")
        for i = 1, 3 do mp.Process{target = function() file:write("child\n") end}:start():join() end
        file:close()
    ]]
    test.is(support.read "shared.txt", "once\nchild\nchild\nchild\n")
end)

test("standard input of a child is empty", function()
    test.is(output([[
        print(io.read())
        local p = mp.Process{target = function() print(io.read("a") == "", io.read()) end}
        p:start():join()
        print(io.read())
    ]], { input = "first\nsecond\n" }), "first\ntrue\tnil\nsecond\n")
end)

test("children draw different random numbers", function()
    local text = output [[
        local q = mp.Queue()
        for i = 1, 20 do mp.Process{target = function() q:put(math.random(1 << 40)) end}:start():join() end
        q:put(math.random(1 << 40))
        for i = 1, 21 do print(q:get()) end
    ]]
    local seen, distinct = {}, 0
    for line in text:gmatch "%d+" do
        if not seen[line] then distinct = distinct + 1 end
        seen[line] = true
    end
    test.is(distinct, 21)
end)

local random_family = [[
    local q = mp.Queue()
    local function draw() q:put(math.random(1 << 40)) end
    for i = 1, 3 do
        mp.Process{target = function()
            draw()
            mp.Process{target = draw}:start():join()
        end}:start():join()
    end
    for i = 1, 6 do print(q:get()) end
]]

test("with a seed in the main script the children's numbers are reproducible", function()
    local first = output("math.randomseed(42)\n" .. random_family)
    test.is(output("math.randomseed(42)\n" .. random_family), first)
    local seen = {}
    for number in first:gmatch "%d+" do
        test.ok(not seen[number], "the same number in two processes")
        seen[number] = true
    end
    test.ok(output("math.randomseed(43)\n" .. random_family) ~= first, "another seed, other numbers")
    test.ok(output(random_family) ~= output(random_family), "no seed, no repetition")
end)

test("the parent's <close> variables, atexit handlers and finalizers do not run in a child", function()
    test.is(output [[
        mp.atexit(function() print "atexit of main" end)
        setmetatable({}, {__gc = function() print("finalizer in " .. mp.current_process().name) end})
        keep = setmetatable({}, {__gc = function() print("exit-time finalizer in " .. mp.current_process().name) end})
        do
            local guard <close> = setmetatable({}, {__close = function() print "close of main" end})
            collectgarbage() collectgarbage()
            local p = mp.Process{target = function() return 1 end}
            p:start():join()
            local q = mp.Process{target = function() os.exit(0, true) end}
            q:start():join()
        end
        print "end"
    ]], [[
finalizer in MainProcess
close of main
end
atexit of main
exit-time finalizer in MainProcess
]])
end)

test("the target runs on a fresh thread", function()
    test.is(output [[
        local co = coroutine.wrap(function()
            local p = mp.Process{target = function()
                print(select(2, coroutine.running()), coroutine.isyieldable())
            end}
            p:start():join()
            coroutine.yield()
            print "parent's coroutine goes on"
        end)
        co()
        co()
    ]]:match "parent's coroutine goes on", "parent's coroutine goes on")
end)

-- io.stdout:close() does nothing in Lua; these are what a script can break. `closed` is a closed file.
for _, breakage in ipairs {
    "io.stdin = closed",
    "io.stdout = closed",
    "io.stdout = nil",
    "io.stderr = closed",
    "io.stderr = nil",
    "io.output(io.tmpfile()) io.output():close()",
} do
    for _, who in ipairs { "parent", "child" } do
        test(breakage .. " in the " .. who .. " leaves the exit code at 0", function()
            os.remove "witness.txt"
            local result = support.run(([[
                local mp = require "multiprocessing"
                local witness = io.open("witness.txt", "w")
                local closed = io.tmpfile()
                closed:close()
                local function break_in(process) if process == %q then %s end end
                break_in "parent"
                local q = mp.Queue()
                local p = mp.Process{target = function() break_in "child" q:put "alive" end}
                p:start():join()
                witness:write(q:get(false), " ", p.exitcode)
                witness:close()
            ]]):format(who, breakage))
            test.is(support.read "witness.txt", "alive 0")
            test.is(result.status, 0)
            test.is(result.err, "")
        end)
    end
end

test("the whole traceback is on stderr, also if the child buffers it", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local p = mp.Process{target = function()
            io.stderr:setvbuf("full")
            io.stderr:write("before the error\n")
            local function fail() error("MARKER") end
            fail()
        end}
        p:start():join()
        print(p.exitcode)
    ]]
    test.is(result.out, "1\n")
    test.like(result.err, "^before the error\nProcess Process%-1:\n")
    test.has(result.err, "script.lua:5: MARKER")
    test.has(result.err, "stack traceback:")
    test.has(result.err, "script.lua:6: in function")
end)

test("os.exit with something that is no exit code is an error of the child", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        for _, reason in ipairs{"ignore this", {1, 2, 3}, 7.5} do
            local p = mp.Process{target = function() os.exit(reason) end}
            p:start():join()
            io.write(p.exitcode, " ")
        end
    ]]
    test.is(result.out, "1 1 1 ")
    test.has(result.err, "Process Process-1:\nscript.lua:3: bad argument #1 to 'exit' (number expected, got string)")
    test.has(result.err, "Process Process-2:\nscript.lua:3: bad argument #1 to 'exit' (number expected, got table)")
    test.has(result.err, "Process Process-3:\nscript.lua:3: bad argument #1 to 'exit' (number has no integer")
end)

test("children start although standard streams are closed", function()
    for _, closed in ipairs { "<&-", ">&-", "2>&-", "<&- >&- 2>&-" } do
        support.write("script.lua", [[
            local mp = require "multiprocessing"
            local q = mp.Queue()
            local p = mp.Process{target = function() q:put("alive") print("lost") end}
            p:start():join()
            local file = io.open("witness.txt", "w")
            file:write(q:get(false), " ", p.exitcode)
            file:close()
        ]])
        os.remove "witness.txt"
        support.shell(support.quote(support.mprun) .. " script.lua " .. closed)
        test.is(support.read "witness.txt", "alive 0", closed)
    end
end)

test("a reader that leaves ends the script quietly", function()
    support.write("script.lua", [[
        local mp = require "multiprocessing"
        local function chatter() for i = 1, 1e6 do print("line", i) end end
        mp.Process{target = chatter}:start()
        chatter()
    ]])
    local result = support.shell(support.quote(support.mprun) .. " script.lua | head -n 1 | wc -l")
    test.is(result.out, "1\n")
    test.is(result.err, "")
end)

test("descriptors of the parent are not leaked to programs that a script starts", function()
    test.is(output [[
        local a, b = mp.Pipe()
        local q = mp.Queue()
        mp.wait({a, q}, 0)
        local p = mp.Process{target = function() time.sleep(100) end}
        p:start()
        local sentinel = p.sentinel
        io.stdout:flush()
        os.execute("ls /proc/self/fd | wc -l")
        p:kill()
    ]], "4\n", "0, 1, 2 and the listing itself")
end)

test.done()
