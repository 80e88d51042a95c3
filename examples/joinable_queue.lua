-- JoinableQueue: 生产者想要知道消费者的确获取到了包子
-- The producer waits in q:join() until every bun has been confirmed by task_done(). The consumers are daemons: they
-- end with the main process.

local mp = require "multiprocessing"
local time = require "time"

-- 消费者任务
local function consumer(q, name)
    while true do -- 不断的去队列读取
        time.sleep(math.random(1, 3)) -- 模拟读取的间隔
        local res = q:get()
        print(("\27[41m消费者 %s 拿到了 %s .\27[0m"):format(name, res))
        q:task_done() -- 获取到一个包子, 就发一次信号
    end
end

-- 生产者任务
local function producer(seq, q, name)
    for _, item in ipairs(seq) do
        time.sleep(math.random(1, 3)) -- 模拟生产时间间隔
        q:put(item) -- 将生产的包子放到队列中
        print(("\27[42m生产者 %s 生产了 %s .\27[0m"):format(name, item))
    end
    q:join() -- 等待消费者的task_done信号
    print "包子卖完了.."
end

local q = mp.JoinableQueue()

-- 开启多个消费者子进程, 设置为后台运行的守护进程: 当父进程终止时, 也随之终止
for i = 1, 3 do
    local c = mp.Process { target = consumer, args = { q, "消费者" .. i } }
    c.daemon = true
    c:start()
end

-- 开启1个生产者子进程p, 也可开启多个生产者
local seq = {}
for i = 0, 9 do seq[#seq + 1] = "包子" .. i end
local p = mp.Process { target = producer, args = { seq, q, "厨师" } }
p:start()
p:join() -- 主进程等待p结束, p等待消费者把数据都取完; 主进程结束后回收守护进程

print "主进程.."
