-- A thousand workers of a busy pool are killed where pids are so few that each is given out again all the time.

local test = require "tap"
local support = require "support"

local small = "unshare --pid --fork --mount-proc sh -c 'echo 350 >/proc/sys/kernel/pid_max && exec \"$0\" \"$@\"'"

local possible = support.shell(small .. " true").status == 0

local code = [[
    local mp, time = require "multiprocessing", require "time"
    local pool = mp.Pool(4)
    local function work(x)
        local finish = time.monotonic() + 0.001
        while time.monotonic() < finish do end
        return x * x
    end
    local pids, reused, kills, lost, wrong = {}, 0, 0, 0, 0
    local queue, lock = mp.Queue(), mp.Lock { on_owner_death = "release" }
    while kills < 1000 do
        local results = {}
        for i = 1, 6 do results[i] = pool:apply_async(work, { i }) end
        local workers = mp.active_children()
        local victim = workers[math.random(#workers)]
        if pids[victim.pid] and pids[victim.pid] ~= victim.name then reused = reused + 1 end
        pids[victim.pid] = victim.name
        time.sleep(math.random() * 0.001)
        victim:kill()
        kills = kills + 1
        for i, result in ipairs(results) do
            local good, value = pcall(result.get, result, 20)
            if good then
                if value ~= i * i then wrong = wrong + 1 end
            elseif value.kind == "ProcessError" and value.exitcode == -9 then
                lost = lost + 1
            else
                print(value)
                wrong = wrong + 1
            end
        end
    end
    local squares = pool:map(work, { 1, 2, 3, 4, 5, 6, 7, 8 })
    pool:close()
    pool:join()
    print(wrong, lost <= kills, squares[8], reused > 100, #mp.active_children())
]]

test("1,000 kills with pids that are used again and again", function()
    if not possible then return print "# not tested: no right to make a pid namespace with few pids" end
    support.write("reuse.lua", code)
    local result = support.shell(("%s %s reuse.lua"):format(small, support.quote(support.mprun)), nil, 150)
    test.is(result.err, "")
    test.is(result.out, "0\ttrue\t64\ttrue\t0\n")
    test.is(result.status, 0)
end)

test.done()
