-- A notification that comes before anybody waits for it is lost: wait for what is to be true, in a loop.

local mp = require "multiprocessing"
local time = require "time"

local ready = mp.Condition { name = "ready" }

local function waiter()
    time.sleep(0.2) -- late
    ready:acquire()
    ready:wait()
    print("never printed")
    ready:release()
end

local p = mp.Process { name = "waiter", target = waiter }:start()
ready:acquire()
ready:notify()
ready:release()
p:join()
