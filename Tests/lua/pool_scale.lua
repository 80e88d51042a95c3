-- Section 7 of the API: many workers, many tasks.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"
local time = require "time"

local function square(x) return x * x end

test("two hundred workers", function()
    local pool <close> = mp.Pool(200)
    local numbers = {}
    for i = 0, 999 do numbers[i + 1] = i end
    local sum = 0
    for _, value in ipairs(pool:map(square, numbers)) do sum = sum + value end
    test.is(sum, 332833500)
    pool:close()
    pool:join()
end)

test("as many tasks as one likes take a bounded amount of the owner's memory", function()
    local count = os.getenv "MPRUN_TEST_FULL" == "1" and 1000000 or 150000
    local pool <close> = mp.Pool(2)
    local i = 0
    local function numbers()
        i = i + 1
        if i <= count then return i end
    end
    local seen, sum, early = 0, 0, nil
    for value in pool:imap_unordered(function(x) return x end, numbers) do
        seen = seen + 1
        sum = sum + value
        if seen == count // 4 then
            collectgarbage()
            early = collectgarbage "count"
        end
    end
    test.is(seen, count)
    test.is(sum, count * (count + 1) // 2)
    collectgarbage()
    test.between(collectgarbage "count" - early, -math.huge, 500, "KiB more than after a quarter of them")
    test.is(#pool.jobs, 0, "no job is left")
end)

test("an ordered imap whose consumer is slow does not run ahead for ever", function()
    local pool <close> = mp.Pool(2)
    local made = 0
    local function numbers()
        made = made + 1
        return made
    end
    local seen = 0
    for _ in pool:imap(square, numbers) do
        seen = seen + 1
        if seen <= 20 then time.sleep(0.01) end
        if seen == 2000 then break end
    end
    test.between(made, 2000, 2000 + 200)
end)

test("pools that were dropped keep no workers", function()
    for _ = 1, 5 do mp.Pool(3):apply(math.abs, { -1 }) end
    test.ok(support.eventually(function()
        collectgarbage()
        return #mp.active_children() == 0
    end))
end)

test("a time limit is for each item, not for a chunk of them", function()
    local pool <close> = mp.Pool(1)
    local results = pool:map(function(x) time.sleep(0.1) return x end, { 1, 2, 3, 4, 5, 6, 7, 8 }, { timeout = 0.4 })
    test.is(#results, 8)
end)

test("a million items in chunks", function()
    local pool <close> = mp.Pool(2)
    local numbers = {}
    for i = 1, 1000000 do numbers[i] = i end
    local results, n = pool:map(square, numbers)
    test.is(n, 1000000)
    test.is(results[1000000], 1000000 * 1000000)
    test.is(#results, 1000000)
end)

test("thirteen workers, some killed while they wait for a task: nothing is lost", function()
    local pool <close> = mp.Pool(13)
    for _ = 1, 5 do
        for i = 1, 4 do support.kill("KILL", pool:stats()[i * 3].pid) end
        local results = pool:map(square, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 }, 1)
        test.is(results[13], 169)
        test.is(#results, 13)
    end
end)

test("a task that wants more memory than there is fails, and nothing else does", function()
    support.write("script.lua", [[
        local mp = require "multiprocessing"
        local pool <close> = mp.Pool(2)
        local _, e = pcall(function()
            pool:map(function(x)
                local kept = {}
                if x == 2 then for i = 1, 8 do kept[i] = ("x"):rep(1 << 30) .. i end end
                return x
            end, { 1, 2, 3 }, 1)
        end)
        print(e.kind, e.message:match "not enough memory")
        print(pool:apply(function() return "goes on" end))
    ]])
    local result = support.shell(("ulimit -v 4000000; exec %s script.lua"):format(support.quote(support.mprun)))
    test.is(result.out, "RemoteError\tnot enough memory\ngoes on\n", result.err)
end)

test.done()
