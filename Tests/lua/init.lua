-- Section 9 of the API: --init.

local test = require "tap"
local support = require "support"

local mprun = support.quote(support.mprun)
local root = support.fixtures .. "/../.."

-- Runs a command in a new, empty directory, which is removed afterwards.
local function in_project(body)
    support.shell "mkdir project"
    body(function(command) return support.shell("cd project && " .. command) end)
    support.shell "chmod -R u+w project; rm -r project"
end

test("--init writes the annotations and both configurations, as they are in the sources", function()
    in_project(function(run)
        local result = run(mprun .. " --init")
        test.is(result.err, "")
        test.is(result.status, 0)
        test.like(result.out, "^wrote %.mprun/library, %d+ files of annotations\nwrote %.luarc%.json\nwrote %.luacheckrc\n$")
        local sources = root .. "/Sources/mprun/Editor"
        test.is(support.shell(("diff -r project/.mprun/library %s/library"):format(sources)).out, "")
        test.is(support.read "project/.luarc.json", support.read(sources .. "/luarc.json"))
        test.is(support.read "project/.luacheckrc", support.read(sources .. "/luacheckrc.lua"))
    end)
end)

test("the configuration is JSON that names the annotations", function()
    local configuration = require "cjson".decode(support.read(root .. "/Sources/mprun/Editor/luarc.json"))
    test.is(configuration["runtime.version"], "Lua 5.4")
    test.is(configuration["workspace.library"][1], ".mprun/library")
end)

test("a second time it brings the annotations up to date", function()
    in_project(function(run)
        run(mprun .. " --init")
        support.write("project/.mprun/library/queues.lua", "-- old")
        local result = run(mprun .. " --init")
        test.like(result.out, "\n%.luarc%.json is up to date\n%.luacheckrc is up to date\n$")
        test.has(support.read "project/.mprun/library/queues.lua", "---@class mp.Queue")
    end)
end)

test("a configuration of the user's is left as it is, and the user is told what to add", function()
    in_project(function(run)
        support.write("project/.luarc.json", "{}")
        support.write("project/.luacheckrc", "std = 'min'")
        local result = run(mprun .. " --init")
        test.has(result.out, [[left .luarc.json as it is: add ".mprun/library" to its "workspace.library"]])
        test.has(result.out, [[left .luacheckrc as it is: its std should be "lua54"]])
        test.is(support.read "project/.luarc.json", "{}")
        test.is(support.read "project/.luacheckrc", "std = 'min'")
        test.is(result.status, 0)
    end)
end)

test("what cannot be written is named, and no file is half written", function()
    in_project(function(run)
        support.write("project/.mprun", "a file in the place of the directory")
        local result = run(mprun .. " --init")
        test.is(result.err, "mprun: cannot make .mprun/library: Not a directory\n")
        test.is(result.status, 1)
        test.is(result.out, "")
    end)
    in_project(function(run)
        local result = run("ulimit -f 0 && exec " .. mprun .. " --init")
        test.ok(result.status ~= 0 or result.signal, "a full disk is an error")
        test.is(run("ls -A .mprun/library | grep 'lua$'").out, "")
    end)
end)

test.done()
