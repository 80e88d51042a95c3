-- Writes the API reference from the annotations for editors: mprun main.lua [--check]
--
-- With --check it writes nothing and fails if a page is not what it would write.

local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path

local library = require "library"
local check = require "check"
local pages = require "pages"

local only_checks = arg[1] == "--check"
if arg[2] or arg[1] and not only_checks then
    io.stderr:write "usage: reference [--check]\n"
    os.exit(2)
end

local function read(path)
    local file <close> = io.open(path, "rb")
    return file and file:read "a"
end

local function write(path, text)
    local file <close> = assert(io.open(path, "wb"))
    assert(file:write(text))
end

local function fail(lines)
    io.stderr:write(table.concat(lines, "\n"), "\n")
    os.exit(1)
end

local all = library.read(here .. "/../../../Sources/mprun/Editor/library")
local problems = check(all)
if problems[1] then fail(problems) end

local outdated, made = {}, pages.make(all)
for name, text in pairs(made) do
    local path = here .. "/../" .. name
    if read(path) ~= text then
        table.insert(outdated, ("docs/reference/%s is out of date: run scripts/reference"):format(name))
        if not only_checks then write(path, text) end
    end
end
-- A page whose annotations are gone.
for name in io.popen(("ls '%s/..'"):format(here)):lines() do
    if name:find "%.md$" and not made[name] then
        table.insert(outdated, ("docs/reference/%s has no annotations: remove it"):format(name))
        if not only_checks then assert(os.remove(here .. "/../" .. name)) end
    end
end
table.sort(outdated)
if only_checks and outdated[1] then fail(outdated) end
