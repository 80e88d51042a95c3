-- What the documents warn of: terminating a process that holds a lock. By default mprun tells whoever wants the lock
-- next; this lock behaves as they do elsewhere.

local mp = require "multiprocessing"
local time = require "time"

local lock = mp.Lock { name = "printer", on_owner_death = "hang" }

local function worker()
    lock:acquire()
    time.sleep(60)
    lock:release()
end

local p = mp.Process { name = "worker", target = worker }:start()
while not lock:locked() do time.sleep(0.01) end
p:terminate()
p:join()
lock:acquire() -- its owner is dead
