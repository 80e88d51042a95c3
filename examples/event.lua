-- 事件: 红绿灯
-- Cars wait for a green light, all of them at once.

local mp = require "multiprocessing"
local time = require "time"

local green = mp.Event()
local passed = mp.Queue()

local function car(number)
    if not green:wait(0.05) then passed:put(("车 %d 看到红灯"):format(number)) end
    green:wait()
    passed:put(("车 %d 通过"):format(number))
end

local cars = {}
for i = 1, 3 do cars[i] = mp.Process { target = car, args = { i } }:start() end
time.sleep(0.3)
print("绿灯亮了")
green:set()
mp.join(cars)
while not passed:empty() do print(passed:get()) end
