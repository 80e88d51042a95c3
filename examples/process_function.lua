-- 开进程的方法1: 直接指定target和args参数开启
-- The first way to start a process: a function and its arguments.

local mp = require "multiprocessing"
local time = require "time"

-- 开进程要干的事
local function piao(name)
    print(name .. " piaoing..")
    time.sleep(math.random(1, 3))
    print(name .. " piao end..")
end

-- target: 子进程要干的事或任务
-- args: 传参数, 表的形式
local p1 = mp.Process { target = piao, args = { "egon" } }
local p2 = mp.Process { target = piao, args = { "alex" } }
local p3 = mp.Process { target = piao, args = { "jack" } }
local p4 = mp.Process { target = piao, args = { "tom" } }

p1:start() -- 开启第一个子进程
print(("p1 name is %s."):format(p1.name))
p2:start() -- 开启第二个子进程
p3:start() -- 开启第三个子进程
p4:start() -- 开启第四个子进程

p1:join() -- 等待子进程运行完后, 继续下面的print
print "主进程..."
