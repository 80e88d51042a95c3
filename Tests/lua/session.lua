-- Section 9 of the API: the interactive session.

local test = require "tap"
local support = require "support"

local mprun = support.quote(support.mprun)

-- What a session prints for what is typed into it through a pipe, without the banner.
local function typed(input, options)
    local result = support.shell(("%s %s -i"):format(mprun, options or ""), input)
    test.is(result.status, 0, input)
    return result.out:gsub("^[^\n]*\n", "", 1), result.err
end

-- Types into a session on a terminal. Each step is "verb text", see dialogue.py; names of line editors select one.
local function dialogue(steps, environment)
    local command = ("exec env HOME=$PWD %s %s %s/dialogue.py %s"):format(
        environment or "", support.python, support.fixtures, mprun)
    local result = support.shell(command, table.concat(steps, "\n") .. "\n")
    test.is(result.err, "", "errors of the dialogue")
    if result.status == 99 then test.is(result.out, "", "the dialogue") end
    return result
end

-- The line editors of this machine; "" is none.
local editors = {}
for _, name in ipairs { "libreadline.so.8", "libedit.so.2", "" } do
    local found = name == "" or support.python_eval(
        "import ctypes, sys\ntry: ctypes.CDLL(sys.argv[1]); print('yes')\nexcept OSError: print('no')", name) == "yes"
    if found then editors[#editors + 1] = name end
end

-- The same test with each editor.
local function with_each_editor(name, body)
    for _, editor in ipairs(editors) do
        test(("%s (%s)"):format(name, editor == "" and "no line editor" or editor), function()
            body("MPRUN_HISTORY= MPRUN_LINE_EDITOR=" .. editor, editor)
        end)
    end
end

test("values of an expression are printed, with and without return", function()
    test.is(typed "1 + 1\nreturn 2, 'a'\n= 3\n", "> 1 + 1\n2\n> return 2, 'a'\n2\ta\n> = 3\n3\n> \n")
end)

test("a statement prints nothing, and globals stay", function()
    test.is(typed "x = 5\nx\n", "> x = 5\n> x\n5\n> \n")
end)

test("a statement may take several lines", function()
    test.is(typed "for i = 1, 2 do\nprint(i)\nend\n", "> for i = 1, 2 do\n>> print(i)\n>> end\n1\n2\n> \n")
    test.is(typed "s = [[a\nb]]\n#s\n", "> s = [[a\n>> b]]\n> #s\n3\n> \n")
end)

test("an error has its traceback, and the session goes on", function()
    local out, err = typed "error 'boom'\n1\n"
    test.is(out, "> error 'boom'\n> 1\n1\n> \n")
    test.is(err, "stdin:1: boom\nstack traceback:\n\t[C]: in function 'error'\n\tstdin:1: in main chunk\n\t[C]: in ?\n")
    test.like(select(2, typed "x = = 1\n"), "^stdin:1: unexpected symbol near '='\n$")
    test.like(select(2, typed "error {}\n"), "^%(error object is a table value%)\n")
    test.like(select(2, typed "for i = 1, 2 do\n"), "^stdin:1: 'end' expected near <eof>\n$", "at the end of the input")
end)

test("an error object shows its kind", function()
    local _, err = typed "require 'multiprocessing'.Queue():get(false)\n"
    test.like(err, "^stdin:1: Empty: ")
end)

test("an error of print is reported", function()
    test.like(select(2, typed("1\n", "-e 'print = nil'")), "^error calling 'print' %(attempt to call a nil value%)\n")
end)

test("prompts are _PROMPT and _PROMPT2, whatever they are", function()
    test.is(typed("x =\n1\n", [[-e '_PROMPT, _PROMPT2 = "? ", 7']]), "? x =\n71\n? \n")
    local counting = [[-e 'local n = 0 _PROMPT = setmetatable({}, {__tostring = function() n = n + 1 return n end})']]
    test.is(typed("a = 1\n", counting), "1a = 1\n2\n")
    local result = support.shell(
        mprun .. [[ -e '_PROMPT = setmetatable({}, {__tostring = function() error "no" end})' -i]], "1\n")
    test.is(result.status, 1, "a prompt that fails ends the session")
    test.is(result.err, "mprun: (command line):1: no\n")
end)

test("a session on a terminal shows the version after LUA_INIT has run", function()
    dialogue({ "see first", "see PUC-Rio", "see > ", "type \\x04" }, "LUA_INIT='print [[first]]' MPRUN_HISTORY=")
end)

test("-i begins a session after the script, and not after an error", function()
    support.write("script.lua", "print(...) x = 1")
    local result = support.shell(mprun .. " -i script.lua a", "x\n")
    test.like(result.out, "^mprun [^\n]*\na\n> x\n1\n> \n$")
    support.write("script.lua", "error 'early'")
    result = support.shell(mprun .. " -i script.lua", "print 'not reached'\n")
    test.is(result.status, 1)
    test.like(result.out, "^mprun [^\n]*\n$")
    test.like(result.err, "^mprun: script.lua:1: early\n")
end)

test("it is a session of lua: the same output and errors", function()
    local input = "1\nx = {}\nx.y.z\nfunction f(n)\nif n > 0 then return f(n - 1) end\nerror('deep', 2)\nend\nf(3)\n"
        .. "= 1, nil\ngoto a\nlocal l = 1\nl\n\n--\nwarn '@on'\nwarn 'x'\nreturn\nreturn return\n'a\nf(\n)\n"
    local ours = support.shell(mprun .. " -i", input)
    local theirs = support.shell("lua5.4 -i", input)
    test.is(ours.out:gsub("^[^\n]*\n", ""), theirs.out:gsub("^[^\n]*\n", ""))
    test.is(ours.err, theirs.err)
end)

test("processes started from the prompt work", function()
    local out = typed [[
mp = require "multiprocessing"
q = mp.Queue()
function work(n) q:put(n * n) end
ps = {}
for i = 1, 3 do ps[i] = mp.Process{target = work, args = {i}}:start() end
mp.join(ps)
q:get() + q:get() + q:get()
mp.Process{target = function() print "from a child" end}:start():join()
]]
    test.has(out, "\n14\n")
    test.has(out, "from a child\ntrue\n")
    test.is(support.count(out, "from a child\n"), 1, "nothing is printed twice")
end)

test("a child does not read the session's input", function()
    local out = typed [[
mp = require "multiprocessing"
p = mp.Process{target = function() return io.read "a" end}:start()
p:result() == ""
"still here"
]]
    test.has(out, "\ntrue\n")
    test.has(out, "\nstill here\n")
end)

test("a deadlock ends a statement, and not the session", function()
    local out, err = typed "l = require 'multiprocessing'.Lock()\nl:acquire()\nl:acquire()\n'alive'\n"
    test.has(err, "DeadlockError")
    test.has(err, "MP002")
    test.has(out, "\nalive\n")
end)

test("the end of the session is the end of the process: handlers run, children are joined", function()
    local out = typed [[
mp = require "multiprocessing"
mp.atexit(print, "handler")
mp.Process{target = function() mp.sleep(0.2) print "child" end}:start()
]]
    test.like(out, "handler\nchild\n$")
end)

test("os.exit ends the session", function()
    local result = support.shell(mprun .. " -i", "os.exit(7)\nprint 'not reached'\n")
    test.is(result.status, 7)
end)

with_each_editor("on a terminal, without a script, there is a session", function(environment)
    local result = dialogue({ "see PUC-Rio", "see > ", "type 6 * 7\\r", "see 42", "see > ", "type \\x04" }, environment)
    test.is(result.status, 0)
end)

with_each_editor("Ctrl-C at the prompt drops the line and leaves processes alone", function(environment)
    local result = dialogue({
        "see > ", "type mp = require 'multiprocessing'\\r",
        "see > ", "type p = mp.Process{target = mp.sleep, args = {60}, daemon = true}:start()\\r",
        "see > ", "type error 'dropped'\\x03",
        "see > ", "type for i = 1, 2 do\\r",
        "see >> ", "type print 'dropped'\\x03",
        "see > ", "type p:is_alive() and 'up'\\r",
        "see up\n", "see > ", "type \\x04",
    }, environment)
    test.is(result.status, 0)
end)

with_each_editor("Ctrl-C ends what a statement does", function(environment)
    local result = dialogue({
        "see > ", "type while true do end\\r", "pause 0.3", "type \\x03", "see interrupted!",
        "see > ", "type pcall(require 'time'.sleep, 60)\\r", "pause 0.3", "type \\x03", "see false",
        "see > ", "type io.read()\\r", "pause 0.3", "type \\x03", "see interrupted!",
        "see > ", "type 'still ' .. 'here'\\r", "see still here\n",
        "see > ", "type \\x04",
    }, environment)
    test.is(result.status, 0)
end)

with_each_editor("SIGINT from elsewhere is Ctrl-C; SIGTERM ends the session and its processes", function(environment)
    local result = dialogue({
        "see > ", "type mp = require 'multiprocessing'\\r",
        "see > ", "type p = mp.Process{target = mp.sleep, args = {60}}:start()\\r",
        "see > ", "type 'dropped", "pause 0.2", "signal INT",
        "see > ", "type p:is_alive() and 'up'\\r",
        "see up\n", "see > ", "signal TERM",
    }, environment)
    test.is(result.status, 128 + 15)
    test.has(result.out, "mprun: terminated\n")
end)

with_each_editor("prompts, input and history need not be ASCII", function(environment)
    dialogue({
        "see > ", "type _PROMPT = 'λ> '\\r", "pause 0.2",
        "type s = '\\xce\\xbb\\xe6\\x97\\xa5'\\r", "pause 0.2", "type #s\\r", "see 5\n",
        "type _PROMPT = '\\\\xff> '\\r", "pause 0.2", "type 40 + 2\\r", "see 42\n", "type \\x04",
    }, "LC_ALL=C.UTF-8 " .. environment)
    dialogue({ "see > ", "type _PROMPT = 'λ> '\\r", "pause 0.2", "type 40 + 2\\r", "see 42\n", "type \\x04" },
        "LC_ALL=C " .. environment)
end)

with_each_editor("a handler of a signal at the prompt: its output, its error, its end of the process", function(environment)
    local function handled(body, ...)
        return dialogue({
            "see > ", "type mp = require 'multiprocessing'\\r",
            "see > ", ("type mp.on_signal('USR1', function() %s end)\\r"):format(body),
            "see > ", "type 40 +", "pause 0.2", "signal USR1", ...,
        }, environment)
    end
    handled("print 'handled'", "see handled", "type  2\\r", "see 42\n", "type \\x04")
    handled("error 'unhandled'", "see on_signal: stdin:1: unhandled", "type  2\\r", "see 42\n", "type \\x04")
    test.is(handled("os.exit(5)").status, 5)
end)

with_each_editor("a signal that ends the session at its prompt leaves the terminal as it was", function(environment)
    for number, name in pairs { [1] = "HUP", [10] = "USR1", [14] = "ALRM" } do
        test.is(dialogue({ "see > ", "type half", "pause 0.2", "signal " .. name }, environment).status, 128 + number)
    end
end)

with_each_editor("one Ctrl-C waits for a C function, however long it takes", function(environment)
    local result = dialogue({
        "see > ", "type started = os.time(); (('a'):rep(35000)):find('.-b')\\r", "pause 0.3", "type \\x03",
        "see interrupted!", "see > ", "type os.time() - started > 1\\r", "see true\n", "see > ", "type \\x04",
    }, environment)
    test.is(result.status, 0)
end)

with_each_editor("the third Ctrl-C ends what catches every error", function(environment)
    local result = dialogue({
        "see > ", "type while true do pcall(function() while true do end end) end\\r",
        "pause 0.3", "type \\x03", "pause 0.3", "type \\x03", "pause 0.3", "type \\x03", "see mprun: interrupted",
    }, environment)
    test.is(result.status, 130)
end)

with_each_editor("io.read reads what is typed next", function(environment)
    local result = dialogue({
        "see > ", "type name = io.read()\\r", "pause 0.2", "type Ada\\r",
        "see > ", "type 'Hello ' .. name\\r", "see Hello Ada\n",
        "see > ", "type \\x04",
    }, environment)
    test.is(result.status, 0)
end)

with_each_editor("a process at the prompt answers the requests of its family", function(environment)
    -- A put that finds the memory full asks everybody to collect garbage, here the session's.
    dialogue({
        "see > ", "type mp = require 'multiprocessing'\\r",
        "see > ", "type for i = 1, 40 do mp.Queue():put(('x'):rep(1 << 20)) end\\r",
        "see > ", "type p = mp.Process{target = function() mp.Queue():put(('y'):rep(40 << 20)) print('it ' .. 'fits') end}"
            .. ":start()\\r",
        "see it fits\n", "type \\x04",
    }, environment .. " MPRUN_SHARED_MEMORY=64M")
end)

for _, editor in ipairs(editors) do
    if editor ~= "" then
        local environment = "MPRUN_LINE_EDITOR=" .. editor

        test(("history: in this session and the next (%s)"):format(editor), function()
            dialogue({
                "see > ", "type x = 41\\r", "see > ", "type x + 1\\r", "see 42",
                "see > ", "type \\x1b[A\\r", "see 42\n", "see > ", "pause 0.2", "type \\x04",
            }, environment .. " MPRUN_HISTORY=$PWD/lines")
            test.is(support.read "lines", "x = 41\nx + 1\n", "a line that is entered twice is kept once")
            dialogue({ "see > ", "type \\x1b[A\\x1b[A\\r", "see > ", "type x\\r", "see 41\n", "see > ",
                "pause 0.2", "type \\x04" }, environment .. " MPRUN_HISTORY=$PWD/lines")
            os.remove "lines"
        end)

        test(("Tab completes names (%s)"):format(editor), function()
            dialogue({
                "see > ", "type mp = requ\\t 'multiprocessing'\\r",
                "see > ", "type q = mp.JoinableQ\\t()\\r",
                "see > ", "type q:task_d\\t()\\r", "see called too many times",
                "see > ", "type p = mp.Process{target = print}\\r",
                "see > ", "type p.exitc\\t == nil and 'none'\\r", "see none\n",
                "see > ", "type string.rep == s\\x7fstring.re\\tp\\r",
                "see true\n", "see > ", "type \\x04",
            }, environment .. " MPRUN_HISTORY=")
        end)
    end
end

test("the history is in the state directory, for its owner only, and none with -E", function()
    local function session(options, environment)
        local command = ("exec env -u XDG_STATE_HOME HOME=$PWD %s %s %s/dialogue.py %s %s"):format(
            environment or "", support.python, support.fixtures, mprun, options)
        test.is(support.shell(command, "see > \ntype x = 1\\r\nsee > \ntype \\x04\n").status, 0)
    end
    session("-E -i")
    test.is(io.open ".local/state/mprun/history", nil)
    session("", "MPRUN_HISTORY=")
    test.is(io.open ".local/state/mprun/history", nil)
    session("")
    if #editors > 1 then
        test.is(support.read ".local/state/mprun/history", "x = 1\n")
        test.is(support.shell("stat -c %a .local/state/mprun/history").out, "600\n")
    end
    session("", "XDG_STATE_HOME=$PWD/elsewhere")
    if #editors > 1 then test.is(support.read "elsewhere/mprun/history", "x = 1\n") end
end)

test.done()
