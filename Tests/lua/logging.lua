-- Section 8 of the API: get_logger and log_to_stderr.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

-- Runs a script with a logger at hand and returns what it wrote to stderr.
local function errors(code)
    local result = support.run('local mp = require "multiprocessing"\nlocal logger = mp.get_logger()\n' .. code)
    test.is(result.status, 0, result.err)
    return result.err
end

-- Its lines as a list.
local function lines(code)
    local list = {}
    for line in errors(code):gmatch "[^\n]+" do list[#list + 1] = line end
    return list
end

local function has_line(list, wanted)
    for _, line in ipairs(list) do
        if line == wanted then return test.ok(true) end
    end
    return test.ok(false, "no line " .. wanted .. " in:\n" .. table.concat(list, "\n"))
end

test("nothing is printed before log_to_stderr", function()
    test.is(errors [[
        logger:setLevel("debug")
        logger:debug("d") logger:info("i") logger:warning("w") logger:error("e")
        mp.Process { target = function() logger:error("in the child") end }:start():join()
    ]], "")
end)

test("a line has level and process name", function()
    test.is(errors [[
        mp.log_to_stderr("debug")
        logger:debug("one") logger:info("two") logger:warning("three") logger:error("four")
    ]]:match "^(.-four\n)", [=[
[DEBUG/MainProcess] one
[INFO/MainProcess] two
[WARNING/MainProcess] three
[ERROR/MainProcess] four
]=])
end)

test("a child says when it runs its target, and when it ends", function()
    local list = lines [[
        mp.log_to_stderr("info")
        local p = mp.Process { target = function() logger:info("doing something") end }
        p:start():join()
        mp.Process { target = function() logger:warning("I am %s", mp.current_process().name) end, name = "egon" }:start():join()
    ]]
    has_line(list, "[INFO/Process-1] child process calling self.run()")
    has_line(list, "[INFO/Process-1] doing something")
    has_line(list, "[INFO/Process-1] process shutting down")
    has_line(list, "[INFO/Process-1] process exiting with exitcode 0")
    has_line(list, "[INFO/egon] child process calling self.run()")
    has_line(list, "[WARNING/egon] I am egon")
end)

test("what is below the level is not printed", function()
    local levels = { "debug", "info", "warning", "error" }
    for i, level in ipairs(levels) do
        local text = errors(([[
            mp.log_to_stderr("%s")
            for _, level in ipairs { "debug", "info", "warning", "error" } do logger[level](logger, "a text of " .. level) end
        ]]):format(level))
        for j, other in ipairs(levels) do
            test.is(text:find("a text of " .. other, 1, true) ~= nil, j >= i, level .. " and " .. other)
        end
    end
end)

test("levels may be Python's numbers, also those between", function()
    local text = errors [[
        mp.log_to_stderr(25)
        logger:info("no") logger:warning("yes")
        logger:setLevel(10) logger:debug("yes too")
        logger:setLevel(50) logger:error("nothing any more")
    ]]
    test.is(text, "[WARNING/MainProcess] yes\n[DEBUG/MainProcess] yes too\n")
end)

test("setLevel and getEffectiveLevel", function()
    local logger = mp.get_logger()
    local before = logger:getEffectiveLevel()
    test.is(before, 30, "warnings, as in Python")
    for level, number in pairs { debug = 10, info = 20, warning = 30, error = 40 } do
        logger:setLevel(level)
        test.is(logger:getEffectiveLevel(), number)
    end
    logger:setLevel(32)
    test.is(logger:getEffectiveLevel(), 32)
    logger:setLevel(before)
end)

test("a child inherits the level, and its own changes stay there", function()
    local logger = mp.get_logger()
    local before = logger:getEffectiveLevel()
    for _, level in ipairs { 32, 37 } do
        logger:setLevel(level)
        local p = mp.Process {
            target = function()
                local mine = mp.get_logger():getEffectiveLevel()
                mp.get_logger():setLevel(11)
                return mine
            end,
        }
        p:start()
        test.is(p:result(60), level)
        test.is(logger:getEffectiveLevel(), level)
    end
    logger:setLevel(before)
end)

test("log_to_stderr returns the logger and leaves the level alone unless told", function()
    test.is(errors [[
        local returned = mp.log_to_stderr()
        assert(returned == mp.get_logger())
        assert(returned:getEffectiveLevel() == 30)
        returned:info("no") returned:warning("yes")
        returned:setLevel("error")
        mp.Process { target = function() returned:warning("no") returned:error("from the child") end }:start():join()
    ]], "[WARNING/MainProcess] yes\n[ERROR/Process-1] from the child\n")
end)

test("further arguments are formatted in, without them the text stays as it is", function()
    test.is(errors [[
        mp.log_to_stderr()
        logger:warning("%d of %s, %5.1f%%", 3, "four", 75)
        logger:warning("100%")
        logger:warning("%d %s")
        logger:error("%s", nil)
    ]], [=[
[WARNING/MainProcess] 3 of four,  75.0%
[WARNING/MainProcess] 100%
[WARNING/MainProcess] %d %s
[ERROR/MainProcess] nil
]=])
end)

test("wrong levels and arguments", function()
    local logger = mp.get_logger()
    local before = logger:getEffectiveLevel()
    for _, set in ipairs { function() logger:setLevel "loud" end, function() mp.log_to_stderr "loud" end } do
        test.has(tostring(select(2, pcall(set))), "loud")
    end
    test.raises("bad argument #1 to 'setLevel'", function() logger:setLevel {} end)
    test.raises("bad argument #1 to 'setLevel'", function() logger:setLevel() end)
    test.raises("bad argument #1 to 'info'", function() logger:info() end)
    test.is(logger:getEffectiveLevel(), before)
    test.is(errors [[
        mp.log_to_stderr()
        assert(not pcall(function() logger:warning("%d", "no number") end))
        logger:warning("still here")
    ]], "[WARNING/MainProcess] still here\n")
end)

test("arguments of a message that is not printed are not formatted", function()
    test.is(pcall(function() mp.get_logger():debug("%d", "no number") end), true)
end)

test("lines of many processes stay whole", function()
    local list = lines [[
        mp.log_to_stderr("warning")
        local list = {}
        for i = 1, 4 do
            list[i] = mp.Process { target = function()
                for n = 1, 200 do logger:warning("%s %d.", ("x"):rep(n), n) end
            end }
            list[i]:start()
        end
        mp.join(list)
    ]]
    test.is(#list, 800)
    for _, line in ipairs(list) do
        local text, n = line:match "^%[WARNING/Process%-%d%] (x+) (%d+)%.$"
        if not text or #text ~= tonumber(n) then test.ok(false, "a damaged line: " .. line) end
    end
end)

test("a killed process loses none of its lines", function()
    local text = errors [[
        mp.log_to_stderr("warning")
        mp.Process { target = function()
            logger:warning("the last words")
            os.execute("kill -KILL " .. mp.getpid())
        end }:start():join()
    ]]
    test.is(text, "[WARNING/Process-1] the last words\n")
end)

test("a closed stderr does no harm", function()
    local result = support.shell(support.quote(support.mprun) .. [[ -e '
        local mp = require "multiprocessing"
        mp.log_to_stderr("debug"):error("into nothing")
        mp.Process { target = function() mp.get_logger():info("nor this") end }:start():join()
        print "done"
    ' 2>&-]])
    test.is(result.out, "done\n")
    test.is(result.status, 0)
end)

test.done()
