-- A message to another process and back: round_trip.lua NAME COUNT

local mp = require "multiprocessing"
local time = require "time"

local name, count = arg[1], math.tointeger(arg[2])
local there, back = mp.Queue(), mp.Queue()

local peer = mp.Process { target = function() for _ = 0, count do back:put(there:get()) end end }
peer:start()
there:put(0)
back:get()
local started = time.perf_counter()
for i = 1, count do
    there:put(i)
    back:get()
end
print(name, (time.perf_counter() - started) / count * 1e6, "us")
peer:join()
