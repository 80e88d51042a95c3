-- 开进程的方法2: 继承Process类, 自定义开启
-- The second way: a class of one's own. Only init and run are needed.

local mp = require "multiprocessing"
local time = require "time"

local Piao = mp.Process:subclass "Piao"

function Piao:init(name)
    self.name = name
end

function Piao:run()
    print(self.name .. " piaoing..")
    time.sleep(math.random(1, 3))
    print(self.name .. " piao end..")
end

local p1 = Piao "egon"
p1:start() -- p1:run(), 在子进程中
print "父进程..."
