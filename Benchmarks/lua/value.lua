-- Counting in a shared Value under its lock: value.lua NAME COUNT PROCESSES

local mp = require "multiprocessing"
local time = require "time"

local name, count, processes = arg[1], math.tointeger(arg[2]), math.tointeger(arg[3])
local value = mp.Value("q", 0)
local lock = value:get_lock()

local function work()
    for _ = 1, count do
        lock:acquire()
        value.value = value.value + 1
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
local taken = time.perf_counter() - started
assert(value.value == count * processes)
print(name, taken / count / processes * 1e9, "ns")
