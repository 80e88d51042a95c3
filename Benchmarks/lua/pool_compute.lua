-- Seconds for eight tasks of pure Lua: pool_compute.lua NAME WORKERS

local mp = require "multiprocessing"
local time = require "time"

local name, workers = arg[1], math.tointeger(arg[2])

local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end

local pool <close> = mp.Pool(workers)
pool:map(function() end, { 1, 2, 3, 4 }, 1)
local started = time.perf_counter()
pool:map(function(n) return fib(n) end, { 27, 27, 27, 27, 27, 27, 27, 27 }, 1)
print(name, (time.perf_counter() - started) * 1e3, "ms")
