-- A barrier for four, and three who come.

local mp = require "multiprocessing"

local start_line = mp.Barrier(4, { name = "start line" })

local function runner(i)
    start_line:wait()
    print("runner " .. i .. " is off")
end

local runners = {}
for i = 1, 3 do runners[i] = mp.Process { name = "runner " .. i, target = runner, args = { i } }:start() end
mp.join(runners)
