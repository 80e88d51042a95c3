-- Integers through one queue, many in one call: batches.lua BATCH COUNT

local mp = require "multiprocessing"
local time = require "time"

local batch, count = math.tointeger(arg[1]), math.tointeger(arg[2])
local items, replies = mp.Queue(), mp.Queue()
local numbers = {}
for i = 1, batch do numbers[i] = i end

local function consume()
    local sum, left = 0, count
    replies:put "ready"
    while left > 0 do
        local got = items:get_many(batch)
        for i = 1, #got do sum = sum + got[i] end
        left = left - #got
    end
    replies:put(sum)
end

local consumer = mp.Process { target = consume }:start()
replies:get()
local started = time.perf_counter()
for _ = 1, count // batch do items:put_many(numbers) end
local total = replies:get()
print("operations=" .. count, "seconds=" .. time.perf_counter() - started)
consumer:join()
assert(total == count // batch * (batch * (batch + 1) // 2), "messages got lost")
