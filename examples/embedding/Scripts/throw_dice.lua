-- Throws two dice very often, in several processes, and returns the mean and how often each sum came.
local mp = require "multiprocessing"
local statistics = require "statistics"

local throws, workers = ...

-- Runs in a process of its own. Generator and Histogram are Swift objects of that process; their numbers travel back.
local function throw(seed, count)
    local dice = statistics.Generator(seed)
    local sums = statistics.Histogram { from = 1.5, to = 12.5, buckets = 11 }
    for _ = 1, count do sums:add(dice:integer(1, 6) + dice:integer(1, 6)) end
    return sums.counts
end

local processes = {}
for i = 1, workers do
    processes[i] = mp.Process { target = throw, args = { i, throws // workers } }:start()
end

local all = statistics.Histogram { from = 1.5, to = 12.5, buckets = 11, name = "two dice" }
for _, process in ipairs(processes) do all:merge(process:result()) end
print(#all .. " throws: " .. tostring(all))

local sums = {}
for bucket, count in ipairs(all.counts) do
    for _ = 1, count do sums[#sums + 1] = bucket + 1 end
end
return statistics.mean(sums), all.counts
