-- The dining philosophers: each takes the fork on the left, then the one on the right. When all have their left fork,
-- nobody ever gets the right one.

local mp = require "multiprocessing"
local time = require "time"

local n = 3
local forks = {}
for i = 1, n do forks[i] = mp.Lock { name = "fork " .. i } end

-- All sit down before the first takes a fork.
local table_is_full = mp.Barrier(n)

local function philosopher(i)
    local left, right = forks[i], forks[i % n + 1]
    left:acquire()
    table_is_full:wait()
    right:acquire() -- waits for the neighbour, who waits for the next
    time.sleep(0.1)
    right:release()
    left:release()
end

local philosophers = {}
for i = 1, n do
    philosophers[i] = mp.Process { name = "philosopher " .. i, target = philosopher, args = { i } }:start()
end
mp.join(philosophers)
