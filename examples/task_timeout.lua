-- 超时和重试
-- A task that takes too long is ended with its worker; one whose worker dies is tried again.

local mp = require "multiprocessing"
local time = require "time"

local pool <close> = mp.Pool(2)

local _, problem = pcall(function()
    pool:apply(function() while true do end end, {}, { timeout = 0.2 })
end)
print(problem.kind)

local attempts = mp.Value("i", 0)
print(pool:apply(function()
    if attempts:add(1) < 3 then os.exit(1) end -- 前两次都失败
    return "第 " .. attempts.value .. " 次成功"
end, {}, { retries = 5 }))

print(table.concat(pool:map(function(x)
    time.sleep(0.01)
    return x * 2
end, { 1, 2, 3 }, { timeout = 5 }), " "))
