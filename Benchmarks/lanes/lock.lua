-- A pair of acquire and release, COUNT in all: lock.lua COUNT LANES

local lanes = require "lanes".configure()

local count, workers = math.tointeger(arg[1]), math.tointeger(arg[2])
local linda = lanes.linda()
local lock = lanes.genlock(linda, "lock", 1)

local function work()
    linda:send("ready", true)
    for _ = 1, count // workers do
        lock(1)
        lock(-1)
    end
    linda:send("done", true)
end

lock(1) -- holds everybody back until all are there
local running = {}
for i = 1, workers do running[i] = lanes.gen("*", work)() end
for _ = 1, workers do linda:receive "ready" end
linda:receive(0.02, "nothing")
local started = lanes.now_secs()
lock(-1)
for _ = 1, workers do linda:receive "done" end
print("operations=" .. count, "seconds=" .. lanes.now_secs() - started)
for _, lane in ipairs(running) do
    lane:join()
    assert(lane.status == "done")
end
