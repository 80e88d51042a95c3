-- The owner of a pool: its worker processes, and driving them.
--
-- The owner puts tasks into one queue, workers put replies into another. Nothing happens in between calls: whoever calls
-- the pool or its results drives it (`pump`), and there are no threads.
--
-- Messages of the queue are numbered; the number of the one that a worker took is on the board, written in the
-- transaction that took it. So when a worker dies the owner knows which task it had. The tasks themselves: books.lua.
--
-- A signal handler of the script may use the pool too, between any two instructions. So what changes the books and a
-- queue together is run under a shield, during which no handler and no finalizer comes and Ctrl-C waits. Nothing waits
-- under a shield and no code of the user runs there: callbacks are put into a list, which is run through afterwards.

local mp, host, work, books = ...

-- What scripts may replace later is bound now.
local error, ipairs, next, pairs, pcall, setmetatable, tostring, type, xpcall =
    error, ipairs, next, pairs, pcall, setmetatable, tostring, type, xpcall
local max, min, huge = math.max, math.min, math.huge
local concat, pack, unpack = table.concat, table.pack, table.unpack
local traceback = debug.traceback
local getpid, now = mp.getpid, host.now
local raise_error, misuse = host.raise, host.misuse
local shielded, find, fail_task, retry, break_pool, reply, note_stored, end_job =
    books.shielded, books.find, books.fail_task, books.retry, books.break_pool, books.reply, books.note_stored, books.end_job

-- Open pools of this process, for sleep and wait. (One with tasks under way lives as long as they do: books.busy.)
local open = setmetatable({}, { __mode = "k" })

local words_per_worker = 16

local function start(pool, place)
    pool.started = pool.started + 1
    local worker = mp.Process {
        name = "PoolWorker-" .. pool.started,
        daemon = true,
        target = work,
        args = pack(pool.tasks, pool.results, pool.places, place, pool.jobs, pool.limit, pool.initializer, pool.initargs),
    }
    worker:start()
    pool.workers[place + 1] = worker
end

-- A pool whose workers run.
local function new(processes, initializer, initargs, limit)
    local pool = {
        owner = getpid(),
        state = "running",
        processes = processes,
        initializer = initializer,
        initargs = initargs,
        limit = limit,
        tasks = mp.Queue { name = "tasks of a pool" },
        results = mp.Queue { name = "results of a pool" },
        jobs = mp.Manager():dict(),
        places = mp.RawArray("q", processes * words_per_worker),
        workers = {},
        started = 0,
        batches = {},   -- number of a task that is not answered → its batch
        waiting = 0,    -- how many those are
        job = 0,        -- the number of the last job
        feeds = {},     -- functions that put the next tasks of jobs that are fed little by little
        callbacks = {}, -- to be called, from `first` to `last`
        first = 1,
        last = 0,
        deaths = 0,     -- workers that died since the last reply
        broken = false, -- or why nobody can use it any more
        calling_back = false,
        failures = {},  -- results of failed calls that nobody asked for
    }
    for place = 0, processes - 1 do shielded(start, pool, place) end
    open[pool] = true
    return pool
end

local function check_owner(pool)
    if type(pool) ~= "table" or not pool.batches then
        misuse("the methods of a pool are called with a colon, as pool:map(f, list)")
    end
    if pool.owner ~= getpid() then misuse("a pool can only be used by the process that made it") end
end

local function check(pool)
    check_owner(pool)
    if pool.state ~= "running" then raise_error("ValueError", "Pool not running") end
    if pool.broken then raise_error("ProcessError", pool.broken) end
end

-- Which task it is, for a reader: `item 7 of map(script.lua:12)`.
local function task_title(job, first)
    if not job.has_items then return job.title end
    local count = job:count(first)
    if count == 1 then return ("item %d of %s"):format(first, job.title) end
    return ("items %d to %d of %s"):format(first, first + count - 1, job.title)
end

local alarm = -14 -- SIGALRM: the task's own timer

-- A worker is gone: its task fails, or is tried again, and another worker takes its place.
local function bury(pool, place, worker)
    local code = worker.exitcode
    local number = pool.places[place * words_per_worker + 1]
    pool.places[place * words_per_worker + 1] = 0
    local job, first = find(pool, number)
    if job then
        local tries = job.tries[first] or 0
        if tries < job.retries then
            job.tries[first] = tries + 1
            retry(pool, number)
        elseif code == alarm and job.timeout then
            fail_task(pool, number, {
                kind = "TimeoutError",
                message = ("%s took more than %s s"):format(task_title(job, first), job.timeout),
            })
        else
            fail_task(pool, number, {
                kind = "ProcessError",
                message = ("%s (pid %d), which ran %s, %s"):format(
                    worker.name, worker.pid, task_title(job, first), host.cause(code)),
                process = worker.name,
                exitcode = code,
            })
        end
    end
    -- Not one of them gets as far as a task: another one would not, either.
    pool.deaths = job and 0 or pool.deaths + 1
    if pool.deaths > 4 * pool.processes + 16 then
        break_pool(pool, "the workers die before they do anything: the last one " .. host.cause(code))
    end
    if not pool.broken and (pool.state == "running" or pool.waiting > 0 or next(pool.feeds)) then
        start(pool, place)
    else
        pool.workers[place + 1] = false
    end
end

-- Receives replies and looks at them all, whatever becomes of one of them.
local function receive(pool)
    local inbox, stored = host.receive(pool.results, 256, pool.batches)
    if not inbox then return false end
    local i, j, all_good, first_problem = 0, -2, true, nil
    local function look_at_all()
        while j + 3 < #stored do
            j = j + 3
            note_stored(pool, stored[j], stored[j + 1], stored[j + 2])
        end
        while i < #inbox do
            i = i + 1
            reply(pool, inbox[i])
        end
    end
    repeat
        local good, problem = pcall(look_at_all)
        if not good and all_good then all_good, first_problem = false, problem end
    until good
    if not all_good then error(first_problem, 0) end
    return true
end

local function add_callback(pool, f, ...)
    local last = pool.last + 1
    pool.callbacks[last] = pack(f, ...)
    pool.last = last
end

local function for_the_user(problem)
    if problem == host.interruption then return problem end
    return traceback(tostring(problem), 2)
end

-- Calls back whoever is to be called. If one of them drives the pool in turn, the others wait for it to return.
-- Whoever happens to drive the pool has nothing to do with an error of a callback: it is shown. Ctrl-C goes on.
local function run_callbacks(pool)
    if pool.calling_back then return end
    pool.calling_back = true
    while pool.first <= pool.last do
        local call = pool.callbacks[pool.first]
        pool.callbacks[pool.first] = nil
        pool.first = pool.first + 1
        local good, problem = xpcall(call[1], for_the_user, unpack(call, 2, call.n))
        if not good then
            if problem == host.interruption then
                pool.calling_back = false
                error(problem, 0)
            end
            host.write("callback of a pool: " .. problem .. "\n")
        end
    end
    pool.calling_back = false
end

-- Receives all replies that are there. Returns whether there were any.
local function drain(pool)
    local any = false
    while shielded(receive, pool) do any = true end
    run_callbacks(pool)
    return any
end

-- A pool that gets no tasks any more and has none under way needs no workers.
local function release_workers(pool)
    if pool.state == "closed" and pool.waiting == 0 and not next(pool.feeds) then pool.tasks:shutdown() end
end

-- Drives the pool until there was something to do or the time is over. `served` is how many signal handlers had run when
-- the caller last looked at what it waits for: they may drive the pool, too.
local function pump(pool, deadline, served)
    served = served or host.served()
    check_owner(pool)
    if drain(pool) then
        release_workers(pool)
        return true
    end
    if pool.state == "terminated" then return false end
    local left = deadline and max(0, deadline - now()) or huge
    if pool.waiting == 0 and pool.state ~= "running" then return false end
    if left > 0 and not host.wait(pool.results, pool.workers, left, served) then return false end
    -- Of the dead every reply is in the queue: they come first.
    local dead = {}
    for place = 0, pool.processes - 1 do
        local worker = pool.workers[place + 1]
        if worker and not worker:is_alive() then dead[place] = worker end
    end
    drain(pool)
    for place, worker in pairs(dead) do
        -- A callback may have done it, or have ended the pool.
        if pool.state ~= "terminated" and pool.workers[place + 1] == worker then
            shielded(bury, pool, place, worker)
        end
    end
    run_callbacks(pool)
    release_workers(pool)
    return true
end

local function pump_until(pool, ready, timeout)
    local deadline = timeout and timeout ~= huge and now() + timeout or nil
    while true do
        local served = host.served()
        if ready() then return true end
        pump(pool, deadline, served)
        if pool.state == "terminated" and not ready() then
            drain(pool)
            if not ready() then raise_error("ProcessError", "the pool was terminated") end
        end
        if deadline and now() >= deadline and not ready() then
            drain(pool)
            return ready()
        end
    end
end

-- For `sleep` and `wait`: lets the pools of this process work so long, as long as tasks are under way. Returns whether
-- some still are.
local function drive(seconds)
    local deadline = now() + seconds
    local me = getpid()
    while true do
        local at_work = {}
        for pool in pairs(open) do
            if pool.owner == me and pool.waiting > 0 then at_work[#at_work + 1] = pool end
        end
        if #at_work == 0 then return false end
        local slice = #at_work == 1 and deadline or min(deadline, now() + 0.05)
        for _, pool in ipairs(at_work) do pump(pool, slice) end
        if now() >= deadline then return true end
    end
end

-- A global that the worker does not have, since it was made before the global was.
local function explain(message)
    local name = message:match "a nil value %(global '(.-)'%)"
    if not name or _G[name] == nil then return message end
    return ("%s\n\t(the pool was created before '%s' was defined: its workers have the globals of that moment)"):format(
        message, name)
end

-- An error of a task, raised in the owner.
local function raise(problem)
    raise_error(problem.kind or "RemoteError", explain(problem.message), problem)
end

local function to_error(problem)
    return host.error(problem.kind or "RemoteError", explain(problem.message), problem)
end

-- Failures that nobody asks for would be lost: they are shown when the pool ends. Of more than that, nobody wants to read.
local most_failures = 100

local function note_failure(result)
    local failures = result.pool.failures
    if #failures < most_failures then failures[#failures + 1] = result end
end

local function forget_failure(result) result.is_known = true end

local function show_failures(pool)
    local failures, shown = pool.failures, {}
    pool.failures = {}
    for _, result in ipairs(failures) do
        if not result.is_known then shown[#shown + 1] = result end
    end
    if #shown == 0 then return end
    local one = #shown == 1
    local lines = { ("pool: %d%s %s failed, and nobody asked for %s:"):format(
        #shown, #failures >= most_failures and " or more" or "", one and "call" or "calls",
        one and "its result" or "their results") }
    for i = 1, min(3, #shown) do
        lines[#lines + 1] = ("\t%s: %s"):format(shown[i].job.title, explain(shown[i].problem.message))
    end
    host.write(concat(lines, "\n") .. "\n")
end

-- Whether a worker has taken the task of a job that has one.
local function is_claimed(job)
    local pool = job.pool
    for place = 0, pool.processes - 1 do
        if find(pool, pool.places[place * words_per_worker + 1]) == job then return true end
    end
    return false
end

-- Takes a job of one call back, unless a worker has it or it is done. A worker that takes the task afterwards finds no
-- job.
local function cancel(job)
    local pool = job.pool
    drain(pool)
    if job.done then return false end
    local entry = pool.jobs[job.id]
    pool.jobs[job.id] = nil
    if is_claimed(job) then
        -- If the worker has looked in between, it says that the job is gone, and gets the task again.
        pool.jobs[job.id] = entry
        return false
    end
    -- A worker may have answered it just before we looked.
    drain(pool)
    if job.done then return false end
    job.cancelled = true
    return true
end

-- Takes a job back that not all tasks of could be put. Those that are under way are of no use.
local function abandon(job)
    job.feeding, job.finished, job.cancelled = false, nil, true
    if job.left == 0 then end_job(job) else job.pool.jobs[job.id] = nil end
end

-- Puts what is left of the jobs that are fed little by little, as far as it is known.
local function feed_all(pool)
    for feed in pairs(pool.feeds) do
        pool.feeds[feed] = nil
        feed(true)
    end
end

-- Nobody asks the pool for anything any more.
local function retire(pool) open[pool], books.busy[pool] = nil, nil end

return {
    new = new,
    check = check,
    check_owner = check_owner,
    drain = drain,
    pump = pump,
    pump_until = pump_until,
    drive = drive,
    raise = raise,
    to_error = to_error,
    note_failure = note_failure,
    forget_failure = forget_failure,
    show_failures = show_failures,
    add_callback = add_callback,
    run_callbacks = run_callbacks,
    release_workers = release_workers,
    abandon = abandon,
    feed_all = feed_all,
    is_claimed = is_claimed,
    cancel = cancel,
    retire = retire,
    words_per_worker = words_per_worker,
}
