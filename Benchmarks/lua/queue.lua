-- Throughput of a Queue from one process to another: queue.lua NAME VALUE COUNT

local mp = require "multiprocessing"
local time = require "time"

local values = {
    int = 12345678,
    small = { id = 1, name = "item", value = 1.5 },
    ["1k"] = ("x"):rep(1024),
    ["1m"] = ("x"):rep(1 << 20),
}

local name, value, count = arg[1], values[arg[2]], math.tointeger(arg[3])
local items, replies = mp.Queue(), mp.Queue()

local function consume()
    replies:put "ready"
    for _ = 1, count do items:get() end
    replies:put "done"
end

local consumer = mp.Process { target = consume }
consumer:start()
replies:get()
local started = time.perf_counter()
for _ = 1, count do items:put(value) end
replies:get()
print(name, count / (time.perf_counter() - started), "/s")
consumer:join()
