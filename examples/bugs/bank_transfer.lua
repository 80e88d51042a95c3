-- Two transfers at once in opposite directions. Each locks the account it takes from, then the one it gives to.

local mp = require "multiprocessing"
local time = require "time"

local ada = { lock = mp.Lock { name = "Ada" }, balance = mp.Value("i", 100) }
local bob = { lock = mp.Lock { name = "Bob" }, balance = mp.Value("i", 100) }

local function transfer(from, to, amount)
    from.lock:acquire()
    time.sleep(0.1) -- look the rates up
    to.lock:acquire()
    from.balance:add(-amount)
    to.balance:add(amount)
    to.lock:release()
    from.lock:release()
end

local there = mp.Process { name = "Ada to Bob", target = transfer, args = { ada, bob, 10 } }:start()
local back = mp.Process { name = "Bob to Ada", target = transfer, args = { bob, ada, 20 } }:start()
there:join()
back:join()
print(ada.balance.value, bob.balance.value)
