-- 爬虫的骨架: Executor, future 和 as_completed
-- Pages are fetched as they are found. (The pages are made up: a table instead of the network.)

local mp = require "multiprocessing"
local time = require "time"

local site = {
    ["/"] = { "/news", "/about" },
    ["/news"] = { "/news/1", "/news/2", "/" },
    ["/about"] = { "/" },
    ["/news/1"] = { "/news/2" },
    ["/news/2"] = {},
}

local function fetch(url)
    time.sleep(0.05) -- 网络总是慢的
    local links = site[url]
    if not links then error("404 " .. url) end
    return links
end

local executor <close> = mp.ProcessPoolExecutor { max_workers = 4 }
local seen, pages = { ["/"] = true }, 0
local under_way = { [executor:submit(fetch, "/")] = "/" }

while next(under_way) do
    local futures = {}
    for future in pairs(under_way) do futures[#futures + 1] = future end
    for future in mp.as_completed(futures) do
        local url = under_way[future]
        under_way[future] = nil
        pages = pages + 1
        for _, link in ipairs(future:result()) do
            if not seen[link] then
                seen[link] = true
                under_way[executor:submit(fetch, link)] = link
            end
        end
        print(("%-8s %d links"):format(url, #future:result()))
    end
end
print(pages, "pages")
