-- Writes a histogram to a file, line by line, and shows it.
local statistics = require "statistics"

local generator = statistics.Generator(1)
local histogram = statistics.Histogram { to = 3, buckets = 3 }
for _ = 1, 20 do histogram:add(generator:fraction() + generator:fraction() + generator:fraction()) end

local path = os.tmpname()
do
    local report <close> = statistics.Report(path)
    histogram:each(function(bucket, count) report:write(bucket .. ": " .. ("*"):rep(count)) end)
end

for line in io.lines(path) do print(line) end
os.remove(path)
print(pcall(statistics.Report, "/nowhere/at/all"))
