-- The API reference is that of the annotations, and the generator finds what is wrong with them.

local test = require "tap"
local support = require "support"

local root = support.fixtures .. "/../.."

local function generate(from, ...)
    local words = { support.quote(support.mprun), support.quote(from .. "/docs/reference/generator/main.lua"), ... }
    return support.shell("exec " .. table.concat(words, " "))
end

test("the pages in docs/reference are up to date", function()
    local result = generate(root, "--check")
    test.is(result.err, "")
    test.is(result.status, 0)
end)

test("links between the pages lead to headings", function()
    local anchors = {}
    local folder = root .. "/docs/reference/"
    local pages = {}
    for name in io.popen("ls " .. support.quote(folder)):lines() do
        if name:find "%.md$" then pages[name] = support.read(folder .. name) end
    end
    for name, text in pairs(pages) do
        anchors[name] = {}
        for heading in text:gmatch "\n#+ ([^\n]+)" do
            local anchor = heading:lower():gsub("[^%w%s_-]", ""):gsub(" ", "-")
            test.ok(not anchors[name][anchor], ("%s has '%s' twice"):format(name, heading))
            anchors[name][anchor] = true
        end
    end
    local count = 0
    for name, text in pairs(pages) do
        for page, anchor in text:gmatch "%]%(([%w_.]*)#?([%w_-]*)%)" do
            count = count + 1
            local target = anchors[page == "" and name or page]
            test.ok(target and (anchor == "" or target[anchor]), ("%s: no %s#%s"):format(name, page, anchor))
        end
    end
    test.ok(count > 300, "links were found")
end)

-- A copy of what the generator reads and writes, changed by `edit` (a command of sed) in one annotation file.
local function with_copy(name, edit)
    local copy = "copy"
    os.execute(([[rm -rf %s && mkdir -p %s/docs %s/Sources/mprun/Editor &&
        cp -r %s/docs/reference %s/docs/ && cp -r %s/Sources/mprun/Editor/library %s/Sources/mprun/Editor/]]):format(
        copy, copy, copy, support.quote(root), copy, support.quote(root), copy))
    if edit then
        os.execute(("sed -i %s %s/Sources/mprun/Editor/library/%s"):format(support.quote(edit), copy, name))
    end
    return copy
end

for what, case in pairs {
    ["an unknown tag"] = { "s/^---@return integer pid$/---@returns integer pid/", "unknown tag '@returns'" },
    ["a type that does not exist"] = { "s/^---@return integer pid$/---@return mp.Pid pid/", "no type 'mp.Pid'" },
    ["a type that is none"] = { "s/^---@return integer pid$/---@return <> pid/", "a type expected at '<> pid'" },
    ["a parameter that does not exist"] = {
        "s/^---@param seconds number/---@param second number/", "its parameters are (seconds), described are (second)",
    },
    ["a parameter that is not described"] = { "/^---@param seconds/d", "are (seconds), described are ()" },
    ["a function without documentation"] = { "/^---The process id of the process/d", "'getpid' is not documented" },
    ["a function that is declared twice"] = { "s/mp.getppid()/mp.getpid()/", "'getpid' is declared twice" },
    ["a reference to what does not exist"] = { "s/`time.sleep`/`mp.slep`/", "there is no `mp.slep`" },
    ["a kind of error that does not exist"] = { "s/Raises `V/Raises `W/", "no kind of error 'WalueError'" },
    ["code that declares nothing"] = { "s/^function mp.getpid() end$/mp.getpid()/", "cannot tell what is declared" },
} do
    test("the generator refuses " .. what, function()
        local result = generate(with_copy("multiprocessing.lua", case[1]))
        test.is(result.status, 1)
        test.like(result.err, "^multiprocessing%.lua:%d+: ")
        test.has(result.err, case[2])
    end)
end

test("--check fails for a page that is out of date, and does not write it", function()
    local copy = with_copy("queues.lua", "s/Takes the oldest item,/Takes some item,/")
    local page = copy .. "/docs/reference/queues.md"
    local before = support.read(page)
    local result = generate(copy, "--check")
    test.is(result.status, 1)
    test.is(result.err, "docs/reference/queues.md is out of date: run scripts/reference\n")
    test.is(support.read(page), before)
    test.is(generate(copy).status, 0)
    test.has(support.read(page), "Takes some item,")
    test.is(generate(copy, "--check").status, 0)
end)

test("--check fails for a page that has no annotations any more", function()
    local copy = with_copy()
    support.write(copy .. "/docs/reference/gone.md", "# Gone\n")
    test.has(generate(copy, "--check").err, "docs/reference/gone.md has no annotations")
    test.is(generate(copy).status, 0)
    test.is(generate(copy, "--check").status, 0)
end)

test("other words than --check are refused", function()
    test.is(generate(root, "--chek").status, 2)
end)

test.done()
