-- Integers through one Linda, many in one call: batches.lua BATCH COUNT

local lanes = require "lanes".configure()

local batch, count = math.tointeger(arg[1]), math.tointeger(arg[2])
local linda = lanes.linda()
local numbers = {}
for i = 1, batch do numbers[i] = i end

local function consume()
    local add
    function add(sum, number, ...)
        if number == nil then return sum end
        return add(sum + number, ...)
    end
    -- Lanes 4 has a method of its own for this.
    local several = pcall(function() return assert(linda.receive_batched) end)
    local sum = 0
    linda:send("replies", "ready")
    for _ = 1, count // batch do
        if several then
            sum = add(sum, select(2, linda:receive_batched("items", batch, batch)))
        else
            sum = add(sum, select(2, linda:receive(nil, linda.batched, "items", batch, batch)))
        end
    end
    linda:send("replies", sum)
end

local consumer = lanes.gen("*", consume)()
linda:receive "replies"
local started = lanes.now_secs()
for _ = 1, count // batch do linda:send("items", table.unpack(numbers)) end
local _, total = linda:receive "replies"
print("operations=" .. count, "seconds=" .. lanes.now_secs() - started)
consumer:join()
assert(total == count // batch * (batch * (batch + 1) // 2), "messages got lost")
