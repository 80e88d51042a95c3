-- What the tests of messages to beginners share: making a mistake, and comparing what the command says about it.

local test = require "tap"
local support = require "support"

local contact = {}

-- What was printed about an error, up to the traceback, without the name of the program or process.
local function complaint(result)
    local text = result.err:gsub("\nstack traceback:.*", ""):gsub("\n$", "")
    return (text:gsub("^mprun: ", ""):gsub("^Process [^\n]*:\n", ""))
end

-- Runs the lines, of which the one with that number is the mistake. What is said about it begins with its place, if the
-- message names no other one; advice stands on a line of its own. Functions that are none of the user's are not shown.
local function check(code, line, message, advice)
    if not message:find "^script%.lua:%d+: " then message = ("script.lua:%d: %s"):format(line, message) end
    if advice then message = ("%s\n\t(%s)"):format(message, advice) end
    local result = support.run(code)
    test.is(complaint(result), message, code)
    test.is(result.err:match "\n\t(%[[^C][^\n]*)", nil, code .. ": in the traceback")
end

--- Returns a function that makes a mistake after some lines that are right: (code, message[, advice]).
function contact.after(setup)
    local before = 'local mp = require "multiprocessing"\n' .. (setup and setup .. "\n" or "")
    local line = support.count(before, "\n") + 1
    return function(code, message, advice) check(before .. code, line, message, advice) end
end

--- The same in a script that begins with the mistake.
function contact.says_without_module(code, message, advice) check(code, 1, message, advice) end

contact.complaint, contact.run = complaint, support.run

return contact
