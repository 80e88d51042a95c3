-- A message through a pipe and back: pipe.lua COUNT

local mp = require "multiprocessing"
local time = require "time"

local count = math.tointeger(arg[1])
local here, there = mp.Pipe()

local peer = mp.Process { target = function() for _ = 0, count do there:send(there:recv()) end end }:start()
here:send(0) -- the other side is up
here:recv()
local started = time.perf_counter()
for i = 1, count do
    here:send(i)
    assert(here:recv() == i)
end
print("operations=" .. count, "seconds=" .. time.perf_counter() - started)
peer:join()
