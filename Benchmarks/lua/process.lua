-- A process is started and joined: process.lua NAME COUNT

local mp = require "multiprocessing"
local time = require "time"

local name, count = arg[1], math.tointeger(arg[2])
local function nothing() end

local started = time.perf_counter()
for _ = 1, count do
    local process = mp.Process { target = nothing }
    process:start()
    process:join()
end
print(name, (time.perf_counter() - started) / count * 1e6, "us")
