-- What beginners are told about their first mistakes: names, dots and colons, processes.

local test = require "tap"
local contact = require "contact_support"

local after = contact.after

test("a dot in the place of a colon", function()
    local says = after("local p = mp.Process{target = print}")
    says("p.start()",
        "bad argument #1 to 'start' (Process expected, got no value; call it with a colon, as in p:start())")
    says = after("local p = mp.Process{target = print}:start()")
    says("p.join()",
        "bad argument #1 to 'join' (Process expected, got no value; call it with a colon, as in p:start())")
    says = after()
    says("local p = mp.Process{target = print}.start()",
        "bad argument #1 to 'start' (Process expected, got no value; call it with a colon, as in p:start())")
    says("mp.Process.start()",
        "bad argument #1 to 'start' (Process expected, got no value; call it with a colon, as in p:start())")
    says = after("local q = mp.Queue()")
    says("q.put(5)", "bad argument #1 to 'put' (Queue expected, got number; did you mean q:put()?)")
    says("q.put{5}", "bad argument #1 to 'put' (Queue expected, got table; did you mean q:put()?)")
    says("q.get()", "bad argument #1 to 'get' (Queue expected, got no value; did you mean q:get()?)")
    says = after("local q = mp.Queue() q:put(1) q:put(nil)")
    says("for v in q.items() do print(v) end",
        "bad argument #1 to 'items' (Queue expected, got no value; did you mean q:items()?)")
    says = after("local lock = mp.Lock()")
    says("lock.acquire()", "bad argument #1 to 'acquire' (Lock expected, got no value; did you mean l:acquire()?)")
    says = after('local v = mp.Value("i", 0)')
    says("v.add(1)", "bad argument #1 to 'add' (Value expected, got number; did you mean v:add()?)")
    says = after("local pool = mp.Pool(2)")
    says("pool.map(print, {1, 2})", "the methods of a pool are called with a colon, as pool:map(f, list)")
    says = after("local p = mp.Pool(2)")
    says("p.close()", "the methods of a pool are called with a colon, as pool:map(f, list)")
    says = after("local pool = mp.Pool(2)\nlocal r = pool:apply_async(math.sqrt, {4})")
    says("print(r.get())", "the methods of a result are called with a colon, as result:get()")
    says = after("local ex = mp.ProcessPoolExecutor{max_workers = 2}")
    says("local f = ex.submit(math.sqrt, 4)",
        "the methods of an executor are called with a colon, as executor:submit(f, …)")
    says = after("local ex = mp.ProcessPoolExecutor{max_workers = 2}\nlocal f = ex:submit(math.sqrt, 4)")
    says("print(f.result())", "the methods of a future are called with a colon, as future:result()")
    says = after("local a, b = mp.Pipe()")
    says("a.send(1)", "bad argument #1 to 'send' (Connection expected, got number; did you mean c:send()?)")
    says("a.recv()", "bad argument #1 to 'recv' (Connection expected, got no value; did you mean c:recv()?)")
    says = after("local m = mp.Manager()")
    says("local d = m.dict()", "bad argument #1 to 'dict' (Manager expected, got no value; did you mean m:dict()?)")
    says("local d = m.dict({a = 1})",
        "bad argument #1 to 'dict' (Manager expected, got table; did you mean m:dict()?)")
    says = after("local d = mp.Manager():dict{a = 1}")
    says('print(d.get("a"))', "bad argument #1 to 'get' (dict expected, got string; did you mean d:get()?)")
    says = after("local l = mp.Manager():list()")
    says("l.append(1)", "bad argument #1 to 'append' (list expected, got number; did you mean l:append()?)")
    says = after("local c = mp.Condition()")
    says("c.wait()", "bad argument #1 to 'wait' (Condition expected, got no value; did you mean c:wait()?)")
    says = after("local e = mp.Event()")
    says("e.set()", "bad argument #1 to 'set' (Event expected, got no value; did you mean e:set()?)")
    says("e.wait(1)", "bad argument #1 to 'wait' (Event expected, got number; did you mean e:wait()?)")
    says = after('local l = mp.log_to_stderr("info")')
    says('l.info("hello")', "bad argument #1 to 'info' (Logger expected, got string; did you mean l:info()?)")
    says = after()
    says('local P = mp.Process.subclass("Piao")',
        [[bad argument #1 to 'subclass' (class expected, got string; as in mp.Process:subclass("Name"))]])
end)

test("a colon in the place of a dot", function()
    local says = after()
    says("local p = mp:Process{target = print}", "call it with a dot: mp.Process{…}, not mp:Process{…}")
    says("local q = mp:Queue()", "'Queue' is a function of a module: call it with a dot, not with a colon")
    says("local q = mp:Lock()", "'Lock' is a function of a module: call it with a dot, not with a colon")
    says('local v = mp:Value("i", 0)', "'Value' is a function of a module: call it with a dot, not with a colon")
    says("local p = mp:Pool(2)", "'Pool' is a function of a module: call it with a dot, not with a colon")
    says("local p = mp:Manager()", "'Manager' is a function of a module: call it with a dot, not with a colon")
    says("local p = mp:Pipe()", "'Pipe' is a function of a module: call it with a dot, not with a colon")
    says = after('local time = require "time"')
    says("time:sleep(1)", "'sleep' is a function of a module: call it with a dot, not with a colon")
end)

test("names that the module does not have", function()
    local says = after()
    says("local q = mp.queue()", "multiprocessing has no 'queue' (did you mean 'Queue'?)")
    says("local p = mp.process{target = print}", "multiprocessing has no 'process' (did you mean 'Process'?)")
    says("local p = mp.Proces{target = print}", "multiprocessing has no 'Proces' (did you mean 'Process'?)")
    says("local p = mp.Xyz()", "multiprocessing has no 'Xyz'")
    says("local p = mp.Thread{target = print}",
        "multiprocessing has no 'Thread'; there are processes only: mp.Process{target = f}")
    says("print(mp.currentProcess().name)",
        "multiprocessing has no 'currentProcess' (did you mean 'current_process'?)")
    says("local d = mp.dict()", "multiprocessing has no 'dict'; it is made by a manager: mp.Manager():dict()")
    says("mp.time.sleep(1)", [[multiprocessing has no 'time'; write local time = require "time"]])
    says("mp.log_to_stderr(mp.INFO)", [[multiprocessing has no 'INFO'; levels are strings: mp.log_to_stderr("info")]])
end)

test("names that an object does not have", function()
    local says = after("local p = mp.Process{target = print}:start()")
    says("print(p:isAlive())", "Process has no 'isAlive' (did you mean 'is_alive'?)")
    says("p:strat()", "attempt to call a nil value (method 'strat')", "of a process: did you mean 'start'?")
    says("p:jion()", "attempt to call a nil value (method 'jion')", "of a process: did you mean 'join'?")
    says("p:walk()", "attempt to call a nil value (method 'walk')")
    says = after("local p = mp.Process{target = print}:start() p:join()")
    says("print(p.exit_code)", "Process has no 'exit_code' (did you mean 'exitcode'?)")
    says = after("local p = mp.Process{target = print}")
    says("p.deamon = true", "Process has no property 'deamon' (did you mean 'daemon'?)")
    says = after("local q = mp.Queue()")
    says("q:push(1)", "Queue has no 'push'; it is q:put(v)")
    says("q:pop()", "Queue has no 'pop'; it is q:get()")
    says("q:append(1)", "Queue has no 'append'; it is q:put(v)")
    says("q:Get()", "Queue has no 'Get' (did you mean 'get'?)")
    says("q:put(1) q:get() q:task_done()", "Queue has no 'task_done'; an mp.JoinableQueue() has it")
    says("q:join()", "Queue has no 'join'; an mp.JoinableQueue() has it")
    says = after("local lock = mp.Lock()")
    says("lock:lock()", "Lock has no 'lock'; it is lock:acquire(), or local guard <close> = lock:hold()")
    says("lock:unlock()", "Lock has no 'unlock'; it is lock:release()")
    says = after("local s = mp.Semaphore(3)")
    says("print(s.value)", "Semaphore has no 'value'; it is semaphore:get_value()")
    says = after('local v = mp.Value("i", 0)')
    says("print(v:get())", "Value has no 'get'; it is v.value")
    says("print(v.Value)", "Value has no 'Value' (did you mean 'value'?)")
    says = after("local m = mp.Manager()")
    says("local d = m:Dict()", "Manager has no 'Dict' (did you mean 'dict'?)")
    says("local d = m:namespace()", "Manager has no 'namespace' (did you mean 'Namespace'?)")
    says = after("local a, b = mp.Pipe()")
    says("a:receive()", "Connection has no 'receive'; it is c:recv()")
    says = after("local c = mp.Condition()")
    says("c:notifyAll()", "Condition has no 'notifyAll' (did you mean 'notify_all'?)")
    says = after("local e = mp.Event()")
    says("print(e:isSet())", "Event has no 'isSet' (did you mean 'is_set'?)")
    says = after()
    says('mp.log_to_stderr("info"):warn("x")', "Logger has no 'warn' (did you mean 'warning'?)")
    says = after("local pool = mp.Pool(2)")
    says("pool:submit(print, 1)",
        "Pool has no 'submit'; it is pool:apply_async(f, {…}); submit is of mp.ProcessPoolExecutor{…}")
    says = after("local ex = mp.ProcessPoolExecutor{max_workers = 2}\nlocal f = ex:submit(math.sqrt, 4)")
    says("print(f:get())", "Future has no 'get'; it is future:result()")
end)

test("making a process", function()
    local says = after('local function f() print("in f") end')
    says("local p = mp.Process{target = f()}\np:start()",
        "Process: target is nil (is the function defined above this line?); write target = f, not target = f()")
    says = after("local function f() return 5 end")
    says("local p = mp.Process{target = f()}\np:start()",
        "Process: option 'target' must be a function, got number; write target = f, not target = f()")
    says = after()
    says('local p = mp.Process{target = "f"}\np:start()',
        "Process: option 'target' must be a function, got string; write target = f, without quotes")
    says("local p = mp.Process{target = worker}\nfunction worker() end\np:start()",
        "Process: target is nil (is the function defined above this line?); write target = f, not target = f()")
    says = after("local obj = {n = 1}")
    says("local p = mp.Process{target = obj}:start() p:join()",
        "Process: option 'target' must be a function, got table; write target = f, not target = f()")
    says = after()
    says("local p = mp.Process{target = print, args = 5}", 'args must be a table: args = {"egon"}')
    says('local p = mp.Process{target = print, args = "egon"}', 'args must be a table: args = {"egon"}')
    says('local p = mp.Process{target = print, args = {name = "egon"}}\np:start() p:join()',
        [[args is a list, as args = {"egon"}, but has the name 'name'; for names there is kwargs = {name = …}]])
    says("local p = mp.Process(print)",
        "bad argument #1 to 'Process' (table expected, got function): write mp.Process{target = f, args = {…}}")
    says('local p = mp.Process(nil, print, "name", {1})',
        "bad argument #2 to 'Process' (surplus argument): write mp.Process{target = f, args = {…}}")
    says = after("local p = mp.Process()")
    says("p:start()", "Process has no target: write mp.Process{target = f, args = {…}}")
    says = after()
    says("local p = mp.Process{tagret = print}", "Process: unknown option 'tagret' (did you mean 'target'?)")
    says("local p = mp.Process{target = print, name = 5}", "Process: name must be a string, got number")
end)

test("starting and joining", function()
    local says = after("local p = mp.Process{target = print}")
    says("p:start() p:start()", "cannot start a process twice")
    says("p:join()", "can only join a started process")
    says = after()
    says("mp.current_process():join()", "can only join a started process")
    says = after('local p = mp.Process{target = print, args = {"hello"}}:start()')
    says("mp.join(p)", "bad argument #1 to 'join' (table expected, got Process; a list of processes: mp.join{p})")
    says = after('local p = mp.Process{target = print, args = {"hello"}}:start()\nlocal p2 = mp.Process{target = print, args = {"hello"}}:start()')
    says("mp.join(p, p2)", "bad argument #1 to 'join' (table expected, got Process; a list of processes: mp.join{p})")
    says = after("local p = mp.Process{target = print}:start()")
    says("p.daemon = true", "process has already started")
    says = after("local p = mp.Process{target = function() mp.sleep(1) end}:start()")
    says("p:close()",
        "Cannot close a process while it is still running. You should first call join() or terminate().")
    says = after("local p = mp.Process{target = print}:start()")
    says("p.exitcode = 5", "'exitcode' is read-only")
end)

test("in a child", function()
    local says = after("local q = mp.Process{target = print}:start()\nlocal p = mp.Process{target = function() q:join() end}")
    says("p:start() p:join()", "script.lua:3: can only join a child process (another process started it)")
    says = after("local p\np = mp.Process{target = function() p:join() end}")
    says("p:start() p:join()", "script.lua:3: can only join a child process (this is the process itself)")
    says = after("local obj = {n = 1} function obj:work() print(self.n) end")
    says("local p = mp.Process{target = obj.work}:start() p:join()",
        "script.lua:2: attempt to index a nil value (local 'self')",
        "a method is called with a colon, as object:method(); as a target write function() object:method() end")
    says = after()
    says("local p = mp.Process{target = function() local t = nil; print(t.x) end}:start() p:join() print(p.exitcode)",
        "attempt to index a nil value (local 't')")
end)

test("subclasses", function()
    local says = after('local P = mp.Process:subclass("Piao")')
    says("local p = P() p:start() p:join()",
        "Piao has neither a run method nor a target: write function Piao:run() … end")
    says = after('local P = mp.Process:subclass("Piao")\nfunction P:Run() print "running" end')
    says("local p = P() p:start() p:join()",
        "Piao has neither a run method nor a target: write function Piao:run() … end ('Run' is spelled 'run')")
    says = after('local P = mp.Process:subclass("Piao")\nfunction P.run() print(self.name) end')
    says("local p = P() p:start() p:join()",
        "script.lua:3: attempt to index a nil value (global 'self')",
        "a method is defined with a colon: function Class:method() … end")
    says = after('local P = mp.Process:subclass("Piao")\nfunction P.init(name) self.nickname = name end\nfunction P:run() print(self.nickname) end')
    says('local p = P("egon") p:start() p:join()',
        "script.lua:3: attempt to index a nil value (global 'self')",
        "a method is defined with a colon: function Class:method() … end")
    says = after('local P = mp.Process:subclass("Piao")\nfunction P:init(name) P.super:init() self.nickname = name end\nfunction P:run() print(self.nickname) end')
    says('local p = P("egon") p:start() p:join()',
        "script.lua:3: calling 'init' on bad self (Process expected, got class Process; make an object first, as p = Class(…), and in init write Class.super.init(self, {…}))")
    says = after('local P = mp.Process:subclass("Piao")\nfunction P:__init__(name) self.nickname = name end\nfunction P:run() print(self.nickname) end')
    says('local p = P("egon") p:start() p:join()',
        "bad argument #1 to 'Piao' (table expected, got string): without a function Piao:init(…) of its own it takes Piao{name = …}")
    says = after('local P = mp.Process:subclass("Piao")\nfunction P:run() print(self.name) end')
    says('local p = P:new("egon") p:start() p:join()',
        "attempt to call a nil value (method 'new')",
        "make an object by calling the class: Class(…), mp.Process{…}")
    says('local p = P("egon") p:start() p:join()',
        "bad argument #1 to 'Piao' (table expected, got string): without a function Piao:init(…) of its own it takes Piao{name = …}")
    says = after()
    says("local P = mp.Process:subclass()", "bad argument #1 to 'subclass' (string expected, got no value)")
    says = after('local P = mp.Process:subclass("Piao")\nfunction P:run() print "x" end')
    says("P:start()",
        "calling 'start' on bad self (Process expected, got class Process; make an object first, as p = Class(…), and in init write Class.super.init(self, {…}))")
end)

test("properties and functions that are called, or are not", function()
    local says = after("local p = mp.Process{target = print}:start() p:join()")
    says("print(p:exitcode())",
        "attempt to call a number value (method 'exitcode')",
        "exitcode is a property: write it with a dot and without ()")
    says = after("local p = mp.Process{target = print}")
    says("print(p.name())",
        "attempt to call a string value (field 'name')",
        "name is a property: write it with a dot and without ()")
    says = after("local p = mp.Process{target = print}:start()")
    says("print(p:pid())",
        "attempt to call a number value (method 'pid')",
        "pid is a property: write it with a dot and without ()")
    says = after('local v = mp.Value("i", 0)')
    says("print(v:value())",
        "attempt to call a number value (method 'value')",
        "value is a property: write it with a dot and without ()")
    says = after("local q = mp.Queue")
    says("q:put(1)", "attempt to index a function value (local 'q')", "'q' is a function: are its () missing?")
    says = after()
    says("mp.Queue.put(1)",
        "attempt to index a function value (field 'Queue')",
        "make an object first: local object = mp.Queue(…)")
    says("mp.Lock.acquire()",
        "attempt to index a function value (field 'Lock')",
        "make an object first: local object = mp.Lock(…)")
    says("print(mp.current_process.name)",
        "attempt to index a function value (field 'current_process')",
        "'current_process' is a function: are its () missing?")
    says("local p = mp.Process.new{target = print}",
        "attempt to call a nil value (field 'new')",
        "make an object by calling the class: Class(…), mp.Process{…}")
    says = after("local p = mp.Process{target = print}:start()")
    says("p:stop()", "attempt to call a nil value (method 'stop')", "of a process: p:terminate()")
    says = after("local function f() return 42 end\nlocal p = mp.Process{target = f}:start()")
    says("print(p:get())", "attempt to call a nil value (method 'get')", "of a process: p:result()")
    says = after("local p = mp.Process{target = print}")
    says("p:setDaemon(true)",
        "attempt to call a nil value (method 'setDaemon')",
        "set p.daemon = true before p:start()")
    says = after("local ps = {}\nfor i = 1, 2 do ps[i] = mp.Process{target = print, args = {i}}:start() end")
    says("ps:join()", "attempt to call a nil value (method 'join')", "of a list of processes: mp.join(list)")
end)

test("nobody is told anything when the error is caught", function()
    local result = contact.run [[
        print(pcall(function() return nowhere.x end))
        print(pcall(function() return len {} end))
    ]]
    test.is(result.err, "")
    test.is(result.out, "false\tscript.lua:1: attempt to index a nil value (global 'nowhere')\n"
        .. "false\tscript.lua:2: attempt to call a nil value (global 'len')\n")
end)

test("tools may look into the module and its objects", function()
    local mp = require "multiprocessing"
    test.is(rawget(mp, "nowhere"), nil)
    test.is(mp._VERSION, nil)
    test.is(mp[1], nil)
    test.is(mp.Queue().__name, nil)
    for name, value in pairs(mp) do test.is(mp[name], value, name) end
    local p = mp.Process { target = print }
    test.is(p.anything, nil)
    p.anything = 1
    test.is(p.anything, 1)
end)

test.done()
