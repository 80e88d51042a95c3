-- A pair of acquire and release: lock.lua NAME COUNT PROCESSES

local mp = require "multiprocessing"
local time = require "time"

local name, count, processes = arg[1], math.tointeger(arg[2]), math.tointeger(arg[3])
local lock = mp.Lock()

local function work()
    for _ = 1, count do
        lock:acquire()
        lock:release()
    end
end

lock:acquire() -- holds everybody back until all are there
local workers = {}
for i = 1, processes do workers[i] = mp.Process { target = work }:start() end
time.sleep(0.05)
local started = time.perf_counter()
lock:release()
mp.join(workers)
print(name, (time.perf_counter() - started) / count / processes * 1e9, "ns")
