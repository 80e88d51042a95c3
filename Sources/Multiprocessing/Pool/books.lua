-- The books of a pool: jobs, the tasks that are under way, and what becomes of them.
--
-- A task is a message {job, timeout or false, item, …}; what is to be done with it, the job (function and mode), lies in
-- a dictionary and is fetched once by each worker. Messages of the queue are numbered as they are put, and nobody but the
-- owner puts any.
--
-- Tasks are in the books by the batch that they were put with: pool.batches[number] = batch, until they are answered. A
-- batch is {values or false, number of its first task, first item of that, items a task, job = job}.
--
-- A job says how its messages are made and what is done with replies:
--     job.values                   a table for the results, which are stored there as they come if all is well with them
--     job:stored(n)                n were
--     job:answered(first, reply, details)
--                                  any other reply: {number, result, …}; with holes or errors {-number, details},
--                                  details = {n =, values =, errors =}
--     job:failed(i, problem)       item i failed with its worker: {kind =, message =, …}
--     job:count(first)             how many items the task has that begins with item `first`
--     job:message(first)           its message
--     job:finished()               no task is left

local host, arguments = ...

-- What scripts may replace later is bound now.
local error, ipairs, pairs, pcall, tostring, type = error, ipairs, pairs, pcall, tostring, type
local max, min, sort = math.max, math.min, table.sort
local getinfo = debug.getinfo
local raise_error, misuse = host.raise, host.misuse
local shield, unshield = host.shield, host.unshield

-- Pools with tasks under way.
local busy = {}

local function leave_shield(good, ...)
    unshield()
    if not good then error(..., 0) end
    return ...
end

-- Calls f(...) with no signal handler in between.
local function shielded(f, ...)
    shield()
    return leave_shield(pcall(f, ...))
end

local function next_id(pool)
    pool.job = pool.job + 1
    return pool.job
end

-- Makes a job: function and mode, for all its tasks.
local function new_job(pool, name, f, mode, kwargs, task_options)
    if not arguments.is_callable(f) then
        local hint = type(f) == "nil" and "; is it defined above this line?" or "; write f, not f()"
        misuse(("bad argument #1 to '%s' (function expected, got %s%s)"):format(name, type(f), hint))
    end
    local job = {
        pool = pool,
        id = shielded(next_id, pool),
        left = 0,       -- tasks not yet answered
        timeout = task_options and task_options.timeout or false,
        retries = task_options and task_options.retries or 0,
        tries = {},     -- first item of a task → how often it was tried again
    }
    local place = type(f) == "function" and getinfo(f, "S") or {}
    job.title = place.what == "Lua" and ("%s(%s:%d)"):format(name, place.short_src, place.linedefined) or name
    pool.jobs[job.id] = { f = f, mode = mode, kwargs = kwargs }
    return job
end

-- Counts the tasks put under a shield since `before` were in the queue: those of the caller, who alone puts tasks.
local function count_put(pool, job, before)
    local done = host.published(pool.tasks) - before
    pool.waiting = pool.waiting + done
    job.left = job.left + done
    if pool.waiting > 0 then busy[pool] = true end
end

local function put_one(pool, job, first, message)
    local before = host.published(pool.tasks)
    pool.tasks:put(message)
    pool.batches[before + 1] = { job.values or false, before + 1, first, 1, job = job }
    count_put(pool, job, before)
end

-- Puts a task. Its message is made by the job, now and if it has to be tried again: items `first` and following.
local function put(pool, job, first)
    if pool.broken then raise_error("ProcessError", pool.broken) end
    shielded(put_one, pool, job, first, job:message(first))
end

local function put_some(pool, job, list, first, last, size)
    local before = host.published(pool.tasks)
    local batch = { job.values, before + 1, first, size, job = job }
    local good, problem = pcall(host.put_tasks, pool.tasks, job.id, job.timeout, list, first, last, size, pool.batches, batch)
    count_put(pool, job, before)
    if not good then error(problem, 0) end
end

-- Puts the items 1 to `count` of a list, `size` a task: small tasks many at a time, large ones one by one, so that the
-- workers begin while the next is made.
local function put_list(pool, job, list, count, size)
    local step = size * max(1, 256 // size)
    for first = 1, count, step do
        if pool.broken then raise_error("ProcessError", pool.broken) end
        shielded(put_some, pool, job, list, first, min(count, first + step - 1), size)
    end
end

local function end_job(job)
    job.pool.jobs[job.id] = nil
    job.done = true
    if job.finished then job:finished() end
end

-- The job of the task of that number, and the task's first item; nothing if it is answered.
local function find(pool, number)
    local batch = pool.batches[number]
    if batch then return batch.job, batch[3] + (number - batch[2]) * batch[4] end
end

local function count_answered(pool, tasks)
    pool.waiting = pool.waiting - tasks
    if pool.waiting == 0 then busy[pool] = nil end
end

-- The task of that number is answered, one way or another.
local function forget(pool, number)
    pool.batches[number] = nil
    count_answered(pool, 1)
end

local function tasks_done(job, tasks)
    job.left = job.left - tasks
    if job.left == 0 and not job.feeding then end_job(job) end
end

-- Every item of the task has failed for the same reason.
local function fail_task(pool, number, problem)
    local job, first = find(pool, number)
    if not job then return end
    forget(pool, number)
    for i = first, first + job:count(first) - 1 do job:failed(i, problem) end
    tasks_done(job, 1)
end

local function retry(pool, number)
    local job, first = find(pool, number)
    local good, problem = pcall(put, pool, job, first)
    if not good then
        return fail_task(pool, number, { kind = type(problem) == "table" and problem.kind, message = tostring(problem) })
    end
    forget(pool, number)
    job.left = job.left - 1 -- it was counted before
end

local function break_pool(pool, why)
    pool.broken = why
    local numbers = {}
    for number in pairs(pool.batches) do numbers[#numbers + 1] = number end
    sort(numbers)
    for _, number in ipairs(numbers) do fail_task(pool, number, { kind = "ProcessError", message = why }) end
end

-- Looks at what a worker says.
local function reply(pool, message)
    pool.deaths = 0
    local number, details = message[1], nil
    if number <= 0 then number, details = -number, message[2] end
    if number == 0 then return break_pool(pool, details.failed.message) end
    local job, first = find(pool, number)
    if not job then return end
    if details and details.gone then
        if job.cancelled then return fail_task(pool, number, { kind = "CancelledError", message = "cancelled" }) end
        return retry(pool, number)
    end
    if details and details.failed then return fail_task(pool, number, details.failed) end
    forget(pool, number)
    job:answered(first, message, details)
    tasks_done(job, 1)
end

-- Tasks of one batch whose results have been stored.
local function note_stored(pool, batch, tasks, items)
    pool.deaths = 0
    count_answered(pool, tasks)
    batch.job:stored(items)
    tasks_done(batch.job, tasks)
end

return {
    busy = busy,
    shielded = shielded,
    new_job = new_job,
    end_job = end_job,
    put = put,
    put_list = put_list,
    find = find,
    fail_task = fail_task,
    retry = retry,
    break_pool = break_pool,
    reply = reply,
    note_stored = note_stored,
}
