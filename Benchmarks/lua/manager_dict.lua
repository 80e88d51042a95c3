-- Writing to and reading from the dictionary of a manager: manager_dict.lua NAME OPERATION COUNT

local mp = require "multiprocessing"
local time = require "time"

local name, operation, count = arg[1], arg[2], math.tointeger(arg[3])
local dict = mp.Manager():dict()
local keys = {}
for i = 1, 1000 do
    keys[i] = "key" .. i
    dict[keys[i]] = { id = i, name = "item" }
end

local started = time.perf_counter()
if operation == "set" then
    for i = 1, count do dict[keys[i % 1000 + 1]] = { id = i, name = "item" } end
else
    for i = 1, count do assert(dict[keys[i % 1000 + 1]].name == "item") end
end
print(name, (time.perf_counter() - started) / count * 1e9, "ns")
