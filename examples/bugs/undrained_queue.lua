-- Joining a process before taking what it puts: the queue is full, the process waits for room, and its parent for it.

local mp = require "multiprocessing"

local results = mp.Queue { name = "results", maxsize = 2 }

local function worker()
    for i = 1, 5 do results:put(i * i) end
end

local p = mp.Process { name = "worker", target = worker }:start()
p:join()
for _ = 1, 5 do print(results:get()) end
