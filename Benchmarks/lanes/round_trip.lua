-- A message to another lane and back: round_trip.lua COUNT

local lanes = require "lanes".configure()

local count = math.tointeger(arg[1])
local linda = lanes.linda()

local peer = lanes.gen("*", function()
    for _ = 0, count do
        local _, value = linda:receive "there"
        linda:send("back", value)
    end
end)()
linda:send("there", 0) -- the other side is up
linda:receive "back"
local started = lanes.now_secs()
for i = 1, count do
    linda:send("there", i)
    local _, value = linda:receive "back"
    assert(value == i)
end
print("operations=" .. count, "seconds=" .. lanes.now_secs() - started)
peer:join()
