-- p:terminate(): 强制终止进程p; p:is_alive(): 如果p仍然运行, 返回true
-- In Python a lock that a terminated process held is lost and everyone hangs. Here the next one is told.

local mp = require "multiprocessing"
local time = require "time"

local lock = mp.Lock { name = "厨房" }
local ready = mp.Queue()

local function cook()
    lock:acquire()
    ready:put "拿到锁了"
    time.sleep(100)
end

local p = mp.Process { target = cook, name = "厨师" }
print("开始之前", p:is_alive())
p:start()
print(ready:get(), p:is_alive())

p:terminate()
p:join()
print("终止之后", p:is_alive(), p.exitcode)

local acquired, e = pcall(function() lock:acquire() end)
print(acquired, e.kind)
lock:recover() -- 检查过数据之后, 让锁重新可用
print("恢复之后", lock:acquire(false))
lock:release()
