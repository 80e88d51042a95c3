-- Section 2 of the API: the end of a process, in details. (The main lines are in process_family.lua: the order of
-- handlers, daemons and others at the end of a script; buffered text is in process_child.lua.)

local test = require "tap"
local support = require "support"

local function output(code)
    local result = support.run('local mp = require "multiprocessing"\nlocal time = require "time"\n' .. code)
    test.is(result.err, "")
    test.is(result.status, 0)
    return result.out
end

test("a main script without any guard runs once, and its children do not run it", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        print "main"
        mp.set_start_method("fork")
        local p = mp.Process{target = function() print "123" os.exit(7) end}
        p:start()
        p:join()
        os.exit(p.exitcode)
    ]]
    test.is(result.out, "main\n123\n")
    test.is(result.err, "")
    test.is(result.status, 7)
end)

test("a child goes on neither with the main script nor with the function that started it", function()
    test.is(output [[
        local function start()
            local p = mp.Process{target = function() print "child" end}
            p:start():join()
            print("after start in " .. mp.current_process().name)
        end
        start()
        print("end in " .. mp.current_process().name)
    ]], "child\nafter start in MainProcess\nend in MainProcess\n")
end)

for how, ending in pairs {
    ["its last line"] = "",
    ["an error"] = 'error "it failed"',
    ["os.exit"] = "os.exit(3)",
    ["os.exit in a coroutine"] = "coroutine.wrap(function() os.exit(3) end)()",
} do
    test("the handlers of a child run when it ends by " .. how, function()
        local result = support.run(([[
            local mp = require "multiprocessing"
            mp.Process{target = function()
                mp.atexit(function() print "first registered" end)
                mp.atexit(function() print "second registered" end)
                %s
            end}:start():join()
            print "main"
        ]]):format(ending))
        test.is(result.out, "second registered\nfirst registered\nmain\n")
        test.is(result.err:match "it failed", ending:match "it failed")
        test.is(result.status, 0)
    end)
end

test("the handlers of a child that is terminated or killed do not run", function()
    test.is(output [[
        for _, how in ipairs{"terminate", "kill"} do
            local q = mp.Queue()
            local p = mp.Process{target = function()
                mp.atexit(function() print "handler" end)
                q:put "registered"
                time.sleep(100)
            end}
            p:start()
            q:get()
            p[how](p)
            p:join()
            print(p.exitcode)
        end
    ]], "-15\n-9\n")
end)

-- Who ends here: the main process, or one of its children.
for who, script in pairs {
    ["the main process"] = "%s",
    ["a child"] = "local p = mp.Process{target = function() %s end} p:start():join() assert(p.exitcode == 0)",
} do
    test("at the end of " .. who .. " come the handlers, then daemons are ended, then others are joined", function()
        test.is(output(script:format [[
            local ready, handled = mp.Queue(), mp.Queue()
            local daemon = mp.Process{target = function() time.sleep(100) end, daemon = true}:start()
            mp.Process{target = function()
                local sentinel = daemon.sentinel
                ready:put(true)
                handled:get()
                -- Now its parent ends the daemon. If it waited for us first, it would wait for ever.
                print(#mp.wait({sentinel}, 20) == 1 and "the daemon has ended" or "the daemon still runs")
                print "the other child ends"
            end}:start()
            ready:get()
            mp.atexit(function()
                print("handler, the daemon lives:", daemon:is_alive())
                handled:put(true)
            end)
            print "last line"
        ]]), "last line\nhandler, the daemon lives:\ttrue\nthe daemon has ended\nthe other child ends\n")
    end)
end

test("a process inside a process works although standard input is closed", function()
    for _, who in ipairs { "main", "child", "both" } do
        test.is(output(([[
            local who = %q
            local function look(q)
                local found, e = pcall(function() return q:get{block = false} end)
                print(found, e.kind)
            end
            if who ~= "child" then io.stdin:close() end
            local p = mp.Process{target = function()
                if who ~= "main" then io.stdin:close() end
                local p = mp.Process{target = look, args = {mp.Queue()}, daemon = true}
                p:start():join()
                print(p.exitcode)
            end}
            p:start():join()
            print(p.exitcode)
        ]]):format(who)), "false\tEmpty\n0\n0\n", who)
    end
end)

test("a buffer that is inherited is written once, whoever flushes it", function()
    output [[
        local file = io.open("buffered.txt", "w")
        file:setvbuf("full")
        file:write "foo"
        mp.Process{target = function() file:flush() end}:start():join()
        mp.Process{target = function() file:close() end}:start():join()
        mp.Process{target = function() os.exit(0, true) end}:start():join()
        file:flush()
    ]]
    test.is(support.read "buffered.txt", "foo")
end)

test("os.exit in a handler still joins the children", function()
    local result = support.run([[
        local mp, time = require "multiprocessing", require "time"
        mp.Process { target = function() time.sleep(0.3) print "child ends" end }:start()
        mp.atexit(function() os.exit(3) end)
    ]])
    test.is(result.status, 3)
    test.is(result.out, "child ends\n")
end)

test("a handler gets the arguments that were given", function()
    local result = support.run([[
        local mp = require "multiprocessing"
        mp.atexit(print, "bye", nil, 3)
    ]])
    test.is(result.out, "bye\tnil\t3\n")
end)

test.done()
