-- Sleeps for some seconds, in several processes.
local mp = require "multiprocessing"

local seconds, count = ...
local sleepers = {}
for i = 1, count do
    sleepers[i] = mp.Process { target = mp.sleep, args = { tonumber(seconds) } }:start()
end
print(count .. " processes sleep")
mp.join(sleepers)
