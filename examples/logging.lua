-- 日志和信号
-- What the package does, and what you add, on stderr with level and process name.

local mp = require "multiprocessing"

local logger = mp.log_to_stderr "info"

local function work(ready)
    local reload = mp.Event()
    mp.on_signal("USR1", function(name)
        logger:info("got %s", name)
        reload:set()
    end)
    ready:set()
    reload:wait() -- 等待时信号处理函数照样运行
    logger:warning "reloading"
end

local ready = mp.Event()
local p = mp.Process { target = work, args = { ready } }:start()
ready:wait()
os.execute("kill -USR1 " .. p.pid)
p:join()
