-- A message to another process and back: round_trip.lua COUNT

local mp = require "multiprocessing"
local time = require "time"

local count = math.tointeger(arg[1])
local there, back = mp.Queue(), mp.Queue()

local peer = mp.Process { target = function() for _ = 0, count do back:put(there:get()) end end }:start()
there:put(0) -- the other side is up
back:get()
local started = time.perf_counter()
for i = 1, count do
    there:put(i)
    assert(back:get() == i)
end
print("operations=" .. count, "seconds=" .. time.perf_counter() - started)
peer:join()
