-- 管道: 两端各在一个进程中
-- A pipe has two ends. Each process keeps one; when the last copy of an end is closed, the other sees EOFError.

local mp = require "multiprocessing"

local here, there = mp.Pipe()

local function adder(conn)
    while true do
        local finished, task = pcall(conn.recv, conn)
        if not finished then break end -- 父进程关闭了它的一端
        conn:send(task.a + task.b)
    end
    print "子进程: 管道关闭了"
end

local p = mp.Process { target = adder, args = { there } }
p:start()
there:close() -- 父进程不用这一端

for i = 1, 3 do
    here:send { a = i, b = i * i }
    print(("%d + %d = %d"):format(i, i * i, here:recv()))
end
here:close()
p:join()
print "主进程.."
