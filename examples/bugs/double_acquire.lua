-- A function that takes the lock calls another one that takes it, too.

local mp = require "multiprocessing"

local lock = mp.Lock { name = "ledger" }

local function add(ledger, entry)
    lock:acquire()
    ledger[#ledger + 1] = entry
    lock:release()
end

local function add_twice(ledger, entry)
    lock:acquire()
    add(ledger, entry) -- waits for this very process
    add(ledger, entry)
    lock:release()
end

add_twice({}, "rent")
