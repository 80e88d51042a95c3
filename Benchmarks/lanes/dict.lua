-- Reading from and writing to the slots of a Linda: dict.lua get|set COUNT

local lanes = require "lanes".configure()

local operation, count = arg[1], math.tointeger(arg[2])
local linda = lanes.linda()
local keys = {}
for i = 1, 1000 do
    keys[i] = "key" .. i
    linda:set(keys[i], { id = i, name = "item" })
end

-- Lanes 4 returns the number of values first.
local function get(key)
    local first, second = linda:get(key)
    return second or first
end

local started = lanes.now_secs()
if operation == "set" then
    for i = 1, count do linda:set(keys[i % 1000 + 1], { id = i % 1000 + 1, name = "item" }) end
else
    for i = 1, count do assert(get(keys[i % 1000 + 1]).name == "item") end
end
print("operations=" .. count, "seconds=" .. lanes.now_secs() - started)
for i, key in ipairs(keys) do assert(get(key).id == i) end
