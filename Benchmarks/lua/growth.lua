-- What an operation costs, the more there is: growth.lua queue|lock|start objects|processes|items MOST
--
-- Measures with 1, 10, 100 … MOST other objects, or waiting processes; with items in the queue from 1,000 on.

local mp = require "multiprocessing"
local time = require "time"

local operation, axis, most = arg[1], arg[2], math.tointeger(arg[3])
local queue, lock, stop = mp.Queue(), mp.Lock(), mp.Event()
local others = {}
local put, got = 0, 0 -- sums of what went into the queue, and came out

local operations = {}

function operations.queue(count)
    for i = 1, count do
        queue:put(i)
        put, got = put + i, got + queue:get()
    end
end

function operations.lock(count)
    for _ = 1, count do
        lock:acquire()
        lock:release()
    end
end

function operations.start(count)
    for _ = 1, count do
        local process = mp.Process { target = function() end }:start()
        process:join()
        assert(process.exitcode == 0)
    end
end

local grow = {}

function grow.objects(size)
    for i = #others + 1, size do others[i] = i % 2 == 0 and mp.Lock() or mp.Queue() end
end

function grow.processes(size)
    for i = #others + 1, size do others[i] = mp.Process { target = stop.wait, args = { stop } }:start() end
    time.sleep(1) -- until they have come to rest
end

function grow.items(size)
    local batch <const> = 1000
    local numbers = {}
    for i = 1, batch do numbers[i] = i end
    while #queue < size do
        queue:put_many(numbers)
        put = put + batch * (batch + 1) // 2
    end
end

local counts <const> = { queue = 100000, lock = 200000, start = 300 }
local count = most >= 1000 and counts[operation] or 10

operations[operation](count // 10) -- warm
local size = axis == "items" and 1000 or 1
while size <= most do
    grow[axis](size)
    local started = time.perf_counter()
    operations[operation](count)
    print("size=" .. size, "operations=" .. count, "seconds=" .. time.perf_counter() - started)
    size = size * 10
end
stop:set()
if axis == "processes" then mp.join(others) end
while #queue > 0 do
    for _, number in ipairs(queue:get_many(1000)) do got = got + number end
end
assert(got == put, "items got lost")
