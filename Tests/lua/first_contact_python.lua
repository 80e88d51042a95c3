-- What those are told who write Lua as they wrote Python, who forget the module, or name a wrong file.

local test = require "tap"
local support = require "support"
local contact = require "contact_support"

local after, says_without_module = contact.after, contact.says_without_module

test("no module yet", function()
    says_without_module("local p = mp.Process{target = print}",
        "attempt to index a nil value (global 'mp')",
        'write local mp = require "multiprocessing" first')
    says_without_module("local p = Process{target = print}",
        "attempt to call a nil value (global 'Process')",
        'write local mp = require "multiprocessing" first, then mp.Process{…}')
    says_without_module('require "multiprocessing"\nlocal p = multiprocessing.Process{target = print}',
        "script.lua:2: attempt to index a nil value (global 'multiprocessing')",
        'write local mp = require "multiprocessing" first')
    local says = after()
    says("os.sleep(1)",
        "attempt to call a nil value (field 'sleep')",
        'write mp.sleep(1); or time.sleep(1), with local time = require "time"')
    says("time.sleep(1)", "attempt to index a nil value (global 'time')", 'write local time = require "time" first')
    says("sleep(1)",
        "attempt to call a nil value (global 'sleep')",
        'write mp.sleep(1); or time.sleep(1), with local time = require "time"')
end)

test("habits of Python, at run time", function()
    local says = after("local q = mp.Queue()")
    says("print(len(q))", "attempt to call a nil value (global 'len')", "the length of x is #x")
    says = after()
    says("for i in range(3) do print(i) end",
        "attempt to call a nil value (global 'range')",
        "count with: for i = 1, n do")
    says("print(str(5))", "attempt to call a nil value (global 'str')", "tostring(x)")
    says('print(int("5"))', "attempt to call a nil value (global 'int')", "tonumber(x), or x // 1")
    says = after("local ps = {}")
    says("ps:append(mp.Process{target = print})",
        "attempt to call a nil value (method 'append')",
        "a plain table: table.insert(list, v)")
    says = after()
    says("local p = mp.Process{target = lambda: print(1)}",
        "attempt to index a nil value (global 'lambda')",
        "Lua writes function(x) return … end")
end)

test("habits of Python that do not compile", function()
    says_without_module("local p = mp.Process(target = print)",
        "')' expected near '='",
        "Lua has no keyword arguments: write them in braces, as mp.Process{target = f}")
    says_without_module("local p = mp.Process{target = print, args = (1, 2)}",
        "')' expected near ','",
        "arguments go into braces: args = {1, 2}")
    says_without_module("local p = mp.Process{target = print}:start()\np:join",
        "script.lua:2: function arguments expected near <eof>",
        "a colon calls a method, with (): p:join(); as a value write function() … end")
    says_without_module("local q = mp.Queue() q:put(1) q:put(nil)\nfor v in q:items do print(v) end",
        "script.lua:2: function arguments expected near 'do'",
        "a colon calls a method, with (): p:join(); as a value write function() … end")
    says_without_module("local obj = {n = 1} function obj:work() print(self.n) end\nlocal p = mp.Process{target = obj:work}:start() p:join()",
        "script.lua:2: function arguments expected near '}'",
        "a colon calls a method, with (): p:join(); as a value write function() … end")
    says_without_module("local lock = mp.Lock()\nwith lock: print(1)",
        "script.lua:2: syntax error near 'lock'",
        "Lua writes do local guard <close> = lock:hold() … end, or lock:with(f)")
    says_without_module('if __name__ == "__main__":\n    print("main")',
        "'then' expected near ':'",
        "Lua writes if … then … end, for … do … end, while … do … end")
    says_without_module("local x = 1\nif x != 2 then print(1) end",
        "script.lua:2: 'then' expected near '!'",
        "not equal is ~= in Lua")
    says_without_module("local x = 1\nx += 1",
        "script.lua:2: syntax error near '+'",
        "Lua has no += and -=: write x = x + 1")
    says_without_module("local ps = []", "unexpected symbol near '['", "an empty list is {} in Lua")
    says_without_module('print "a", "b"', "syntax error near ','", "several values need (): print(a, b)")
    says_without_module("import multiprocessing",
        "syntax error near 'multiprocessing'",
        'write local mp = require "multiprocessing"')
    says_without_module("from multiprocessing import Process",
        "syntax error near 'multiprocessing'",
        'write local mp = require "multiprocessing"')
    says_without_module("def f(x):\n  return x", "syntax error near 'f'", "Lua writes local function f(x) … end")
    says_without_module("try: print(1)",
        "attempt to index a nil value (global 'try')",
        "Lua catches errors with pcall(f, …)")
end)

test("modules that there are not", function()
    local function last_line(name)
        return contact.complaint(contact.run(("require %q"):format(name))):match "\n\t([^\n]*)$"
    end
    test.is(last_line "multiprocessing.pool",
        [[all of it is in one module: local mp = require "multiprocessing"]])
    test.is(last_line "Multiprocessing", [[did you mean require "multiprocessing"?]])
    test.is(last_line "mp", [[did you mean local mp = require "multiprocessing"?]])
    test.is(last_line "threading", [[did you mean local mp = require "multiprocessing"?]])
    test.is(last_line "concurrent.futures", [[did you mean local mp = require "multiprocessing"?]])
    test.like(last_line "something_else", "^no file ")
    test.is(contact.complaint(contact.run [[require "time".slep(1)]]),
        "script.lua:1: time has no 'slep' (did you mean 'sleep'?)")
end)

test("files that are no scripts", function()
    local function says(words, ...)
        local result = support.shell(support.quote(support.mprun) .. " " .. words)
        test.is(result.err, table.concat({ ... }, "\n") .. "\n", words)
        test.is(result.status, 1)
    end
    says("help", "mprun: cannot open help: No such file or directory", "\t(did you mean mprun --help?)")
    says("nowhere.lua", "mprun: cannot open nowhere.lua: No such file or directory")
    support.write("worker.lua", "")
    says("worker", "mprun: cannot open worker: No such file or directory", "\t(did you mean worker.lua?)")
    support.write("program.py", 'import os\nprint("hello")\n')
    says("program.py", "mprun: program.py:1: syntax error near 'os'", "\t(it is a Python program: mprun runs Lua)")
    support.write("odd.lua", "x = = 1\n")
    says("odd.lua", "mprun: odd.lua:1: unexpected symbol near '='")
end)

test("Windows line ends and a byte order mark do no harm", function()
    support.write("windows.lua", "\xef\xbb\xbfprint 'a'\r\nlocal x = 1\r\nprint(x)\r\n")
    test.is(support.shell(support.quote(support.mprun) .. " windows.lua").out, "a\n1\n")
end)

test("the guard of Python's main programs is pointed out, and the script runs", function()
    local function run(code) return support.run(code) end
    local result = run 'print "before"\nif __name__ == "__main__" then\n    print "guarded"\nend\nprint "after"'
    test.is(result.out, "before\nafter\n")
    test.is(result.err, "mprun: script.lua:2: __name__ is nil in Lua, so what follows does not run; "
        .. "no such guard is needed: remove the if\n")
    test.is(result.status, 0)
    test.is(run('-- if __name__ == "__main__" is Python\nprint "__main__"').err, "")
    local piped = support.shell("cat > guard.lua && " .. support.quote(support.mprun)
        .. [[ -e '__name__ = "__main__"' guard.lua]], 'if __name__ == "__main__" then print "meant" end')
    test.is(piped.out, "meant\n")
    test.is(piped.err, "")
end)

test.done()
