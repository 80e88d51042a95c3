-- Pool and AsyncResult, on top of owner.lua.

local mp, host, arguments, books, owner, lazily, new_progress = ...

-- What scripts may replace later is bound now.
local error, getmetatable, ipairs, next, pcall, setmetatable, tostring, type =
    error, getmetatable, ipairs, next, pcall, setmetatable, tostring, type
local min, max, huge, tointeger = math.min, math.max, math.huge, math.tointeger
local move, sort, unpack = table.move, table.sort, table.unpack
local getpid, now = mp.getpid, host.now
local raise_error, misuse = host.raise, host.misuse
local check_items, check_list, check_task_options, chunk_size, is_callable, options, timeout_of =
    arguments.check_items, arguments.check_list, arguments.check_task_options, arguments.chunk_size,
    arguments.is_callable, arguments.options, arguments.timeout_of
local end_job, new_job, put = books.end_job, books.new_job, books.put
local check, drain, pump, pump_until, raise = owner.check, owner.drain, owner.pump, owner.pump_until, owner.raise
local words_per_worker = owner.words_per_worker

local Pool, check_pool = arguments.class("Pool", "a pool", "pool:map(f, list)", { initializer = true, initargs = true, limit = true }, {
    submit = "it is pool:apply_async(f, {…}); submit is of mp.ProcessPoolExecutor{…}",
    shutdown = "it is pool:close(), pool:join()",
    wait = "it is pool:close(), pool:join()",
    start = "its workers run already",
    run = "it is pool:apply(f, {…}) or pool:map(f, list)",
    result = "it is of what pool:apply_async(f, {…}) returns: result:get()",
    get = "it is of what pool:apply_async(f, {…}) returns: result:get()",
})
local AsyncResult, check_result = arguments.class("AsyncResult", "a result", "result:get()", { single = true, n = true, count = true }, {
    result = "it is result:get()",
    join = "it is result:wait()",
    value = "it is result:get()",
})

local function new_result(pool, job, count)
    return setmetatable(
        { pool = pool, job = job, count = count, done = false, problem = false, is_known = false }, AsyncResult)
end

local constructor_options = { processes = true, initializer = true, initargs = true, maxtasksperchild = true }

-- mp.Pool(processes, initializer, initargs, maxtasksperchild), or a table of these.
local function new(processes, initializer, initargs, limit)
    if type(processes) == "table" then
        local given = options("Pool", processes, constructor_options)
        processes, initializer, initargs, limit =
            given.processes, given.initializer, given.initargs, given.maxtasksperchild
    end
    processes = processes or mp.cpu_count()
    if type(processes) ~= "number" or not tointeger(processes) then
        misuse("Pool: processes must be a number, got " .. type(processes))
    end
    if processes < 1 then raise_error("ValueError", "Number of processes must be at least 1") end
    if initializer ~= nil and not is_callable(initializer) then misuse("initializer must be a callable") end
    if initargs ~= nil and type(initargs) ~= "table" then
        misuse("initargs must be a list of arguments, got " .. type(initargs))
    end
    if limit ~= nil and not (type(limit) == "number" and tointeger(limit) and limit >= 1) then
        raise_error("ValueError", "maxtasksperchild must be a positive integer or nil")
    end
    return setmetatable(owner.new(tointeger(processes), initializer, initargs or {}, limit), Pool)
end

-- apply, map, starmap --------------------------------------------------------------------------------------------

local apply_options = { kwargs = true, callback = true, error_callback = true, timeout = true, retries = true }
local map_options = { chunksize = true, progress = true, callback = true, error_callback = true, timeout = true, retries = true }

local function call_back(result)
    local job = result.job
    if result.problem then
        job.error_callback(owner.to_error(result.problem))
    else
        job.callback(result:value())
    end
end

local function complete(result)
    result.done = true
    local job = result.job
    if result.problem and not job.error_callback then owner.note_failure(result) end
    if (result.problem and job.error_callback) or (not result.problem and job.callback) then
        owner.add_callback(result.pool, call_back, result)
    end
end

-- `prepare`, if given, is called with the result before anybody can answer it.
local function one_call(pool, name, f, args, given, prepare)
    args = args or {}
    check_list("apply", args)
    given = options("apply", given or {}, apply_options)
    check_task_options("apply", given)
    local job = new_job(pool, name, f, "call", given.kwargs, given)
    job.callback, job.error_callback = given.callback, given.error_callback
    local result = new_result(pool, job)
    function job:message() return { self.id, self.timeout, args } end
    function job:count() return 1 end
    function job:failed(_, problem) result.problem = problem end
    function job:answered(_, message, details)
        if details then
            -- Of several results one may be what could not be sent.
            local _, problem = next(details.errors or {})
            result.problem = problem or false
            result.values, result.n = details.values or {}, details.n
        else
            result.single = message[2]
        end
    end
    function job:finished() complete(result) end
    function result:value()
        if not self.n then return self.single end
        return unpack(self.values, 1, self.n)
    end
    if prepare then prepare(result) end
    local good, problem = pcall(put, pool, job, 1)
    if not good then
        owner.abandon(job)
        error(problem, 0)
    end
    return result
end

local function many_calls(pool, name, mode, f, list, given)
    check_list(name, list)
    if type(given) ~= "table" then given = { chunksize = given } end
    options(name, given, map_options)
    check_task_options(name, given)
    local count = list.n or #list
    check_items(name, list, count)
    -- What is tried again is what was given, whatever becomes of the list meanwhile.
    if (given.retries or 0) > 0 or getmetatable(list) ~= nil then list = move(list, 1, count, 1, {}) end
    -- A limit, or another try, is for each item: then each is a task of its own, unless told otherwise.
    local one = (given.timeout or given.retries) and 1 or nil
    local size = min(max(1, count), chunk_size(pool, given.chunksize or one, count))
    local job = new_job(pool, name, f, mode, nil, given)
    job.has_items = true
    job.callback, job.error_callback = given.callback, given.error_callback
    local result = new_result(pool, job, count)
    local values, first_failed, done = host.list(count), huge, 0
    local progress = given.progress and new_progress()
    job.values = values
    function job:count(first) return min(size, count - first + 1) end
    function job:message(first)
        return move(list, first, first + self:count(first) - 1, 3, { self.id, self.timeout })
    end
    function job:stored(n)
        done = done + n
        if progress then progress(done, count) end
    end
    function job:failed(i, problem)
        if i < first_failed then first_failed, result.problem = i, problem end
        done = done + 1
        if progress then progress(done, count) end
    end
    function job:answered(first, _, details)
        local found, errors = details.values or {}, details.errors or {}
        for i = 1, details.n do
            if errors[i] then
                self:failed(first + i - 1, errors[i])
            else
                values[first + i - 1] = found[i]
                self:stored(1)
            end
        end
    end
    function job:finished() complete(result) end
    function result:value() return values, count end
    job.feeding = true
    local good, problem = pcall(books.put_list, pool, job, list, count, size)
    job.feeding = false
    if not good then
        -- Something cannot be sent: the call fails, and what is under way already is of no use.
        owner.abandon(job)
        error(problem, 0)
    end
    if job.left == 0 and not job.done then
        end_job(job)
        owner.run_callbacks(pool)
    end
    return result
end

function Pool:apply_async(f, args, given)
    check(self)
    return one_call(self, "apply", f, args, given)
end

function Pool:apply(f, args, given)
    check(self)
    return one_call(self, "apply", f, args, given):get()
end

function Pool:map_async(f, list, given)
    check(self)
    return many_calls(self, "map", "map", f, list, given)
end

function Pool:map(f, list, given)
    check(self)
    return many_calls(self, "map", "map", f, list, given):get()
end

function Pool:starmap_async(f, lists, given)
    check(self)
    return many_calls(self, "starmap", "starmap", f, lists, given)
end

function Pool:starmap(f, lists, given)
    check(self)
    return many_calls(self, "starmap", "starmap", f, lists, given):get()
end

-- imap -----------------------------------------------------------------------------------------------------------

function Pool:imap(f, source, given)
    return lazily(self, "imap", f, source, given, true)
end

function Pool:imap_unordered(f, source, given)
    return lazily(self, "imap_unordered", f, source, given, false)
end

-- The end --------------------------------------------------------------------------------------------------------

function Pool:close()
    check_pool(self)
    if self.state == "running" then self.state = "closed" end
    if self.owner == getpid() then owner.release_workers(self) end
end

function Pool:terminate()
    check_pool(self)
    if self.owner ~= getpid() or self.state == "terminated" then return end
    drain(self)
    self.state = "terminated"
    owner.retire(self)
    for _, worker in ipairs(self.workers) do
        if worker then worker:kill() end
    end
    for _, worker in ipairs(self.workers) do
        if worker then worker:join() end
    end
    drain(self)
    self.tasks:shutdown(true)
    owner.show_failures(self)
end

function Pool:join()
    check_pool(self)
    if self.owner ~= getpid() then error("a pool can only be used by the process that made it", 2) end
    if self.state == "running" then raise_error("ValueError", "Pool is still running") end
    if self.state == "closed" then
        owner.feed_all(self)
        while true do
            local served = host.served()
            if self.waiting == 0 or self.broken then break end
            pump(self, nil, served)
        end
        if self.state == "terminated" then return end -- by a callback
        self.tasks:shutdown()
        for _, worker in ipairs(self.workers) do
            if worker then worker:join() end
        end
        self.state = "joined"
        owner.retire(self)
        owner.show_failures(self)
    end
end

function Pool:stats()
    check_pool(self)
    local list, slowest = {}, {}
    for place = 0, self.processes - 1 do
        local worker = self.workers[place + 1]
        local base = place * words_per_worker
        list[place + 1] = {
            name = worker and worker.name,
            pid = worker and worker.pid,
            tasks = self.places[base + 2],
            work = self.places[base + 3] / 1e9,
            wait = self.places[base + 4] / 1e9,
            start = self.places[base + 6] / 1e9,
        }
        for i = base + 8, base + 14, 2 do
            if self.places[i] > 0 then
                slowest[#slowest + 1] = { seconds = self.places[i] / 1e9, task = self.places[i + 1], worker = place + 1 }
            end
        end
    end
    sort(slowest, function(a, b) return a.seconds > b.seconds end)
    list.slowest = slowest
    return list
end

function Pool:__close() self:terminate() end

-- A pool that was dropped keeps no workers. At the end of the process they have ended before.
function Pool:__gc()
    if self.owner == getpid() and (self.state == "running" or self.state == "closed") then pcall(self.terminate, self) end
end

function Pool:__tostring()
    return ("<Pool %s, %d workers, %d tasks under way>"):format(self.state, self.processes, self.waiting)
end

-- AsyncResult ----------------------------------------------------------------------------------------------------

local function is_ready(result)
    return function() return result.done end
end

function AsyncResult:get(given)
    check_result(self)
    local timeout = timeout_of("get", given)
    if not self.done and not pump_until(self.pool, is_ready(self), timeout) then
        raise_error("TimeoutError", ("no result within %s s"):format(timeout))
    end
    owner.forget_failure(self)
    if self.problem then raise(self.problem) end
    return self:value()
end

function AsyncResult:wait(given)
    check_result(self)
    local timeout = timeout_of("wait", given)
    if not self.done then pump_until(self.pool, is_ready(self), timeout) end
    return self.done or false
end

function AsyncResult:ready()
    check_result(self)
    if not self.done then pump(self.pool, now()) end
    return self.done or false
end

function AsyncResult:successful()
    check_result(self)
    if not self:ready() then raise_error("ValueError", tostring(self) .. " not ready") end
    owner.forget_failure(self)
    return not self.problem
end

function AsyncResult:__tostring()
    return ("<AsyncResult %s>"):format(self.done and (self.problem and "failed" or "ready") or "pending")
end

return {
    new = new,
    one_call = one_call,
}
