-- 进程间共享数据: Value, Array, SharedMemory
-- Memory that several processes read and write, without copying.

local mp = require "multiprocessing"

local total = mp.Value("q", 0)
local squares = mp.Array("d", 8)

local function work(first, last)
    for i = first, last do
        squares[i] = i * i
        local guard <close> = total:get_lock():hold() -- 加一再写回: 一步完成
        total.value = total.value + i
    end
    total:add(1000) -- 或者用原子操作
end

mp.join {
    mp.Process { target = work, args = { 1, 4 } }:start(),
    mp.Process { target = work, args = { 5, 8 } }:start(),
}
print("总和:", total.value)
print("平方:", table.concat(squares:totable(), " "))

-- 有名字的共享内存: Python 的 shared_memory.SharedMemory(name=...) 也能打开
local memory <close> = mp.SharedMemory { create = true, size = 64 }
mp.join {
    mp.Process { target = function() memory:write(0, "来自子进程") end }:start(),
}
print((memory:read(0, 15)))
memory:unlink()
