-- Section 5 of the API: a process that dies holding a Lock or RLock.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

-- A process that took the lock and then died: the Process, already joined.
local function dead_holder(lock, how, name)
    local ready = mp.Queue()
    local p = mp.Process {
        target = function()
            lock:acquire()
            ready:put(true)
            if how == "kill" then time.sleep(100) end
            if how == "os.exit" then os.exit(0) end
        end,
        name = name,
    }
    p:start()
    ready:get()
    if how == "kill" then p:kill() end
    p:join()
    return p
end

for _, class in ipairs { "Lock", "RLock" } do
    test(class .. ": acquire raises OwnerDiedError and names the dead", function()
        local lock = mp[class] { name = "ledger" }
        local p = dead_holder(lock, "kill")
        for _ = 1, 2 do
            local e = test.kind("OwnerDiedError", function() lock:acquire() end)
            test.like(e.message, "lock 'ledger' %(.*lock_owner_death%.lua:%d+%) was held by " ..
                p.name:gsub("%-", "%%-") .. " %(pid " .. p.pid .. "%), which was killed by SIGKILL")
        end
        lock:recover()
        test.is(lock:acquire(false), true)
        lock:release()
    end)

    for _, how in ipairs { "end", "os.exit" } do
        test(class .. ": a process that ends (" .. how .. ") without releasing", function()
            local lock = mp[class]()
            dead_holder(lock, how, "forgetful")
            local e = test.kind("OwnerDiedError", function() lock:acquire { timeout = 60 } end)
            test.has(e.message, "forgetful")
            test.has(e.message, "ended without releasing it")
            lock:recover()
            test.is(lock:locked(), false)
        end)
    end

    test(class .. ": every form of acquire learns of it", function()
        local lock = mp[class]()
        dead_holder(lock, "kill")
        for _, acquire in ipairs {
            function() lock:acquire(false) end,
            function() lock:acquire(true, 1) end,
            function() lock:hold() end,
            function() lock:with(print) end,
        } do
            test.kind("OwnerDiedError", acquire)
        end
        lock:recover()
    end)

    test(class .. ": those who already wait learn of it at once, all of them", function()
        local lock, ready = mp[class](), mp.Queue()
        local owner = mp.Process { target = function() lock:acquire() ready:put(1) time.sleep(100) end }
        owner:start()
        ready:get()
        local list = {}
        for i = 1, 5 do
            list[i] = mp.Process {
                target = function()
                    local _, e = pcall(function() lock:acquire() end)
                    return e.kind
                end,
            }:start()
            support.until_asleep(list[i].pid)
        end
        owner:kill()
        for _, p in ipairs(list) do test.is(p:result(60), "OwnerDiedError") end
        owner:join()
        lock:recover()
        test.is(lock:acquire(false), true)
        lock:release()
    end)

    test(class .. ": a zombie counts as dead", function()
        local lock, ready = mp[class](), mp.Queue()
        local p = mp.Process { target = function() lock:acquire() ready:put(1) time.sleep(100) end }
        p:start()
        ready:get()
        support.kill("KILL", p.pid)
        test.ok(support.eventually(function() return support.state(p.pid) == "Z" end))
        test.kind("OwnerDiedError", function() lock:acquire { timeout = 60 } end)
        p:join()
        lock:recover()
    end)

    test(class .. [[: on_owner_death = "release"]], function()
        local lock = mp[class] { on_owner_death = "release" }
        dead_holder(lock, "kill")
        test.is({ lock:acquire() }, { true, "owner_died" })
        lock:release()
        test.is({ lock:acquire() }, { true })
        lock:release()
    end)

    test(class .. [[: on_owner_death = "release" tells also after operations that took the lock for themselves]], function()
        local lock = mp[class] { on_owner_death = "release" }
        local value = mp.Value("i", 0, { lock = lock })
        dead_holder(lock, "kill")
        value.value = value.value + 1
        test.is({ lock:acquire() }, { true, "owner_died" })
        lock:release()
        test.is({ lock:acquire() }, { true })
        lock:release()
    end)

    test(class .. [[: on_owner_death = "hang"]], function()
        local lock = mp[class] { on_owner_death = "hang" }
        dead_holder(lock, "kill")
        test.is(lock:acquire(false), false)
        test.lasts(0.1, function() test.is(lock:acquire { timeout = 0.1 }, false) end)
        lock:recover()
        test.is(lock:acquire(false), true)
        lock:release()
    end)

    test(class .. ": a killed holder of a guard", function()
        local lock, ready = mp[class](), mp.Queue()
        local p = mp.Process {
            target = function()
                local guard <close> = lock:hold()
                ready:put(1)
                time.sleep(100)
            end,
        }
        p:start()
        ready:get()
        p:kill()
        test.kind("OwnerDiedError", function() lock:acquire { timeout = 60 } end)
        p:join()
        lock:recover()
    end)

    test(class .. ": an error inside with is no death", function()
        local lock = mp[class]()
        local p = mp.Process {
            target = function() pcall(function() lock:with(error, "inside") end) end,
        }
        p:start():join()
        test.is({ lock:acquire(false) }, { true })
        lock:release()
    end)
end

test("release by another process also frees a dead owner's Lock", function()
    local lock = mp.Lock()
    dead_holder(lock, "kill")
    lock:release()
    test.is({ lock:acquire(false) }, { true })
    lock:release()
end)

test("a dead owner of a recursive lock held it several times", function()
    local lock = mp.RLock()
    local p = mp.Process { target = function() lock:acquire() lock:acquire() os.exit(0) end }
    p:start():join()
    test.kind("OwnerDiedError", function() lock:acquire() end)
    lock:recover()
    test.is(lock:acquire(false), true)
    lock:release()
    test.is(lock:locked(), false)
end)

test("a killed waiter does not strand the next", function()
    for _ = 1, 50 do
        local lock = mp.Lock()
        lock:acquire()
        local function take() lock:acquire() lock:release() return true end
        local first, second = mp.Process { target = take }, mp.Process { target = take }
        first:start()
        support.until_asleep(first.pid)
        second:start()
        support.until_asleep(second.pid)
        support.kill("STOP", first.pid)
        lock:release()
        first:kill()
        -- If the lock had been handed to the dead, somebody must be told.
        local finished, e = pcall(function() return second:result(30) end)
        test.ok(finished or e.kind == "ProcessError", "the second waiter hangs")
        first:join()
        second:kill()
        second:join()
    end
end)

test("a hundred owners killed at random instants", function()
    local lock = mp.Lock { on_owner_death = "release" }
    for _ = 1, 100 do
        local p = mp.Process { target = function() while true do lock:acquire() lock:release() end end }
        local q = mp.Process { target = function() while true do lock:acquire() lock:release() end end }
        p:start()
        q:start()
        time.sleep(math.random() * 0.004)
        p:kill()
        p:join()
        test.ok((lock:acquire { timeout = 30 }), "the lock is lost")
        lock:release()
        q:kill()
        q:join()
    end
    test.ok((lock:acquire { timeout = 30 }))
    lock:release()
end)

test.done()
