-- 信号量: 同时最多只有几个进程能进入
-- Five visitors, two seats. A permit taken with hold() comes back even if its process is killed.

local mp = require "multiprocessing"
local time = require "time"

local seats = mp.Semaphore(2, { name = "seats" })
local inside = mp.Value("i", 0)
local most = mp.Value("i", 0)

local function visitor()
    local guard <close> = seats:hold()
    local now = inside:add(1)
    most:with(function() most.value = math.max(most.value, now) end)
    time.sleep(0.1)
    inside:add(-1)
end

local visitors = {}
for i = 1, 5 do visitors[i] = mp.Process { target = visitor }:start() end
mp.join(visitors)
print("同时在座最多:", most.value, "剩余座位:", seats:get_value())

local rude = mp.Process {
    target = function()
        seats:with(time.sleep, 100)
    end,
}
rude:start()
while seats:get_value() == 2 do time.sleep(0.01) end
print("一个访客占了座位, 剩余:", seats:get_value())
rude:kill()
rude:join()
print("它被杀死之后, 剩余:", seats:get_value())
