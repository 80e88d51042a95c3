-- Messages through one queue, from producers to consumers: throughput.lua KIND PRODUCERS CONSUMERS COUNT

package.path = arg[0]:match ".*/" .. "?.lua;" .. package.path
local mp = require "multiprocessing"
local time = require "time"
local values = require "values"

local value, look = values[arg[1]]()
local producers, consumers, count = math.tointeger(arg[2]), math.tointeger(arg[3]), math.tointeger(arg[4])
local items, replies, go = mp.Queue(), mp.Queue(), mp.Event()

local function produce()
    for i = 1, count // producers do items:put(value or i) end
end

local function wait_and_produce()
    replies:put "ready"
    go:wait()
    produce()
end

local function consume()
    local share, sum, last = count // consumers, 0, nil
    replies:put "ready"
    for i = 1, share do
        local item = items:get()
        sum = sum + look(item)
        if i == share then last = item end
    end
    replies:put(sum)
    assert(value == nil or values.equal(last, value), "the last message is another")
end

local processes = {}
for i = 1, consumers do processes[i] = mp.Process { target = consume }:start() end
for _ = 2, producers do processes[#processes + 1] = mp.Process { target = wait_and_produce }:start() end
for _ = 1, #processes do replies:get() end

local started = time.perf_counter()
go:set()
produce()
local total = 0
for _ = 1, consumers do total = total + replies:get() end
print("operations=" .. count, "seconds=" .. time.perf_counter() - started)

mp.join(processes)
for _, process in ipairs(processes) do assert(process.exitcode == 0) end
local share = count // producers
assert(total == (value and count * look(value) or producers * share * (share + 1) // 2), "messages got lost")
