-- Section 6 of the API: a process that is killed while it changes a dict or a list leaves it whole and usable.
-- With MPRUN_TEST_FULL=1 they grow to a million entries.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local entries = os.getenv "MPRUN_TEST_FULL" == "1" and 1000000 or 20000
local kills = 20

local m = mp.Manager()

-- Four processes run f(id), each with an id of its own, for ever; at random instants one is killed and replaced by
-- the next, until done() and enough have died. Returns the highest id.
local function grow(f, done)
    local list, id = {}, 0
    local function start(i)
        id = id + 1
        list[i] = mp.Process { target = f, args = { id } }:start()
    end
    for i = 1, 4 do start(i) end
    local killed = 0
    repeat
        time.sleep(math.random() * 0.006)
        local i = math.random(4)
        -- None may have ended by itself: an error in f is a failure here.
        if not list[i]:is_alive() then
            test.ok(false, "a process ended by itself: " .. tostring(list[i]))
            break
        end
        list[i]:kill()
        list[i]:join()
        killed = killed + 1
        start(i)
    until killed >= kills and done()
    for _, p in ipairs(list) do
        p:kill()
        p:join()
    end
    return id
end

-- Calls a method of a list that may have become too short meanwhile.
local function try(method, ...)
    local finished, problem = pcall(method, ...)
    if not finished and not tostring(problem):find "index out of range" and not tostring(problem):find "empty list" then
        error(problem, 0)
    end
end

local function text(n) return ("x"):rep(n % 50) end

test("a dict that four processes grow while they are killed stays consistent", function()
    local d = m:dict()
    -- Each adds its share, then writes the same again.
    local share = entries // kills
    local ids = grow(function(id)
        for i = 0, math.huge do
            local n = i % share + 1
            d[id .. ":" .. n] = { id, n, text(n) }
        end
    end, function() return #d >= entries end)

    -- Of each process every assignment that had returned is there; the one under way is there or not.
    local count, highest = 0, {}
    for id = 1, ids do highest[id] = 0 end
    for key, value in pairs(d) do
        local id, n = key:match "^(%d+):(%d+)$"
        id, n = tonumber(id), tonumber(n)
        if value[1] ~= id or value[2] ~= n or value[3] ~= text(n) then test.ok(false, "damaged: " .. key) end
        if n ~= highest[id] + 1 then test.ok(false, ("%s after %d"):format(key, highest[id])) end
        highest[id] = n
        count = count + 1
    end
    test.is(count, #d)
    test.ok(count >= entries)
    for id, n in ipairs(highest) do
        if n > 0 and d[id .. ":" .. n][2] ~= n then test.ok(false, "the last of " .. id) end
        if d[id .. ":" .. n + 1] ~= nil then test.ok(false, "found, but not among the pairs: " .. n + 1) end
    end

    d.after = 1
    test.is(d:add("after", 1), 2)
    test.is(#d, count + 1)
    d:clear()
    test.is(#d, 0)
    d.again = 1
    test.is(d:items(), { { "again", 1 } })
end)

test("a dict whose entries are replaced, deleted, added to and applied while processes are killed", function()
    local d = m:dict()
    grow(function(id)
        math.randomseed(id)
        for n = 1, math.huge do
            local key = math.random(200)
            local what = math.random(5)
            if what == 1 then
                d[key] = nil
            elseif what == 2 then
                d:pop(key, false)
            elseif what == 3 then
                d:apply(key, function() return { n, text(n) } end)
            elseif what == 4 then
                d:add("count " .. id % 7, 1)
            else
                d[key] = { n, text(n) }
            end
        end
    end, function() return #d >= 100 end)
    local count = 0
    for key, value in pairs(d) do
        count = count + 1
        if type(key) == "number" then test.is(value[2], text(value[1])) else test.ok(value > 0) end
    end
    test.is(count, #d)
    test.is(count, #d:keys())
    for _, key in ipairs(d:keys()) do d[key] = nil end
    test.is(#d, 0)
    test.is(d:keys(), {})
end)

test("a process killed inside the function of apply changes nothing and blocks nobody", function()
    local d, inside = m:dict { x = 1 }, mp.Event()
    local p = mp.Process {
        target = function()
            d:apply("x", function()
                inside:set()
                time.sleep(100)
            end)
        end,
    }
    p:start()
    inside:wait()
    p:kill()
    test.is(d.x, 1)
    test.is(d:apply("x", function(old) return old + 1 end), 2)
    p:join()
    test.is(d:copy(), { x = 2 })
end)

test("a list that four processes grow while they are killed stays consistent", function()
    local l = m:list()
    grow(function(id)
        math.randomseed(id)
        for n = 1, math.huge do
            local what = #l < 2 * entries and math.random(10) or 9
            local value = { id, n, text(n) }
            if what <= 6 then
                l:append(value)
            elseif what <= 8 then
                -- Near the end, so that a million of them do not take all day.
                try(l.insert, l, math.max(1, #l - math.random(0, 20)), value)
            elseif what == 9 then
                try(l.pop, l)
            else
                try(l.pop, l, math.max(1, #l - math.random(0, 20)))
            end
        end
    end, function() return #l >= entries end)

    local count, seen = 0, {}
    for i, value in ipairs(l) do
        local id, n = value[1], value[2]
        if value[3] ~= text(n) then test.ok(false, "damaged: " .. i) end
        local key = id .. ":" .. n
        if seen[key] then test.ok(false, "twice: " .. key) end
        seen[key] = true
        count = count + 1
    end
    test.is(count, #l)
    test.ok(count >= entries)
    l:append "after"
    test.is(l:pop(), "after")
    test.is(#l, count)
    l:reverse()
    for _ = 1, 100 do l:pop(1) end
    test.is(#l, count - 100)
end)

test("what one process appends stays in its order", function()
    local l = m:list()
    local ids = grow(function(id)
        for n = 1, math.huge do
            l:append { id, n }
            if n % 100 == 0 then time.sleep(0.001) end
        end
    end, function() return #l >= 1000 end)
    local last = {}
    for id = 1, ids do last[id] = 0 end
    for _, value in ipairs(l) do
        if value[2] ~= last[value[1]] + 1 then test.ok(false, ("%d after %d"):format(value[2], last[value[1]])) end
        last[value[1]] = value[2]
    end
end)

test("a process killed while it sorts a list leaves every element there", function()
    local l, inside = m:list(), mp.Event()
    for i = 1, 50 do l:append(i * 37 % 53) end
    local p = mp.Process {
        target = function()
            l:sort { key = function(v) inside:set() time.sleep(100) return v end }
        end,
    }
    p:start()
    inside:wait()
    p:kill()
    p:join()
    test.is(#l, 50)
    l:sort()
    local seen, last = 0, -1
    for _, v in ipairs(l) do
        test.ok(v >= last)
        last = v
        seen = seen + 1
    end
    test.is(seen, 50)
end)

test("a namespace whose users are killed", function()
    local ns = m:Namespace()
    grow(function(id)
        for n = 1, math.huge do ns["field" .. n % 10] = { id, n, text(n) } end
    end, function() return ns.field0 ~= nil end)
    local count = 0
    for _, value in pairs(ns) do
        test.is(value[3], text(value[2]))
        count = count + 1
    end
    test.is(count, 10)
    ns.x = 1
    test.is(ns.x, 1)
end)

test("what killed processes held is given back", function()
    local before
    for round = 1, 60 do
        local p = mp.Process {
            target = function()
                local mine = {}
                for i = 1, 50 do
                    mine[i] = m:dict { big = ("x"):rep(20000), list = m:list { ("y"):rep(20000) } }
                end
                support.kill("KILL", mp.getpid())
                time.sleep(100)
            end,
        }
        p:start():join()
        test.is(p.exitcode, -9)
        if round == 10 then before = support.resident() end
    end
    local grown = support.resident() - before
    test.ok(grown < 16 * 1024, "grew by " .. grown .. " KiB")
end)

test.done()
