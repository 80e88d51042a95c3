-- 栅栏: 大家到齐了再一起出发
-- Three runners run two laps; nobody begins a lap before all have ended the one before.

local mp = require "multiprocessing"
local time = require "time"

local lap = mp.Value("i", 0)
local line = mp.Barrier(3, function()
    print("全部到齐, 第", lap:add(1), "圈开始")
end)

local function run(number)
    for _ = 1, 2 do
        time.sleep(number * 0.05)
        line:wait()
    end
end

local runners = {}
for i = 1, 3 do runners[i] = mp.Process { target = run, args = { i } }:start() end
mp.join(runners)

-- 有人倒下了: 其他人不会永远等下去
local late = mp.Barrier(2)
local victim = mp.Process { target = function() late:wait() end }:start()
while late.n_waiting == 0 do time.sleep(0.01) end
victim:kill()
victim:join()
local _, problem = pcall(function() late:wait() end)
print(problem.kind)
