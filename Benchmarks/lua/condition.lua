-- Two processes take turns by a Condition, COUNT hand-offs: condition.lua COUNT

local mp = require "multiprocessing"
local time = require "time"

local count = math.tointeger(arg[1]) // 2
local changed, ready = mp.Condition(mp.Lock()), mp.Semaphore(0)
local turn, hand_offs = mp.RawValue("i", 0), mp.RawValue("q", 0)

local function play(me)
    changed:acquire()
    for _ = 1, count do
        while turn.value ~= me do changed:wait() end
        turn.value = 1 - me
        hand_offs.value = hand_offs.value + 1
        changed:notify()
    end
    changed:release()
end

local peer = mp.Process { target = function()
    ready:release()
    play(1)
    ready:release()
end }:start()
ready:acquire()
local started = time.perf_counter()
play(0)
ready:acquire()
print("operations=" .. 2 * count, "seconds=" .. time.perf_counter() - started)
peer:join()
assert(hand_offs.value == 2 * count, "a turn got lost")
