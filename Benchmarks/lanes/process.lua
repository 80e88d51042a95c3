-- A lane is started and joined: process.lua COUNT

local lanes = require "lanes".configure()

local count = math.tointeger(arg[1])
local nothing = lanes.gen("*", function() end)

nothing():join()
local started = lanes.now_secs()
for _ = 1, count do
    local lane = nothing()
    lane:join()
    assert(lane.status == "done")
end
print("operations=" .. count, "seconds=" .. lanes.now_secs() - started)
