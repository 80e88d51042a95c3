-- What is linked into mprun. Processes are forked all the time: threads, and whatever brings them, must stay out.

local test = require "tap"
local support = require "support"

local mprun = support.quote(support.mprun)

local function lines(command)
    local result = support.shell(command)
    test.is(result.status, 0, command)
    local list = {}
    for line in result.out:gmatch "[^\n]+" do list[#list + 1] = line end
    return list
end

-- The names in a listing of nm, without versions.
local function names(listing)
    local list = {}
    for _, line in ipairs(listing) do list[#list + 1] = line:match "(%S+)$":gsub("@.*", "") end
    return list
end

local function matching(list, patterns)
    local found = {}
    for _, name in ipairs(list) do
        for _, pattern in ipairs(patterns) do
            if name:find(pattern) then
                found[#found + 1] = name
                break
            end
        end
    end
    return found
end

local function contains(list, name)
    for _, other in ipairs(list) do
        if other == name then return true end
    end
    return false
end

-- Asked for from shared libraries: what starts a thread. (Swift's runtime also asks for clone, but only to report a crash.)
local thread_starters = { "^pthread_create$", "^thrd_create$", "^_ZNSt6thread15_M_start_thread", "^dispatch_" }

-- Linked in: Dispatch, Swift's tasks, Foundation and what it is made of.
local runtimes = {
    "^_?dispatch_", "^_?swift_task_", "^_?swift_async", "^_?swift_job", "^%$s10Foundation", "^%$s20FoundationEssentials",
    "^%$s12_Concurrency", "^%$sScT", "^_?CFRunLoop", "^_?CFString",
}

test("the checks find what they look for", function()
    local listing = names {
        "                 U pthread_create@GLIBC_2.34", "                 U pthread_self@GLIBC_2.2.5",
        "                 U _ZNSt6thread20hardware_concurrencyEv@GLIBCXX_3.4.17",
    }
    test.is(matching(listing, thread_starters), { "pthread_create" })
    listing = names {
        "0000000000436fa0 T swift_task_create", "0000000000436fa0 T swift_retain", "0000000000436fa0 T dispatch_async",
        "0000000000436fa0 T $s10Foundation4DateV", "00000000006ee338 B _ZN5swift36_swift_task_isCurrentGlobalActorHookE",
    }
    test.is(matching(listing, runtimes), { "swift_task_create", "dispatch_async", "$s10Foundation4DateV" })
end)

test("nothing that starts a thread is asked for", function()
    local undefined = names(lines("nm -D --undefined-only " .. mprun))
    test.ok(contains(undefined, "fork"), "nm shows what the binary asks for")
    test.is(matching(undefined, thread_starters), {})
end)

test("no Dispatch, no Swift concurrency and no Foundation are linked in", function()
    local defined = names(lines("nm --defined-only " .. mprun))
    test.ok(contains(defined, "swift_retain"), "the Swift runtime is linked in, and its symbols are there to be seen")
    test.is(matching(defined, runtimes), {})
end)

test("the shared libraries are the system's C and C++ libraries, and Lua if it is not linked in", function()
    local needed = {}
    for _, line in ipairs(lines("readelf -d " .. mprun)) do
        needed[#needed + 1] = line:match "%(NEEDED%).*%[(.-)%]"
    end
    local known = { "^libc%.", "^libm%.", "^libgcc_s%.", "^libstdc%+%+%.", "^liblua5%.4%.", "^ld%-linux" }
    test.is(#matching(needed, known), #needed, "needed: " .. table.concat(needed, " "))
end)

test("there is one Lua, whose functions the C modules of the system see", function()
    local needed = table.concat(lines("readelf -d " .. mprun), "\n"):find("liblua5.4.", 1, true) ~= nil
    local visible = names(lines("nm -D --defined-only " .. mprun))
    for _, name in ipairs { "lua_gettop", "lua_gc", "luaL_buffinit", "luaopen_utf8" } do
        test.is(contains(visible, name), not needed, name)
    end
end)

test("what a child runs, and what it writes to, lies side by side", function()
    local kinds = { { types = "[tTwW]", most = 256 << 10 }, { types = "[dD]", most = 4096 }, { types = "[bB]", most = 4096 } }
    local kind_of, address = {}, {}
    for _, line in ipairs(lines("nm --defined-only " .. mprun)) do
        for _, kind in ipairs(kinds) do
            local value, name = line:match("^(%x+) " .. kind.types .. " (%S+)$")
            if name then kind_of[name], address[name] = kind, tonumber(value, 16) end
        end
    end
    local wanted, found = 0, 0
    for name in io.lines(support.fixtures .. "/../../packaging/child-symbols") do
        wanted = wanted + 1
        local kind = kind_of[name]
        if kind then
            found = found + 1
            kind[#kind + 1] = address[name]
        end
    end
    test.ok(found > 0.8 * wanted, ("%d of %d symbols exist: scripts/child-symbols finds others"):format(found, wanted))
    for _, kind in ipairs(kinds) do
        table.sort(kind)
        -- Some of Swift's library are where they are.
        local most = math.floor(0.8 * #kind)
        test.between(kind[most] - kind[1], 0, kind.most, "bytes between the first and the last")
    end
end)

test("a running mprun has one thread", function()
    local status = support.run [[
        require "multiprocessing"
        print(io.open("/proc/self/status"):read("a"):match "\nThreads:%s*(%d+)")
    ]]
    test.is(status.out, "1\n")
end)

test.done()
