-- 应用实例: 并发连接, 客户端 (先运行 echo_server.lua)
-- Type a line, get it back in upper case. Ctrl-D ends.

local socket = require "socket"

local client = assert(socket.connect("127.0.0.1", tonumber(arg[1]) or 8080))

-- What has arrived, at most 1024 bytes.
local function receive(conn)
    conn:settimeout(nil)
    local first, problem = conn:receive(1)
    if not first then return nil, problem end
    conn:settimeout(0)
    local rest, _, partial = conn:receive(1023)
    return first .. (rest or partial)
end

while true do
    io.write ">> "
    io.flush()
    local line = io.read()
    if not line then break end
    local msg = line:match "^%s*(.-)%s*$"
    if msg ~= "" then
        client:send(msg)
        print(assert(receive(client)))
    end
end
