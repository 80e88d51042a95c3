-- Manager: 共享的字典和列表
-- Words are counted by four processes in one dictionary. There is no server process: the data lie in shared memory.

local mp = require "multiprocessing"

local text = [[
the quick brown fox jumps over the lazy dog
the dog barks and the fox runs
]]

local manager <close> = mp.Manager()
local counts = manager:dict()
local lines = manager:list()
local settings = manager:Namespace { minimum = 2 }

local function count(line)
    for word in line:gmatch "%a+" do counts:add(word, 1) end
    lines:append(#line)
end

local workers = {}
for line in text:gmatch "[^\n]+" do
    workers[#workers + 1] = mp.Process { target = count, args = { line } }:start()
end
mp.join(workers)

lines:sort()
print("行长:", table.concat(lines, " "))
local frequent = {}
for word, n in pairs(counts) do
    if n >= settings.minimum then frequent[#frequent + 1] = word .. "=" .. n end
end
table.sort(frequent)
print("常见的词:", table.concat(frequent, " "))

-- 读到的值是拷贝; 修改用 apply
counts.info = { checked = false }
counts:apply("info", function(info)
    info.checked = true
    return info
end)
print("已检查:", counts.info.checked)
