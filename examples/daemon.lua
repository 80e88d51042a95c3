-- 守护进程: 主进程运行完后, 子进程跟着一起结束
-- A daemon ends with its parent: what it would print after its sleep never appears.

local mp = require "multiprocessing"
local time = require "time"

local function fun(name)
    print(name .. " come back..")
    time.sleep(math.random(1, 3))
    print(name .. " is gone..")
end

local p1 = mp.Process { target = fun, args = { "egon" } }
p1.daemon = true -- 必须在p1:start()之前设置; 守护进程不能创建自己的新进程
p1:start()

print "主进程."
