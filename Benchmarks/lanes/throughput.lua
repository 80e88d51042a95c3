-- Messages through one Linda, from producers to consumers: throughput.lua KIND PRODUCERS CONSUMERS COUNT

local folder = arg[0]:match ".*/" .. "../lua/?.lua;"
package.path = folder .. package.path
local lanes = require "lanes".configure()

local kind, producers, consumers, count = arg[1], math.tointeger(arg[2]), math.tointeger(arg[3]), math.tointeger(arg[4])
local linda = lanes.linda()

local function produce()
    local value = require "values"[kind]()
    for i = 1, count // producers do linda:send("items", value or i) end
end

local function wait_and_produce()
    linda:send("replies", "ready")
    linda:receive "go"
    produce()
end

local function consume()
    local values = require "values"
    local value, look = values[kind]()
    local share, sum, last = count // consumers, 0, nil
    linda:send("replies", "ready")
    for i = 1, share do
        local _, item = linda:receive "items"
        sum = sum + look(item)
        if i == share then last = item end
    end
    linda:send("replies", sum)
    assert(value == nil or values.equal(last, value), "the last message is another")
end

local workers = {}
for i = 1, consumers do workers[i] = lanes.gen("*", consume)() end
for _ = 2, producers do workers[#workers + 1] = lanes.gen("*", wait_and_produce)() end
for _ = 1, #workers do linda:receive "replies" end

local started = lanes.now_secs()
for _ = 2, producers do linda:send("go", true) end
produce()
local total = 0
for _ = 1, consumers do total = total + select(2, linda:receive "replies") end
print("operations=" .. count, "seconds=" .. lanes.now_secs() - started)

for _, worker in ipairs(workers) do
    worker:join()
    assert(worker.status == "done")
end
local value, look = require "values"[kind]()
local share = count // producers
assert(total == (value and count * look(value) or producers * share * (share + 1) // 2), "messages got lost")
