-- exitcode: 进程在运行时为nil, 如果为-N, 表示被信号N结束
-- How a process ended: 0, a status of its own, 1 after an error, or minus the signal that killed it.

local mp = require "multiprocessing"
local time = require "time"

local targets = {
    { "正常结束", function() return "ok" end },
    { "os.exit(7)", function() os.exit(7) end },
    { "出错", function() error "没有包子了" end }, -- the traceback goes to stderr
    { "被杀死", function() os.execute("kill -KILL " .. mp.getpid()) end },
    { "运行中", function() time.sleep(100) end },
}

for _, case in ipairs(targets) do
    local what, target = case[1], case[2]
    local p = mp.Process { target = target }
    p:start()
    if not p:join(0.5) then
        print(what, p.exitcode)
        p:terminate()
        p:join()
        what = "terminate之后"
    end
    print(what, p.exitcode)
end
