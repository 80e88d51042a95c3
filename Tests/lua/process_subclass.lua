-- Section 2 of the API: the document's second way, a class of one's own.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

test("a subclass with init and run", function()
    local a, b = mp.Pipe()
    local Piao = mp.Process:subclass "Piao"
    function Piao:init(name)
        test.like(self.name, "^Piao%-%d+$", "base fields are set before init")
        self.name = name
    end
    function Piao:run() b:send(self.name .. " piaoing..") end
    local p = Piao "egon"
    test.is(p.name, "egon")
    p:start()
    test.is(a:recv(), "egon piaoing..")
    p:join()
    test.is(p.exitcode, 0)
    -- Classes are registered for good, and with them what their functions refer to.
    a:close()
    b:close()
end)

test("an object with a pipe of its own talks to its run in the child", function()
    local UpperCaser = mp.Process:subclass "UpperCaser"
    function UpperCaser:init()
        self.near, self.far = mp.Pipe()
    end
    function UpperCaser:run()
        self.near:close()
        for s in function() return self.far:recv() end do self.far:send(s:upper()) end
        self.far:close()
    end
    function UpperCaser:submit(s)
        self.near:send(s)
        return self.near:recv()
    end
    function UpperCaser:stop()
        self.near:send(nil)
        self.near:close()
        self.far:close()
    end
    local p = UpperCaser()
    p.daemon = true
    p:start()
    test.is(p:submit "hello", "HELLO")
    test.is(p:submit "world", "WORLD")
    p:stop()
    p:join()
    test.is(p.exitcode, 0)
end)

test("fields set before start are there in the child", function()
    local q = mp.Queue()
    local Counter = mp.Process:subclass "Counter"
    function Counter:init(first, last) self.first, self.last = first, last end
    function Counter:run()
        for i = self.first, self.last do q:put(i) end
    end
    Counter(3, 5):start():join()
    test.is(q:get_many(10), { 3, 4, 5 })
end)

test("names of a subclass count on with the others", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local Piao = mp.Process:subclass("Piao")
        function Piao:run() print(self.name, mp.current_process().name, mp.current_process() == self) end
        Piao():start():join()
        Piao():start():join()
        print(tostring(Piao()):match("^<Piao name='Piao%-3'"))
    ]]
    test.is(result.out, "Piao-1\tPiao-1\ttrue\nPiao-2\tPiao-2\ttrue\n<Piao name='Piao-3'\n")
    test.is(result.err, "")
end)

test("without an init of its own a subclass takes the options of Process", function()
    local q = mp.Queue()
    local Loud = mp.Process:subclass "Loud"
    function Loud:shout() q:put "LOUD" end
    local p = Loud { target = function(x) q:put(x) end, args = { "target" }, name = "n", daemon = true }
    test.is(p.name, "n")
    test.is(p.daemon, true)
    p:shout()
    p:start():join()
    test.is(q:get_many(2), { "LOUD", "target" })
    test.raises("unknown option 'taget' (did you mean 'target'?)", function()
        Loud { taget = print }
    end)
end)

test("init may call the init of its parent with options", function()
    local q = mp.Queue()
    local Job = mp.Process:subclass "Job"
    function Job:init(work, ...)
        Job.super.init(self, { target = work, args = { ... }, name = "job", daemon = true })
    end
    local p = Job(function(a, b) q:put(a + b) end, 1, 2)
    test.is(p.name, "job")
    test.is(p.daemon, true)
    p:start():join()
    test.is(q:get(), 3)
end)

test("a run of the subclass may call the one it overrides", function()
    local q = mp.Queue()
    local Around = mp.Process:subclass "Around"
    function Around:run()
        q:put "before"
        Around.super.run(self)
        q:put "after"
    end
    Around { target = function() q:put "target" end }:start():join()
    test.is(q:get_many(3), { "before", "target", "after" })
end)

test("a subclass of a subclass", function()
    local q = mp.Queue()
    local Base = mp.Process:subclass "Base"
    function Base:init(x) self.x = x end
    function Base:run() q:put(self:describe()) end
    function Base:describe() return "base " .. self.x end
    local Derived = Base:subclass "Derived"
    function Derived:init(x, y)
        Derived.super.init(self, x)
        self.y = y
    end
    function Derived:describe() return Base.describe(self) .. ", derived " .. self.y end
    local p = Derived(1, 2)
    test.like(p.name, "^Derived%-")
    p:start():join()
    test.is(q:get(), "base 1, derived 2")
    test.like(tostring(p), "^<Derived name='Derived%-")
end)

test("an instance is a Process in every other respect", function()
    local Quick = mp.Process:subclass "Quick"
    function Quick:run() return "result", 2 end
    local p = Quick()
    test.raises("can only join a started process", function() p:join() end)
    p:start()
    test.is({ p:result() }, { "result", 2 })
    test.is(p.exitcode, 0)
    p:close()
end)

test("an error in run is the error of the process", function()
    local result = support.run [[
        local mp = require "multiprocessing"
        local Bad = mp.Process:subclass("Bad")
        function Bad:run() error("no good") end
        local p = Bad()
        p:start():join()
        print(p.exitcode)
    ]]
    test.is(result.out, "1\n")
    test.has(result.err, "Process Bad-1:")
    test.has(result.err, "script.lua:3: no good")
end)

test("subclass checks its argument", function()
    test.raises("bad argument #1 to 'subclass' (string expected", function()
        mp.Process:subclass()
    end)
end)

test("a subclass without run and target", function()
    local Empty = mp.Process:subclass "Empty"
    test.raises("target is nil", function()
        Empty {}
    end)
end)

test.done()
