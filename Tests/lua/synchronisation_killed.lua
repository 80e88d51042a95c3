-- Section 5 of the API: a dead waiter never harms anybody. Processes are killed while they wait, after they were
-- notified, and at random instants. With MPRUN_TEST_FULL=1 more of them.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local full = os.getenv "MPRUN_TEST_FULL" == "1"

-- A survivor wakes within this time of being notified. A lost wake-up is noticed after half a second at the latest.
local SOON = 1.5

-- Waits until all of them are blocked in the kernel.
local function all_asleep(list)
    local quiet = 0
    support.eventually(function()
        quiet = quiet + 1
        for _, p in ipairs(list) do
            if support.state(p.pid) ~= "S" then quiet = 0 end
        end
        return quiet >= 4
    end)
end

local function kill(list)
    for _, p in ipairs(list) do p:kill() end
    for _, p in ipairs(list) do p:join() end
end

-- What a process can wait for: make() gives wait() for the waiter, wake(n) for us, and check() of what is left.
local waits = {
    ["Condition, notify_all"] = function()
        local cond = mp.Condition()
        return {
            wait = function() return cond:with(cond.wait, cond) end,
            wake = function() cond:with(cond.notify_all, cond) end,
            check = function() test.is(cond:with(cond.wait, cond, 0), false) end,
        }
    end,
    ["Condition, notify(n)"] = function()
        local cond = mp.Condition()
        return {
            wait = function() return cond:with(cond.wait, cond) end,
            wake = function(n) cond:with(cond.notify, cond, n) end,
            check = function() test.is(cond:with(cond.wait, cond, 0), false) end,
        }
    end,
    ["Condition, notify one by one"] = function()
        local cond = mp.Condition()
        return {
            wait = function() return cond:with(cond.wait, cond) end,
            wake = function(n) for _ = 1, n do cond:with(cond.notify, cond) end end,
            check = function() test.is(cond:with(cond.wait, cond, 0), false) end,
        }
    end,
    Event = function()
        local event = mp.Event()
        return {
            wait = function() return event:wait() end,
            wake = function() event:set() event:clear() end,
            check = function() test.is(event:is_set(), false) end,
        }
    end,
    Semaphore = function()
        local semaphore = mp.Semaphore(0)
        return {
            wait = function() return semaphore:acquire() end,
            wake = function(n) semaphore:release(n) end,
            check = function() test.is(semaphore:get_value(), 0) end,
        }
    end,
    ["queue, get"] = function()
        local q = mp.Queue()
        return {
            wait = function() return q:get() end,
            wake = function(n) for _ = 1, n do q:put(true) end end,
            check = function() test.is(q:qsize(), 0) end,
        }
    end,
    ["queue, put"] = function()
        local q = mp.Queue(1)
        q:put(true)
        return {
            wait = function() q:put(true) return true end,
            wake = function(n) for _ = 1, n do q:get { timeout = 20 } end end,
            check = function() test.is(q:qsize(), 1) end,
        }
    end,
}

-- Starts n processes that wait and report when they woke.
local function waiters(case, n)
    local list, woken = {}, mp.Queue()
    for i = 1, n do
        list[i] = mp.Process {
            target = function()
                local result = case.wait()
                woken:put { i, result, time.monotonic() }
            end,
        }:start()
    end
    all_asleep(list)
    return list, woken
end

-- Exactly these many wake, soon.
local function wake(case, woken, n)
    local started = time.monotonic()
    case.wake(n)
    test.between(time.monotonic() - started, 0, SOON, "who wakes them is not blocked")
    for _ = 1, n do
        local arrived, report = woken:try_get(20)
        if not test.ok(arrived, "a survivor sleeps on") then return end
        test.is(report[2], true)
        test.between(report[3] - started, 0, SOON, "time until a survivor woke")
    end
    test.is({ woken:try_get(0) }, { false })
end

local n = full and 5 or 3
for name, make in pairs(waits) do
    test(name .. ": any of several waiters are killed, the others wake", function()
        for subset = 1, (1 << n) - 2 do
            local case = make()
            local list, woken = waiters(case, n)
            local victims, survivors = {}, {}
            for i, p in ipairs(list) do table.insert(subset >> (i - 1) & 1 == 1 and victims or survivors, p) end
            -- Half of the time they are zombies whom nobody has reaped yet.
            for _, p in ipairs(victims) do support.kill("KILL", p.pid) end
            if subset % 2 == 0 then mp.join(victims) end
            wake(case, woken, #survivors)
            mp.join(list)
            case.check()
        end
    end)
end

for name, make in pairs(waits) do
    if name ~= "Condition, notify_all" and name ~= "Event" then
        test(name .. ": what a process that dies before it runs was given goes to another", function()
            for _ = 1, full and 50 or 5 do
                local case = make()
                local first, woken = waiters(case, 1)
                local second = waiters({ wait = function() return case.wait() and woken:put(true) end }, 1)
                support.kill("STOP", first[1].pid)
                case.wake(1)
                first[1]:kill()
                first[1]:join()
                local arrived = woken:try_get(20)
                test.ok(arrived, "the other sleeps on")
                if not arrived then second[1]:kill() end
                second[1]:join()
                case.check()
            end
        end)
    end
end

test("an Event wakes the others when one waiter is stopped and killed", function()
    local event = mp.Event()
    local list = {}
    for i = 1, 3 do list[i] = mp.Process { target = function() return event:wait(60) end }:start() end
    all_asleep(list)
    support.kill("STOP", list[1].pid)
    event:set()
    event:clear()
    list[1]:kill()
    list[1]:join()
    for i = 2, 3 do test.is(list[i]:result(70), true) end
end)

-- Random instants ---------------------------------------------------------------------------------------------

-- Three processes run f for ever; again and again one of them is killed and replaced.
local function massacre(f)
    local rounds, list = full and 1000 or 100, {}
    for i = 1, 3 do list[i] = mp.Process { target = f }:start() end
    for round = 1, rounds do
        time.sleep(math.random() * 0.004)
        local i = round % 3 + 1
        kill { list[i] }
        list[i] = mp.Process { target = f }:start()
    end
    kill(list)
end

test("users of a Condition are killed at random instants", function()
    local cond = mp.Condition(mp.RLock { on_owner_death = "release" })
    massacre(function()
        while true do
            cond:with(function()
                cond:notify(2)
                cond:wait(0.002)
            end)
        end
    end)
    local list, woken = waiters({ wait = function() return cond:with(cond.wait, cond) end }, 2)
    wake({ wake = function() cond:with(cond.notify_all, cond) end }, woken, 2)
    mp.join(list)
end)

test("users of Events are killed at random instants", function()
    local event = mp.Event()
    massacre(function()
        while true do
            event:set()
            event:wait()
            event:clear()
            event:wait(0.001)
        end
    end)
    event:clear()
    local list, woken = waiters({ wait = function() return event:wait() end }, 2)
    wake({ wake = function() event:set() end }, woken, 2)
    mp.join(list)
end)

test("users of a value are killed at random instants", function()
    local v, a = mp.Value("q", 0), mp.Array("q", 10)
    massacre(function()
        while true do
            v:add(1)
            v.value = v.value
            v:compare_exchange(v.value, 0)
            a[5] = a[5] + 1
        end
    end)
    v.value = 5
    test.is(v:add(1), 6)
    a[5] = 7
    test.is(a[5], 7)
    test.is(v:get_lock():acquire { timeout = 20 }, true)
    v:get_lock():release()
end)

test("who dies holding the lock of a value is named to those who take the lock", function()
    local v, ready = mp.Value("i", 5), mp.Event()
    local p = mp.Process {
        target = function() v:get_lock():with(function() v.value = 6 ready:set() time.sleep(100) end) end,
        name = "miser",
    }
    p:start()
    ready:wait()
    kill { p }
    local e = test.kind("OwnerDiedError", function() v:get_lock():acquire { timeout = 20 } end)
    test.has(e.message, "miser")
    v:get_lock():recover()
    v:get_lock():with(function() v.value = v.value + 1 end)
    test.is(v.value, 7)
end)

test.done()
