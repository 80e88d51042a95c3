-- A small Test Anything Protocol library.
--
--     local test = require "tap"
--     test("a queue keeps the order of its items", function()
--         test.is(q:get(), 1)
--     end)
--     test.done()
--
-- One test is one TAP line. A check that fails marks its test and lets it go on, so that one run shows all that
-- is wrong; an error ends the test.

local test = {}
local count, failures = 0, 0
local diagnostics

-- Deep comparison and printing --------------------------------------------------------------------------------

local function same(a, b)
    if a ~= a and b ~= b then return true end -- NaN
    if math.type(a) ~= math.type(b) then return false end -- 1 is not 1.0
    if a == b then return true end
    if type(a) ~= "table" or type(b) ~= "table" then return false end
    for k, v in pairs(a) do
        if not same(v, b[k]) then return false end
    end
    for k in pairs(b) do
        if a[k] == nil then return false end
    end
    return true
end

local function show(value, depth)
    depth = depth or 0
    if type(value) == "string" then
        return #value > 200 and ("%q… (%d bytes)"):format(value:sub(1, 200), #value) or ("%q"):format(value)
    end
    if type(value) ~= "table" or depth > 3 or (getmetatable(value) or {}).__tostring then
        return tostring(value)
    end
    local parts = {}
    for k, v in pairs(value) do
        parts[#parts + 1] = ("[%s] = %s"):format(show(k, depth + 1), show(v, depth + 1))
    end
    table.sort(parts)
    return "{" .. table.concat(parts, ", ") .. "}"
end

-- The line of the test file that made the check, wherever in here it was noticed.
local function position()
    local library = debug.getinfo(1, "S").source
    for level = 2, math.huge do
        local info = debug.getinfo(level, "Sl")
        if not info then return "?" end
        if info.what ~= "C" and info.source ~= library then
            return info.short_src:match("[^/]*$") .. ":" .. info.currentline
        end
    end
end

local function fail(text)
    diagnostics[#diagnostics + 1] = position() .. ": " .. text
    return false
end

local function expected(what, got, message)
    return fail((message and message .. ": " or "") .. "expected " .. what .. ", got " .. show(got))
end

-- Checks ------------------------------------------------------------------------------------------------------

function test.ok(value, message)
    return not not value or fail(message or "expected a true value, got " .. show(value))
end

--- Equal, tables by content; an integer never equals a float.
function test.is(got, want, message)
    return same(got, want) or expected(show(want), got, message)
end

--- A string that matches a Lua pattern.
function test.like(got, pattern, message)
    return tostring(got):find(pattern) ~= nil or expected("a match of " .. show(pattern), got, message)
end

--- A string that contains another one.
function test.has(got, text, message)
    return tostring(got):find(text, 1, true) ~= nil or expected("something with " .. show(text), got, message)
end

--- A number within [low, high].
function test.between(got, low, high, message)
    return math.type(got) and low <= got and got <= high
        or expected(("a number in [%s, %s]"):format(low, high), got, message)
end

--- f raises an ordinary Lua error: a string that starts with a position and contains the text. (f is a Lua
--- function: an error of a C function that pcall calls directly has no position to report.)
function test.raises(text, f)
    local finished, problem = pcall(f)
    if finished then return fail("expected an error with " .. show(text) .. ", none was raised") end
    if type(problem) ~= "string" then return expected("an error string with " .. show(text), problem) end
    test.has(problem, text)
    test.like(problem, "^[^\n]-:%d+: ", "no position in the message")
    return problem
end

--- f raises an error object of this kind, with a message and the position in `where`. Returns the object.
function test.kind(kind, f)
    local finished, problem = pcall(f)
    if finished then
        fail("expected " .. kind .. ", no error was raised")
        return {}
    end
    if type(problem) ~= "table" then
        expected(kind, problem)
        return {}
    end
    test.is(problem.kind, kind)
    test.is(type(problem.message), "string", "message of " .. kind)
    test.like(problem.where, ":%d+$", "where of " .. kind)
    return problem
end

--- Calls f, checks that it took at least so long, and returns its results.
function test.lasts(seconds, f, ...)
    local time = require "time"
    local started = time.monotonic()
    local results = table.pack(f(...))
    local taken = time.monotonic() - started
    -- A sleep may end a tick early by the clock that measures it.
    test.ok(taken >= seconds - 0.002, ("expected at least %s s, took %.4f s"):format(seconds, taken))
    return table.unpack(results, 1, results.n)
end

-- Tests -------------------------------------------------------------------------------------------------------

local function report(name, directive)
    count = count + 1
    local bad = #diagnostics > 0
    if bad then failures = failures + 1 end
    print(("%s %d - %s%s"):format(bad and "not ok" or "ok", count, name, directive or ""))
    for _, line in ipairs(diagnostics) do
        print("#     " .. line:gsub("\n", "\n#     "))
    end
    io.stdout:flush()
end

local function run(_, name, body)
    io.stdout:write("# Subtest: ", name, "\n")
    io.stdout:flush()
    diagnostics = {}
    local finished, problem = xpcall(body, function(e)
        return debug.traceback(tostring(e), 2)
    end)
    if not finished then diagnostics[#diagnostics + 1] = "error: " .. problem end
    report(name)
end

function test.skip(name, why)
    diagnostics = {}
    report(name, " # SKIP " .. why)
end

-- Descriptors -------------------------------------------------------------------------------------------------

local function pid()
    local file <close> = assert(io.open("/proc/self/stat"))
    return file:read("n")
end

-- What every descriptor of this process stands for.
local function descriptors()
    local listing = os.tmpname()
    os.execute(("ls -l /proc/%d/fd > %s"):format(pid(), listing))
    local found = {}
    for line in io.lines(listing) do
        local fd, target = line:match("(%d+) %-> (.*)$")
        if fd then found[tonumber(fd)] = target end
    end
    os.remove(listing)
    return found
end

local at_start = descriptors()

-- A process that polls keeps one socket on which it is woken, for the rest of its life.
local function leaked()
    collectgarbage()
    collectgarbage()
    local extra, sockets = {}, 0
    for fd, target in pairs(descriptors()) do
        if not at_start[fd] then
            if target:find("^socket:") then sockets = sockets + 1 end
            if sockets ~= 1 or not target:find("^socket:") then extra[#extra + 1] = fd .. " -> " .. target end
        end
    end
    return extra
end

--- Ends the file: no descriptor may be left; prints the plan; the status tells of failures.
function test.done()
    run(nil, "no descriptor is left open", function()
        test.is(leaked(), {})
    end)
    print("1.." .. count)
    os.exit(failures == 0)
end

return setmetatable(test, { __call = run })
