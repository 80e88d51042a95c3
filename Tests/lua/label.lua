-- Section 9 of the API: --label.

local test = require "tap"
local support = require "support"

local mprun = support.quote(support.mprun)

local function labelled(code, options)
    support.write("script.lua", code)
    return support.shell(("%s --label %s script.lua"):format(mprun, options or ""))
end

test("each line of output begins with the name of its process", function()
    local result = labelled [[
        local mp = require "multiprocessing"
        print "one\ntwo"
        io.write("in ", "parts", "\n")
        local function work() print "hello" io.stderr:write("a ", "warning\n") end
        mp.Process { target = work, name = "Ada" }:start():join()
        mp.Process { target = work }:start():join()
        io.write "without an end"]]
    test.is(result.out, "[MainProcess] one\n[MainProcess] two\n[MainProcess] in parts\n[Ada] hello\n"
        .. "[Process-2] hello\n[MainProcess] without an end")
    test.is(result.err, "[Ada] a warning\n[Process-2] a warning\n")
    test.is(result.status, 0)
end)

test("a name that changes changes the label", function()
    local result = labelled [[
        local mp = require "multiprocessing"
        local function work()
            print "before" io.flush()
            mp.current_process().name = "Grace"
            print "after"
        end
        mp.Process { target = work }:start():join()]]
    test.is(result.out, "[Process-1] before\n[Grace] after\n")
end)

test("an error of a child has the child's label, the end of the script the main process's", function()
    local result = labelled [[
        require "multiprocessing".Process { target = function() error "boom" end }:start():join()
        error "the end"]]
    test.like(result.err, "^%[Process%-1%] Process Process%-1:\n%[Process%-1%] script.lua:1: boom\n%[Process%-1%] stack")
    test.has(result.err, "\n[MainProcess] mprun: script.lua:2: the end\n[MainProcess] stack traceback:\n")
    test.is(result.status, 1)
    for line in result.err:gmatch "[^\n]+" do test.like(line, "^%[") end
end)

test("a child does not continue its parent's line", function()
    local result = labelled [[
        local mp = require "multiprocessing"
        io.write "open " io.flush()
        mp.Process { target = function() io.write("child\n") end }:start():join()]]
    test.is(result.out, "[MainProcess] open [Process-1] child\n")
end)

test("lines stay whole, whoever else prints", function()
    local result = labelled [[
        local mp = require "multiprocessing"
        local function work(letter)
            for i = 1, 500 do print((letter):rep(i % 90 + 1)) end
        end
        local ps = {}
        for i, letter in ipairs { "a", "b", "c", "d" } do
            ps[i] = mp.Process { target = work, args = { letter }, name = letter }:start()
        end
        mp.join(ps)]]
    local lines = 0
    for line in result.out:gmatch "[^\n]+" do
        lines = lines + 1
        local letter, text = line:match "^%[(%a)%] (%a+)$"
        if not letter or text:gsub(letter, "") ~= "" then return test.is(line, "a whole line") end
    end
    test.is(lines, 2000)
end)

test("lines that a pipe takes in pieces stay whole as well", function()
    support.write("script.lua", [[
        local mp = require "multiprocessing"
        local function work(letter)
            for _ = 1, 100 do print(letter:rep(20000)) end
        end
        local ps = {}
        for i, letter in ipairs { "a", "b", "c", "d" } do
            ps[i] = mp.Process { target = work, args = { letter }, name = letter }:start()
        end
        mp.join(ps)]])
    local result = support.shell(mprun .. " --label script.lua | cat")
    local lines = 0
    for line in result.out:gmatch "[^\n]+" do
        local letter, text = line:match "^%[(%a)%] (%a+)$"
        if not letter or text ~= letter:rep(20000) then return test.is(line:sub(1, 100), "a whole line") end
        lines = lines + 1
    end
    test.is(lines, 400)
end)

test("a carriage return begins the line anew, with its label", function()
    local result = labelled [[
        for i = 1, 2 do io.write("\r", i, "%") io.flush() end
        print "\r\nend"]]
    test.is(result.out, "\r[MainProcess] 1%\r[MainProcess] 2%\r\n[MainProcess] end\n")
end)

test("names that cannot stand in a line are shown as far as they can", function()
    local result = labelled [[
        local mp = require "multiprocessing"
        mp.Process { target = print, args = { 1 }, name = "a\nb\27[31m" }:start():join()
        mp.Process { target = print, args = { 2 }, name = ("ä"):rep(200) }:start():join()]]
    test.is(result.out, "[a?b?[31m] 1\n[" .. ("ä"):rep(40) .. "] 2\n")
end)

test("what is printed is all there: long lines, any bytes, buffered or not", function()
    local result = labelled [[
        print(("x"):rep(200000))
        io.stdout:setvbuf "no"
        io.write("a\0b", "\n", "\n")
        io.stdout:setvbuf "full"
        io.write "last"]]
    test.is(result.out, "[MainProcess] " .. ("x"):rep(200000) .. "\n[MainProcess] a\0b\n[MainProcess] \n[MainProcess] last")
end)

test("a child that is killed has shown every line", function()
    local result = labelled [[
        local mp = require "multiprocessing"
        mp.Process { target = function()
            print "line"
            io.stderr:write "part"
            os.execute("kill -9 " .. mp.getpid())
        end }:start():join()]]
    test.is(result.out, "[Process-1] line\n")
    test.is(result.err, "[Process-1] part")
end)

test("colours are for terminals, and not where NO_COLOR forbids them", function()
    support.write("script.lua", [[
        local mp = require "multiprocessing"
        print "main"
        mp.Process { target = print, args = { "child" } }:start():join()]])
    local function on_terminal(environment)
        return support.shell(("exec env %s %s %s/dialogue.py %s --label script.lua"):format(
            environment, support.python, support.fixtures, mprun)).out
    end
    test.is(on_terminal "-u NO_COLOR", "[MainProcess] main\n\27[36m[Process-1]\27[0m child\n")
    test.is(on_terminal "NO_COLOR=1", "[MainProcess] main\n[Process-1] child\n")
    test.is(on_terminal "NO_COLOR=", "[MainProcess] main\n\27[36m[Process-1]\27[0m child\n", "empty is as good as unset")
end)

test("an interactive session: prompts have no labels, what is printed has", function()
    local result = support.shell(mprun .. " --label -i", "print 'x'\n1\n")
    test.like(result.out, "> print 'x'\n%[MainProcess%] x\n> 1\n%[MainProcess%] 1\n> \n$")
end)

test("standard output can be closed", function()
    local result = support.shell(mprun .. " --label -e 'print(1) io.stderr:write [[sound]]' >&-")
    test.is(result.err, "[MainProcess] sound")
    test.is(result.status, 0)
end)

test.done()
