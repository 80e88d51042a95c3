-- 基于队列实现生产者消费者模型
-- Producer and consumer talk through a queue, not to each other; nil says that no more will come.

local mp = require "multiprocessing"
local time = require "time"

-- 消费者任务
local function consumer(q, name)
    while true do -- 不断的去队列读取
        time.sleep(math.random(1, 3)) -- 模拟读取的间隔
        local res = q:get() -- 获取的结果
        if res == nil then break end -- 如果获取的结果是nil, 则停止获取
        print(("\27[41m消费者 %s 拿到了 %s .\27[0m"):format(name, res))
    end
end

-- 生产者任务
local function producer(seq, q, name)
    for _, item in ipairs(seq) do
        time.sleep(math.random(1, 3)) -- 模拟生产时间间隔
        q:put(item) -- 将生产的包子放到队列中
        print(("\27[42m生产者 %s 生产了 %s .\27[0m"):format(name, item))
    end
    q:put(nil) -- 放一个nil, 代表生产完了.
end

local q = mp.Queue()

local c = mp.Process { target = consumer, args = { q, "egon" } } -- 传参给子进程c
c:start() -- 开启一个消费者子进程c

local seq = {} -- 生产10个包子
for i = 0, 9 do seq[#seq + 1] = "包子" .. i end
local p = mp.Process { target = producer, args = { seq, q, "厨师" } } -- 传参给子进程p, 往队列放包子
p:start() -- 开启生产者子进程p
c:join() -- 等待子进程c结束

print "主进程.."
