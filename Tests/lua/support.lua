-- What the tests share: running a script under another mprun, and watching processes from outside.

local mp = require "multiprocessing"
local time = require "time"

local support = {}

support.mprun = os.getenv "MPRUN" or arg[-1]
support.fixtures = os.getenv "FIXTURES"
support.python = "/usr/bin/python3"

--- A word for the shell.
function support.quote(word)
    return "'" .. tostring(word):gsub("'", [['\'']]) .. "'"
end

function support.write(path, content)
    local file <close> = assert(io.open(path, "wb"))
    file:write(content)
end

function support.read(path)
    local file <close> = assert(io.open(path, "rb"))
    return file:read("a")
end

local calls = 0

--- Runs a shell command under a timeout: {status =, signal =, out =, err =}. Standard input is empty unless given.
function support.shell(command, input, seconds)
    calls = calls + 1
    local base = "call-" .. calls
    support.write(base .. ".in", input or "")
    local _, how, code = os.execute(("timeout -k 5 %d sh -c %s <%s.in >%s.out 2>%s.err"):format(
        seconds or 60, support.quote(command), base, base, base))
    local result = {
        status = how == "exit" and code or nil,
        signal = how == "signal" and code or nil,
        out = support.read(base .. ".out"),
        err = support.read(base .. ".err"),
    }
    for _, suffix in ipairs { ".in", ".out", ".err" } do os.remove(base .. suffix) end
    return result
end

--- Runs code as script.lua under a new mprun. Options: args (list of words), input, env (words before the
--- command), seconds (the watchdog).
function support.run(code, options)
    options = options or {}
    support.write("script.lua", code)
    local words = {}
    for _, word in ipairs(options.args or {}) do words[#words + 1] = support.quote(word) end
    local command = ("exec env %s %s script.lua %s"):format(
        options.env or "", support.quote(support.mprun), table.concat(words, " "))
    return support.shell(command, options.input, options.seconds)
end

--- The output of a Python program, run by the system's python3 in the fixtures or given as text.
function support.python_eval(code, ...)
    local words = {}
    for i, word in ipairs { ... } do words[i] = support.quote(word) end
    local pipe <close> = assert(io.popen(("%s -c %s %s"):format(
        support.python, support.quote(code), table.concat(words, " "))))
    return (pipe:read("a"):gsub("\n$", ""))
end

--- Runs a Python program of the fixtures: what shell() returns.
function support.fixture(name, ...)
    local words = { support.python, support.quote(support.fixtures .. "/" .. name) }
    for _, word in ipairs { ... } do words[#words + 1] = support.quote(word) end
    return support.shell("exec " .. table.concat(words, " "))
end

--- The state letter of a process in /proc (R, S, Z …), nil when there is none.
function support.state(pid)
    local file <close> = io.open(("/proc/%d/stat"):format(pid))
    local line = file and file:read("a")
    return line and line:match("%) (%a)")
end

--- Is this process there and not a zombie?
function support.runs(pid)
    local state = support.state(pid)
    return state ~= nil and state ~= "Z" and state ~= "X"
end

--- Waits until f() is true, at most so long (a watchdog, not a measurement). Returns whether it is.
function support.eventually(f, seconds)
    local deadline = time.monotonic() + (seconds or 20)
    repeat
        if f() then return true end
        time.sleep(0.01)
    until time.monotonic() > deadline
    return false
end

--- Calls f in another process and returns its results.
function support.elsewhere(f, ...)
    return mp.Process { target = f, args = table.pack(...) }:start():result(60)
end

--- Waits until a process is blocked in the kernel; for "it must be asleep in get before we kill it".
function support.until_asleep(pid)
    local quiet = 0
    return support.eventually(function()
        quiet = support.state(pid) == "S" and quiet + 1 or 0
        return quiet >= 5
    end)
end

function support.kill(signal, pid)
    os.execute(("kill -%s %d 2>/dev/null"):format(signal, pid))
end

--- Ends this process by a signal, here and now.
function support.die(signal)
    support.kill(signal or "KILL", mp.getpid())
    time.sleep(600)
end

--- Runs f(i) in n processes at once; all must end well.
function support.together(n, f)
    local list = {}
    for i = 1, n do list[i] = mp.Process { target = f, args = { i } }:start() end
    for _, p in ipairs(list) do p:result(60) end
end

--- The process ids of a pool's workers, sorted.
function support.worker_pids(pool)
    local pids = {}
    for i, worker in ipairs(pool:stats()) do pids[i] = worker.pid end
    table.sort(pids)
    return pids
end

--- How often a text occurs in another one.
function support.count(text, part)
    local n, position = 0, 1
    while true do
        local first, last = text:find(part, position, true)
        if not first then return n end
        n, position = n + 1, last + 1
    end
end

--- The list {first, first + 1, … last}.
function support.range(first, last)
    local list = {}
    for i = first, last do list[#list + 1] = i end
    return list
end

--- KiB of memory resident in this process, shared pages included.
function support.resident()
    return tonumber(support.read("/proc/self/status"):match("VmRSS:%s*(%d+)"))
end

return support
