-- A family that waits, each for something else: idle.lua COUNT
--
-- Says how far it is, and goes on when it is given a line. Ends by an interrupt. The main process waits for a pipe,
-- from which anything might come: otherwise this would be a deadlock, and reported.

local mp = require "multiprocessing"

local function pause(stage)
    print(stage)
    io.stdout:flush()
    io.read()
end

local ready, held = mp.Semaphore(0), mp.Lock()
local waits = {
    function(queue) queue:get() end,
    function() held:acquire() end,
    function(_, event) event:wait() end,
    function(_, _, condition) condition:acquire() condition:wait() end,
}
held:acquire()

pause "alone"
local workers = {}
local queue, event, condition = mp.Queue(), mp.Event(), mp.Condition()
local here, _there = mp.Pipe()
for i = 1, math.tointeger(arg[1]) do
    workers[i] = mp.Process { target = function()
        ready:release()
        waits[i % #waits + 1](queue, event, condition)
    end }:start()
end
for _ = 1, #workers do ready:acquire() end
pause "together"
here:recv()
