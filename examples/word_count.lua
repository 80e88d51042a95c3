-- 统计词频: Pool.map 和进度条
-- Counts the words of many files, one task a file: word_count.lua [FILE …]. Without files: the examples themselves.

local mp = require "multiprocessing"

local function count_words(path)
    local counts = {}
    local file <close> = assert(io.open(path))
    for line in file:lines() do
        for word in line:gmatch "%a[%w_]+" do
            word = word:lower()
            counts[word] = (counts[word] or 0) + 1
        end
    end
    return counts
end

local paths = { table.unpack(arg) }
if #paths == 0 then
    local directory = arg[0]:match "^(.*)/" or "."
    local listing <close> = assert(io.popen("ls '" .. directory .. "'"))
    for name in listing:lines() do
        if name:find "%.lua$" then paths[#paths + 1] = directory .. "/" .. name end
    end
end

local pool <close> = mp.Pool()
local total = {}
for _, counts in ipairs(pool:map(count_words, paths, { chunksize = 1, progress = true })) do
    for word, n in pairs(counts) do total[word] = (total[word] or 0) + n end
end

local words = {}
for word in pairs(total) do words[#words + 1] = word end
table.sort(words, function(a, b)
    if total[a] ~= total[b] then return total[a] > total[b] end
    return a < b
end)
for i = 1, math.min(10, #words) do print(("%6d  %s"):format(total[words[i]], words[i])) end
