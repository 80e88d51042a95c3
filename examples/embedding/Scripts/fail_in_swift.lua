-- What Swift code refuses, and an error that it throws.
local mp = require "multiprocessing"
local statistics = require "statistics"

local function try(f, ...)
    local ok, message = pcall(f, ...)
    print(ok, message)
end

local histogram = statistics.Histogram { to = 6 }
try(function() return statistics.mean { 1, 2, "three" } end)
try(function() return statistics.Histogram { to = 6, bucket = 3 } end)
try(function() return statistics.Generator(1):integer(6, 1) end)
try(function() histogram.add(3) end)
try(function() histogram.name = 7 end)
try(function() histogram.counts = {} end)
try(function() histogram:merge { 1, 2, 3 } end)
try(function()
    local report = statistics.Report("/dev/null")
    report:close()
    report:write("too late")
end)
try(function() mp.Queue():put { results = histogram } end)
histogram:add(7)
