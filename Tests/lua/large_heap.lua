-- A process with a large heap: it is kept in huge pages, so that starting children is cheap.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

local MIB = 1024 * 1024

-- What is measured here and in processes of their own is text.

--- A field of /proc/self/smaps_rollup or status, in bytes.
local MEMORY = [[
    local field, file = ...
    for line in io.lines("/proc/self/" .. (file or "smaps_rollup")) do
        local kilobytes = line:match("^" .. field .. ":%s*(%d+) kB")
        if kilobytes then return kilobytes * 1024 end
    end
    return 0
]]
local memory = load(MEMORY)

--- The shortest of ten times that it takes to start and join a child, in seconds.
local COST = [[
    local mp, time = require "multiprocessing", require "time"
    local best = math.huge
    for _ = 1, 10 do
        local started = time.perf_counter()
        mp.Process { target = function() end }:start():join()
        best = math.min(best, time.perf_counter() - started)
    end
    return best
]]

--- In a process whose heap is whole: three times 200 MiB of strings come and go, and something is checked with them and
--- without.
local function check_coming_and_going(with, without)
    local result = support.run(([[
        local MIB <const> = 1 << 20
        local function memory(...) %s end
        for round = 1, 3 do
            local strings = {}
            for i = 1, 200 do strings[i] = ("x"):rep(MIB) .. i end
            %s
            strings = nil
            collectgarbage()
            %s
        end
    ]]):format(MEMORY, with, without))
    test.is(result.err, "")
    test.is(result.status, 0)
end

local function gives_huge_pages()
    local file <close> = io.open("/sys/kernel/mm/transparent_hugepage/enabled")
    return file ~= nil and not file:read("a"):find("[never]", 1, true)
end

local function fill(megabytes)
    local list = {}
    while collectgarbage "count" < megabytes * 1024 do list[#list + 1] = { #list, "v" .. #list } end
    return list
end

local small = memory "AnonHugePages"
local list = fill(100)

test("a small heap has no huge pages", function() test.is(small, 0) end)

if gives_huge_pages() then
    test("most of a large heap is in huge pages", function()
        test.between(memory "AnonHugePages", 60 * MIB, 200 * MIB)
    end)

    test("so is one that has just become large, wherever it begins", function()
        for megabytes = 5, 9, 2 do
            local result = support.run(([[
                local function memory(...) %s end
                local list = {}
                while collectgarbage "count" < %d * 1024 do list[#list + 1] = { #list, "v" .. #list } end
                print(memory "Anonymous" - memory "AnonHugePages")
            ]]):format(MEMORY, megabytes))
            test.between(tonumber(result.out) or result.err, 0, 3.5 * MIB, megabytes .. " MB")
        end
    end)

    test("a child shares them, and adds none", function()
        local before = memory "AnonHugePages"
        local child = mp.Process {
            target = function()
                local text = ("x"):rep(64 * MIB)
                local grown = fill(250)
                return { memory "AnonHugePages", #grown + #text }
            end,
        }:start():result(120)
        test.between(child[1], 0, before)
    end)

    test("a heap that has shrunk has them again when it grows", function()
        check_coming_and_going([[assert(memory "AnonHugePages" > 100 * MIB, "round " .. round)]], "")
    end)

    test("starting a child does not copy an entry for each page", function()
        local alone = tonumber(support.run(("print((function() %s end)())"):format(COST)).out)
        -- 25,600 pages of 4 KiB cost 4 ms.
        test.between(load(COST)() - alone, -1, 0.003)
    end)
end

test("parent and children change what they share each for itself", function()
    local function sum(from)
        local total = 0
        for i = from, #list, 7 do total = total + list[i][1] end
        return total
    end
    local before = sum(1)
    local children = {}
    for n = 1, 3 do
        children[n] = mp.Process {
            target = function()
                for i = n, #list, 3 do list[i][1], list[i].child = -n, n end
                collectgarbage()
                for i = n, #list, 3 do assert(list[i][1] == -n and list[i].child == n) end
                return sum(1)
            end,
        }:start()
    end
    for i = 1, #list, 11 do list[i].parent = i end
    collectgarbage()
    for _, child in ipairs(children) do test.ok(child:result(120) ~= before, "the child changed nothing") end
    test.is(sum(1), before)
    for i = 1, #list, 11 do assert(list[i].parent == i and list[i].child == nil) end
end)

test("memory that has become free goes back to the system", function()
    check_coming_and_going(
        [[local full = memory("RssAnon", "status"); assert(full > 200 * MIB)]],
        [[assert(memory("RssAnon", "status") < 64 * MIB, "round " .. round)]])
end)

test("blocks of every size around the limits", function()
    for _, megabytes in ipairs { 1, 3, 4, 7, 8, 9, 31, 32, 33 } do
        local text = ("0123456789abcdef"):rep(megabytes * MIB // 16)
        local copy = text .. "!"
        test.is(#copy, megabytes * MIB + 1)
        test.is(copy:sub(-3), "ef!")
        local array = table.move({}, 1, 0, 1, {})
        for i = 1, megabytes * 10000 do array[i] = i end
        test.is(array[#array], megabytes * 10000)
    end
end)

test.done()
