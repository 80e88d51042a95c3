-- 锁: 多个进程修改同一个文件
-- Read, add one, write back: without a lock, updates of other processes in between are lost.

local mp = require "multiprocessing"

local path = os.tmpname()
local workers, rounds = 4, 200

local function load_counter()
    local file <close> = assert(io.open(path))
    return file:read "n" or 0 -- another process may just be rewriting it
end

local function save_counter(n)
    local file <close> = assert(io.open(path, "w"))
    file:write(n)
end

local function add_one()
    save_counter(load_counter() + 1)
end

local function without_lock()
    for _ = 1, rounds do add_one() end
end

local function with_lock(lock)
    for _ = 1, rounds do
        local guard <close> = lock:hold() -- 离开作用域时自动释放
        add_one()
    end
end

local function count(target, ...)
    save_counter(0)
    local list = {}
    for i = 1, workers do list[i] = mp.Process { target = target, args = { ... } }:start() end
    mp.join(list)
    return load_counter()
end

print(("不加锁: %d, 应该是 %d"):format(count(without_lock), workers * rounds))
print(("加锁: %d, 应该是 %d"):format(count(with_lock, mp.Lock()), workers * rounds))
os.remove(path)
