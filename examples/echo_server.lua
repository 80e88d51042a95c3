-- 应用实例: 并发连接, 服务端
-- One process for each connection: it answers every chunk in upper case. Try it with echo_client.lua or netcat.
-- 问题: 来多少请求, 开多少进程, 无限制开进程会导致卡死 (看 bounded_server.lua)

local mp = require "multiprocessing"
local socket = require "socket"

local server = assert(socket.bind("127.0.0.1", tonumber(arg[1]) or 8080, 5))

-- What has arrived, at most 1024 bytes. receive(1024) alone would wait until there are so many.
local function receive(conn)
    conn:settimeout(nil)
    local first, problem = conn:receive(1)
    if not first then return nil, problem end
    conn:settimeout(0)
    local rest, _, partial = conn:receive(1023)
    return first .. (rest or partial)
end

local function talk(conn)
    for msg in receive, conn do
        if not conn:send(msg:upper()) then break end
    end
end

while true do
    local conn = assert(server:accept())
    local p = mp.Process { target = talk, args = { conn } }
    p:start()
    conn:close() -- the parent's copy: the connection now belongs to the child
end
