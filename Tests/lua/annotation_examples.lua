-- The examples in the annotations for editors run, and print what they say: `--> text` is a line of output.

local test = require "tap"
local support = require "support"

local root = support.fixtures .. "/../.."
package.path = root .. "/docs/reference/generator/?.lua;" .. package.path

local all = require "library".read(root .. "/Sources/mprun/Editor/library")

-- Calls visit(code, place) for each block of Lua in the annotations.
local function each_example(visit)
    for _, file in ipairs(all.files) do
        for _, declaration in ipairs(file.declarations) do
            for code in (table.concat(declaration.doc, "\n") .. "\n"):gmatch "```lua\n(.-)```" do
                visit(code, ("%s.lua:%d"):format(file.name, declaration.line))
            end
        end
    end
end

local count = 0
each_example(function(code, place)
    count = count + 1
    test("the example at " .. place, function()
        local expected = {}
        for text in code:gmatch "%-%-> ([^\n]*)" do expected[#expected + 1] = text .. "\n" end
        local result = support.run('local mp = require "multiprocessing"\n' .. code)
        test.is(result.status, 0)
        test.is(result.out, table.concat(expected))
        if not code:find "log_to_stderr" then test.is(result.err, "") end
    end)
end)

test("examples were found", function() test.ok(count > 30) end)

test.done()
