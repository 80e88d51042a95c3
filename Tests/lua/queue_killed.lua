-- A process that is killed harms no queue: nothing hangs, nothing is doubled or reordered, and at most the item in
-- a killed consumer's hand is lost.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

test("a consumer killed while it waits takes nothing and blocks nobody", function()
    local q = mp.Queue()
    local list = {}
    for i = 1, 10 do
        list[i] = mp.Process { target = function() q:get() end }
        list[i]:start()
        support.until_asleep(list[i].pid)
    end
    for i = 1, 9 do list[i]:kill() end
    q:put "for the survivor"
    test.is(list[10]:join(60), true)
    test.is(list[10].exitcode, 0)
    q:put "for us"
    test.is(q:get(), "for us")
    for _, p in ipairs(list) do p:join() end
end)

test("a producer killed while it waits for room puts nothing", function()
    local q = mp.Queue(1)
    q:put "first"
    local p = mp.Process { target = function() q:put "never" end }
    p:start()
    support.until_asleep(p.pid)
    p:kill()
    p:join()
    test.is(q:get(), "first")
    test.is(q:qsize(), 0)
    q:put_nowait "room again"
    test.is(q:get(), "room again")
end)

test("waiters that are woken and killed before they run do not strand the next", function()
    for _ = 1, 50 do
        local q = mp.Queue()
        local first = mp.Process { target = function() q:get() end }
        local second = mp.Process { target = function() return q:get() end }
        first:start()
        support.until_asleep(first.pid)
        second:start()
        support.until_asleep(second.pid)
        -- Stopped, it is woken by the item but cannot run; then it dies.
        support.kill("STOP", first.pid)
        q:put "item"
        first:kill()
        test.is(second:result(30), "item")
        first:join()
    end
end)

test("kill -9 at random instants while several put and get", function()
    local q, received = mp.Queue(20), mp.Queue(100)
    local rounds = 100
    local next_id, killed, started = 0, 0, {}

    local function consume()
        while true do
            local item = q:get()
            if not item then return end
            received:put(item)
        end
    end
    local function produce(id)
        local number = 0
        while true do
            number = number + 1
            q:put { id, number, ("x"):rep(number % 7 == 0 and 70000 or number % 50) }
        end
    end
    local function start(target)
        next_id = next_id + 1
        local p = mp.Process { target = target, args = { next_id } }
        started[#started + 1] = p:start()
        return p
    end

    local producers, consumers = {}, {}
    for i = 1, 3 do
        producers[i] = start(produce)
        consumers[i] = start(consume)
    end

    -- Per producer the numbers rise; gaps are items that died in the hand of a killed consumer. Two consumers may
    -- report their items in another order than they took them, so only doubles are certain faults here.
    local seen, total, highest = {}, 0, {}
    local function account(item)
        local id, number, text = item[1], item[2], item[3]
        local key = id .. ":" .. number
        if seen[key] then test.ok(false, "received twice: " .. key) end
        seen[key] = true
        if #text ~= (number % 7 == 0 and 70000 or number % 50) then test.ok(false, "damaged: " .. key) end
        highest[id] = math.max(highest[id] or 0, number)
        total = total + 1
    end

    for round = 1, rounds do
        for _ = 1, 20 do
            local item = received:try_get(30)
            if not test.ok(item, "nothing arrives any more, round " .. round) then return end
            -- What is there now: the producers may be faster than we are.
            for _ = 1, #received do
                local more, value = received:try_get()
                if not more then break end
                account(value)
            end
        end
        time.sleep(math.random() * 0.003)
        local group, target = producers, produce
        if round % 2 == 0 then group, target = consumers, consume end
        local i = math.random(#group)
        group[i]:kill()
        killed = killed + 1
        group[i]:join()
        test.is(group[i].exitcode, -9)
        group[i] = start(target)
    end
    for _, p in ipairs(producers) do p:kill() p:join() end
    -- What is left of full queues is drained by the consumers, then they go.
    local ended = mp.Process { target = function() for _ = 1, #consumers do q:put(nil) end end }:start()
    repeat
        local more, value = received:try_get(0.2)
        if more then account(value) end
    until not more and #mp.active_children() == 0
    ended:join()
    test.is(q:qsize(), 0)
    test.ok(total > rounds)
    test.is(killed, rounds)
end)

test("a queue that saw a hundred deaths works as before", function()
    local q = mp.Queue()
    for i = 1, 100 do
        local p = mp.Process { target = function() while true do q:put(i) q:get() end end }
        p:start()
        time.sleep(math.random() * 0.004)
        p:kill()
        p:join()
    end
    test.between(q:qsize(), 0, 100, "at most one item a victim")
    while q:try_get() do end
    for i = 1, 100 do q:put(i) end
    for i = 1, 100 do test.is(q:get(), i) end
end)

test("what a killed process held is given back", function()
    local before
    for round = 1, 60 do
        local p = mp.Process {
            target = function()
                local mine = {}
                for i = 1, 50 do
                    mine[i] = mp.Queue()
                    mine[i]:put(("x"):rep(20000))
                end
                os.execute("kill -KILL " .. mp.getpid())
            end,
        }
        p:start():join()
        test.is(p.exitcode, -9)
        if round == 10 then before = support.resident() end
    end
    test.ok(support.resident() - before < 16 * 1024, "resident memory grew from " .. before .. " to " .. support.resident())
end)

test.done()
