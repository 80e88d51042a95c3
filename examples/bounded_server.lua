-- 应用实例: 并发连接, 进程数有限的服务端
-- A fixed number of processes accept on one inherited socket. However many clients come, there are never more
-- processes; the others wait in the socket's backlog until one is free.

local mp = require "multiprocessing"
local socket = require "socket"

local port, workers = tonumber(arg[1]) or 8080, tonumber(arg[2]) or 4
local server = assert(socket.bind("127.0.0.1", port, 128))

-- What has arrived, at most 1024 bytes. receive(1024) alone would wait until there are so many.
local function receive(conn)
    conn:settimeout(nil)
    local first, problem = conn:receive(1)
    if not first then return nil, problem end
    conn:settimeout(0)
    local rest, _, partial = conn:receive(1023)
    return first .. (rest or partial)
end

local function serve()
    while true do
        local conn = assert(server:accept())
        for msg in receive, conn do
            if not conn:send(msg:upper()) then break end
        end
        conn:close()
    end
end

for _ = 1, workers do
    mp.Process { target = serve }:start()
end
print(("%d个进程在等待连接, 端口%d"):format(workers, port))
