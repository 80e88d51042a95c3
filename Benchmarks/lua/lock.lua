-- A pair of acquire and release, COUNT in all: lock.lua COUNT PROCESSES

local mp = require "multiprocessing"
local time = require "time"

local count, processes = math.tointeger(arg[1]), math.tointeger(arg[2])
local lock, ready, done = mp.Lock(), mp.Semaphore(0), mp.Semaphore(0)

local function work()
    ready:release()
    for _ = 1, count // processes do
        lock:acquire()
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
for _, worker in ipairs(workers) do assert(worker.exitcode == 0) end
assert(not lock:locked())
