-- 进程池: 一次算很多个
-- The same few workers for many tasks: apply, map, imap, results to wait for, errors, deaths.

local mp = require "multiprocessing"
local time = require "time"

local function square(x) return x * x end

local pool <close> = mp.Pool(4) -- 离开作用域时终止

print("apply:", pool:apply(square, { 7 }))
print("map:", table.concat(pool:map(square, { 1, 2, 3, 4, 5 }), " "))
print("starmap:", table.concat(pool:starmap(math.max, { { 1, 9 }, { 8, 2 } }), " "))

for value, i in pool:imap(square, { 10, 20, 30 }) do print("imap:", i, value) end

-- 异步: 主进程可以先做别的事
local result = pool:apply_async(function(seconds)
    time.sleep(seconds)
    return "算完了"
end, { 0.1 }, { callback = function(value) print("callback:", value) end })
print("ready:", result:ready())
print("get:", result:get())

-- 任务里的错误回到主进程
local _, problem = pcall(function()
    pool:map(function(x) return x // (x - 3) end, { 1, 2, 3, 4 })
end)
print(problem.kind, (problem.message:gsub("^.-:%d+: ", "")))

-- 一个工作进程被杀死: 只有它手上的任务失败, 进程池继续工作
_, problem = pcall(function()
    pool:apply(function() os.execute("kill -9 " .. mp.getpid()) time.sleep(10) end)
end)
print(problem.kind, problem.exitcode)
print("map:", table.concat(pool:map(square, { 6, 7, 8 }), " "))
