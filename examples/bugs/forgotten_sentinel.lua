-- A consumer that is never told that nothing will come.

local mp = require "multiprocessing"

local jobs = mp.Queue { name = "jobs" }

local function consumer()
    while true do
        local job = jobs:get()
        print("done: " .. job)
    end
end

local p = mp.Process { name = "consumer", target = consumer }:start()
for i = 1, 3 do jobs:put("job " .. i) end
p:join() -- jobs:shutdown() before it, and a loop over jobs:items(), or a sentinel, would end it
