-- Reading from and writing to the dictionary of a manager: dict.lua get|set COUNT

local mp = require "multiprocessing"
local time = require "time"

local operation, count = arg[1], math.tointeger(arg[2])
local dict = mp.Manager():dict()
local keys = {}
for i = 1, 1000 do
    keys[i] = "key" .. i
    dict[keys[i]] = { id = i, name = "item" }
end

local started = time.perf_counter()
if operation == "set" then
    for i = 1, count do dict[keys[i % 1000 + 1]] = { id = i % 1000 + 1, name = "item" } end
else
    for i = 1, count do assert(dict[keys[i % 1000 + 1]].name == "item") end
end
print("operations=" .. count, "seconds=" .. time.perf_counter() - started)
for i, key in ipairs(keys) do assert(dict[key].id == i) end
