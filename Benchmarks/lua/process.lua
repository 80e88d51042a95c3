-- A process is started and joined by one with a heap: process.lua COUNT MEGABYTES
--
-- Says how much of its private memory is resident, so that others can be measured with as much.

local mp = require "multiprocessing"
local time = require "time"

local count, megabytes = math.tointeger(arg[1]), math.tointeger(arg[2])
local function nothing() end

local heap = {}
collectgarbage "stop"
while collectgarbage "count" < megabytes * 1024 do heap[#heap + 1] = { #heap, #heap + 0.5 } end
collectgarbage "restart"

local function resident_kilobytes()
    for line in io.lines "/proc/self/status" do
        local kilobytes = line:match "^RssAnon:%s*(%d+)"
        if kilobytes then return kilobytes end
    end
end

mp.Process { target = nothing }:start():join() -- the family has its shared memory
local resident = resident_kilobytes()
local started = time.perf_counter()
for _ = 1, count do
    local process = mp.Process { target = nothing }
    process:start()
    process:join()
    assert(process.exitcode == 0)
end
print("operations=" .. count, "seconds=" .. time.perf_counter() - started, "resident=" .. resident)
assert(megabytes == 0 or #heap > 0)
