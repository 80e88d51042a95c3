-- A queue with COUNT integers in it: queued.lua COUNT
--
-- Says how far it is, and goes on when it is given a line.

local mp = require "multiprocessing"

local function pause(stage)
    print(stage)
    io.stdout:flush()
    io.read()
end

local count = math.tointeger(arg[1])
local queue = mp.Queue()
queue:put(0)
queue:get()
pause "empty"
for i = 1, count do queue:put(1000000 + i) end
pause "full"
assert(#queue == count)
for i = 1, count do assert(queue:get() == 1000000 + i) end
