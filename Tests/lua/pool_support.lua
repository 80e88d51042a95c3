-- What the tests of killed workers share.

local test = require "tap"
local mp = require "multiprocessing"

local pool_support = {}

local function square(x) return x * x end

--- Checks that the pool works as new, with n workers at a time.
function pool_support.works(pool, n)
    local barrier = mp.Barrier(n)
    local results = {}
    for i = 1, n do
        results[i] = pool:apply_async(function(x) barrier:wait(30) return x end, { i })
    end
    for i = 1, n do test.is(results[i]:get(60), i, "a pool of " .. n .. " afterwards") end
    test.is(pool:map(square, { 1, 2, 3, 4, 5 }), { 1, 4, 9, 16, 25 })
    test.is(#pool:stats(), n)
end

--- f raises a ProcessError that tells this worker and exit code. Returns it.
function pool_support.process_error(f, name, exitcode)
    local e = test.kind("ProcessError", f)
    test.is(e.exitcode, exitcode)
    test.has(tostring(e.process), name)
    test.has(e.message, name)
    test.has(e.message, exitcode == -9 and "SIGKILL" or exitcode < 0 and "SIG" or "exit code " .. exitcode)
    return e
end

return pool_support
