-- The owner of a pool: many tasks, a fixed number of worker processes.
--
-- The owner puts tasks into one queue, workers put replies into another. Nothing happens in between calls: whoever calls
-- the pool or its results drives it (`pump`), and there are no threads.
--
-- A task is a message {job, timeout or false, …}; what is to be done with it, the job (function and mode), lies in a
-- dictionary and is fetched once by each worker. Messages of the queue are numbered; the number of the one that a worker
-- took is on the board, written in the transaction that took it. So when a worker dies the owner knows which task it had.
--
-- A job says how its messages are made and what is done with replies:
--     job:count(first)             how many items the task has that begins with item `first`
--     job:message(first)           its message
--     job:answered(first, reply)   what a worker says: {number, result, …}, or with holes and errors
--                                  {number =, n =, values =, errors =}
--     job:failed(i, problem)       item i failed with its worker: {kind =, message =, …}
--     job:finished()               no task is left

local mp, host, work = ...

-- What scripts may replace later is bound now.
local getmetatable, ipairs, pairs, setmetatable, tostring, type, xpcall =
    getmetatable, ipairs, pairs, setmetatable, tostring, type, xpcall
local max, min, huge = math.max, math.min, math.huge
local pack, sort = table.pack, table.sort
local traceback = debug.traceback
local getpid, now = mp.getpid, host.now
local raise_error, misuse = host.raise, host.misuse

-- Open pools of this process, for sleep and wait.
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

local function options(where, given, known)
    for key in pairs(given) do
        if not known[key] then host.unknown_option(where, tostring(key), known) end
    end
    return given
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
        put = 0,        -- messages ever put into tasks
        jobs_of = {},   -- number of a message that is not answered → its job
        firsts = {},    -- … and the number of its first item
        waiting = 0,    -- how many those are
        job = 0,        -- the number of the last job
        inbox = {},     -- replies received and not yet looked at, from `next` on
        next = 1,
        deaths = 0,     -- workers that died since the last reply
    }
    for place = 0, processes - 1 do start(pool, place) end
    open[pool] = true
    return pool
end

local function check_owner(pool)
    if pool.owner ~= getpid() then misuse("a pool can only be used by the process that made it") end
end

local function check(pool)
    check_owner(pool)
    if pool.state ~= "running" then raise_error("ValueError", "Pool not running") end
    if pool.broken then raise_error("ProcessError", pool.broken) end
end

-- Makes a job: function and mode, for all its tasks.
local function new_job(pool, name, f, mode, kwargs, task_options)
    pool.job = pool.job + 1
    local job = {
        pool = pool,
        id = pool.job,
        left = 0,       -- tasks not yet answered
        timeout = task_options and task_options.timeout or false,
        retries = task_options and task_options.retries or 0,
        tries = {},     -- first item of a task → how often it was tried again
    }
    if not (type(f) == "function" or (getmetatable(f) or {}).__call) then
        misuse(("bad argument #1 to '%s' (function expected, got %s)"):format(name, type(f)))
    end
    pool.jobs[job.id] = { f = f, mode = mode, kwargs = kwargs }
    return job
end

-- Puts a task. Its message is made by the job, now and if it has to be tried again: items `first` and following.
local function put(pool, job, first)
    if pool.broken then raise_error("ProcessError", pool.broken) end
    pool.tasks:put(job:message(first))
    local number = pool.put + 1
    pool.put = number
    pool.jobs_of[number], pool.firsts[number] = job, first
    pool.waiting = pool.waiting + 1
    job.left = job.left + 1
end

-- Puts the tasks that begin with each `size`th item up to `count`, many at a time.
local function put_all(pool, job, count, size)
    if pool.broken then raise_error("ProcessError", pool.broken) end
    local jobs_of, firsts = pool.jobs_of, pool.firsts
    local batch, n, batch_first = {}, 0, 1
    for first = 1, count, size do
        n = n + 1
        batch[n] = job:message(first)
        if n == 256 or first + size > count then
            pool.tasks:put_many(batch)
            local number = pool.put
            for i = 1, n do
                jobs_of[number + i], firsts[number + i] = job, batch_first + (i - 1) * size
            end
            pool.put = number + n
            pool.waiting = pool.waiting + n
            job.left = job.left + n
            batch, n, batch_first = {}, 0, first + size
        end
    end
end

local function end_job(job)
    job.pool.jobs[job.id] = nil
    job.done = true
    if job.finished then job:finished() end
end

-- The task of that number is answered, one way or another.
local function forget(pool, number)
    pool.jobs_of[number], pool.firsts[number] = nil, nil
    pool.waiting = pool.waiting - 1
end

local function task_done(job)
    job.left = job.left - 1
    if job.left == 0 and not job.feeding then end_job(job) end
end

-- Every item of the task has failed for the same reason.
local function fail_task(pool, number, problem)
    local job, first = pool.jobs_of[number], pool.firsts[number]
    if not job then return end
    forget(pool, number)
    for i = first, first + job:count(first) - 1 do job:failed(i, problem) end
    task_done(job)
end

local function retry(pool, number)
    local job, first = pool.jobs_of[number], pool.firsts[number]
    forget(pool, number)
    put(pool, job, first)
    job.left = job.left - 1 -- it was counted before
end

local function break_pool(pool, why)
    pool.broken = why
    local numbers = {}
    for number in pairs(pool.jobs_of) do numbers[#numbers + 1] = number end
    sort(numbers)
    for _, number in ipairs(numbers) do fail_task(pool, number, { kind = "ProcessError", message = why }) end
end

local function reply(pool, message)
    pool.deaths = 0
    local number = message.number or message[1]
    if number == 0 then
        return break_pool(pool, "the initializer of a worker failed: " .. message.errors[1].message)
    end
    local job, first = pool.jobs_of[number], pool.firsts[number]
    if not job then return end
    if message.gone then
        if job.cancelled then return fail_task(pool, number, { kind = "CancelledError", message = "cancelled" }) end
        return retry(pool, number)
    end
    forget(pool, number)
    job:answered(first, message)
    task_done(job)
end

local alarm = -14 -- SIGALRM: the task's own timer

-- A worker is gone: its task fails, or is tried again, and another worker takes its place.
local function bury(pool, place, worker)
    local code = worker.exitcode
    local number = pool.places[place * words_per_worker + 1]
    pool.places[place * words_per_worker + 1] = 0
    local job = number ~= 0 and pool.jobs_of[number]
    if job then
        local first = pool.firsts[number]
        local tries = job.tries[first] or 0
        if tries < job.retries then
            job.tries[first] = tries + 1
            retry(pool, number)
        elseif code == alarm and job.timeout then
            fail_task(pool, number, {
                kind = "TimeoutError",
                message = ("the task took more than %s s"):format(job.timeout),
            })
        else
            fail_task(pool, number, {
                kind = "ProcessError",
                message = ("%s (pid %d), which ran the task, %s"):format(worker.name, worker.pid, host.cause(code)),
                process = worker.name,
                exitcode = code,
            })
        end
    end
    if code ~= 0 then pool.deaths = pool.deaths + 1 end
    -- Not one of them gets as far as a reply: another one would not, either.
    if not job and pool.deaths > 4 * pool.processes + 16 then
        break_pool(pool, "the workers die before they do anything: the last one " .. host.cause(code))
    end
    if pool.broken then
        pool.workers[place + 1] = false
    elseif pool.state == "running" or pool.waiting > 0 then
        start(pool, place)
    else
        pool.workers[place + 1] = false
    end
end

-- Replies are taken one by one from what was received: a callback may drive the pool in turn, and goes on with the next.
local function drain(pool)
    local any = false
    while true do
        local message = pool.inbox[pool.next]
        if message then
            pool.next = pool.next + 1
            any = true
            reply(pool, message)
        else
            local inbox = host.receive(pool.results, 256)
            if not inbox then return any end
            pool.inbox, pool.next = inbox, 1
        end
    end
end

-- Drives the pool until there was something to do or the time is over.
local function pump(pool, deadline)
    check_owner(pool)
    if drain(pool) then return true end
    if pool.state == "terminated" then return false end
    local left = deadline and max(0, deadline - now()) or huge
    if pool.waiting == 0 and pool.state ~= "running" then return false end
    if left > 0 and not host.wait(pool.results, pool.workers, left) then return false end
    -- Of the dead every reply is in the queue: they come first.
    local dead = {}
    for place = 0, pool.processes - 1 do
        local worker = pool.workers[place + 1]
        if worker and not worker:is_alive() then dead[place] = worker end
    end
    drain(pool)
    for place, worker in pairs(dead) do
        -- A callback may have done it.
        if pool.workers[place + 1] == worker then bury(pool, place, worker) end
    end
    return true
end

local function pump_until(pool, ready, timeout)
    local deadline = timeout and timeout ~= huge and now() + timeout or nil
    while not ready() do
        pump(pool, deadline)
        if pool.state == "terminated" and not ready() then
            drain(pool)
            if not ready() then raise_error("ProcessError", "the pool was terminated") end
        end
        if deadline and now() >= deadline and not ready() then
            drain(pool)
            return ready()
        end
    end
    return true
end

-- For `sleep` and `wait`: lets the pools of this process work so long, as long as tasks are under way. Returns whether
-- some still are.
local function drive(seconds)
    local deadline = now() + seconds
    local me = getpid()
    while true do
        local busy = {}
        for pool in pairs(open) do
            if pool.owner == me and pool.waiting > 0 then busy[#busy + 1] = pool end
        end
        if #busy == 0 then return false end
        local slice = #busy == 1 and deadline or min(deadline, now() + 0.05)
        for _, pool in ipairs(busy) do pump(pool, slice) end
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

-- Whoever happens to drive the pool has nothing to do with an error of a callback: it is shown.
local function run_callback(f, ...)
    local good, problem = xpcall(f, traceback, ...)
    if not good then host.write("callback of a pool: " .. tostring(problem) .. "\n") end
end

-- Whether a worker has taken the task of a job that has one.
local function is_claimed(job)
    local pool = job.pool
    for place = 0, pool.processes - 1 do
        if pool.jobs_of[pool.places[place * words_per_worker + 1]] == job then return true end
    end
    return false
end

-- Takes a job of one call back, unless a worker has it. A worker that takes the task afterwards finds no job.
local function cancel(job)
    local pool = job.pool
    local entry = pool.jobs[job.id]
    pool.jobs[job.id] = nil
    if is_claimed(job) then
        -- If the worker has looked in between, it says that the job is gone, and gets the task again.
        pool.jobs[job.id] = entry
        return false
    end
    job.cancelled = true
    return true
end

-- Nobody asks the pool for anything any more.
local function retire(pool) open[pool] = nil end

return {
    new = new,
    options = options,
    check = check,
    check_owner = check_owner,
    new_job = new_job,
    end_job = end_job,
    put = put,
    put_all = put_all,
    drain = drain,
    pump = pump,
    pump_until = pump_until,
    drive = drive,
    raise = raise,
    to_error = to_error,
    run_callback = run_callback,
    is_claimed = is_claimed,
    cancel = cancel,
    retire = retire,
    words_per_worker = words_per_worker,
}
