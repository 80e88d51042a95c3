-- Counting in a shared Value under its lock, COUNT in all: value.lua COUNT PROCESSES

local mp = require "multiprocessing"
local time = require "time"

local count, processes = math.tointeger(arg[1]), math.tointeger(arg[2])
local value, ready, done = mp.Value("q", 0), mp.Semaphore(0), mp.Semaphore(0)
local lock = value:get_lock()

local function work()
    ready:release()
    for _ = 1, count // processes do
        lock:acquire()
        value.value = value.value + 1
        lock:release()
    end
    done:release()
end

lock:acquire() -- holds everybody back until all are there
local workers = {}
for i = 1, processes do workers[i] = mp.Process { target = work }:start() end
for _ = 1, processes do ready:acquire() end
time.sleep(0.02)
local started = time.perf_counter()
lock:release()
for _ = 1, processes do done:acquire() end
print("operations=" .. count, "seconds=" .. time.perf_counter() - started)
mp.join(workers)
assert(value.value == count // processes * processes, "the lock did not exclude")
