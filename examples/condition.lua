-- 条件变量: 等待别人告诉你某件事变成真的
-- A shelf with room for three buns: bakers wait for room, eaters wait for buns.

local mp = require "multiprocessing"

local manager = mp.Manager()
local shelf = manager:list()
local changed = mp.Condition()
local room, buns = 3, 12

local function bake()
    for n = 1, buns do
        changed:with(function()
            changed:wait_for(function() return #shelf < room end)
            shelf:append("包子" .. n)
            changed:notify_all()
        end)
    end
end

local function eat(name, eaten)
    for _ = 1, buns // 2 do
        changed:with(function()
            changed:wait_for(function() return #shelf > 0 end)
            eaten:append(shelf:pop(1))
            changed:notify_all()
        end)
    end
    print(name, "吃了", #eaten, "个")
end

local first, second = manager:list(), manager:list()
mp.join {
    mp.Process { target = bake }:start(),
    mp.Process { target = eat, args = { "消费者1", first } }:start(),
    mp.Process { target = eat, args = { "消费者2", second } }:start(),
}
print("架子上还有", #shelf, "个")
