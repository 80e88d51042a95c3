-- Two processes wake each other by two Events, COUNT hand-offs: event.lua COUNT

local mp = require "multiprocessing"
local time = require "time"

local count = math.tointeger(arg[1]) // 2
local ping, pong = mp.Event(), mp.Event()

local function answer()
    for _ = 0, count do
        ping:wait()
        ping:clear()
        pong:set()
    end
end

local function ask()
    ping:set()
    pong:wait()
    pong:clear()
end

local peer = mp.Process { target = answer }:start()
ask() -- the other side is up
local started = time.perf_counter()
for _ = 1, count do ask() end
print("operations=" .. 2 * count, "seconds=" .. time.perf_counter() - started)
peer:join()
assert(peer.exitcode == 0 and not ping:is_set() and not pong:is_set())
