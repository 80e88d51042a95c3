-- Pool and AsyncResult, on top of owner.lua.

local mp, host, owner, new_progress = ...

-- What scripts may replace later is bound now.
local error, getmetatable, ipairs, next, pcall, setmetatable, tostring, type =
    error, getmetatable, ipairs, next, pcall, setmetatable, tostring, type
local ceil, max, min, huge, tointeger = math.ceil, math.max, math.min, math.huge, math.tointeger
local move, sort, unpack = table.move, table.sort, table.unpack
local getpid, now = mp.getpid, host.now
local raise_error, misuse = host.raise, host.misuse
local check, drain, end_job, new_job, options, pump, pump_until, put, raise =
    owner.check, owner.drain, owner.end_job, owner.new_job, owner.options, owner.pump, owner.pump_until, owner.put,
    owner.raise
local words_per_worker = owner.words_per_worker

local Pool, AsyncResult = {}, {}
Pool.__index, AsyncResult.__index = Pool, AsyncResult
Pool.__name, AsyncResult.__name = "Pool", "AsyncResult"

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
    if initializer ~= nil and not owner.is_callable(initializer) then misuse("initializer must be a callable") end
    if initargs ~= nil and type(initargs) ~= "table" then
        misuse("initargs must be a list of arguments, got " .. type(initargs))
    end
    if limit ~= nil and not (type(limit) == "number" and tointeger(limit) and limit >= 1) then
        raise_error("ValueError", "maxtasksperchild must be a positive integer or nil")
    end
    return setmetatable(owner.new(tointeger(processes), initializer, initargs or {}, limit), Pool)
end

-- apply, map, starmap --------------------------------------------------------------------------------------------

local function chunk_size(pool, given, count)
    if given == nil then return max(1, ceil(count / (4 * pool.processes))) end
    if not (type(given) == "number" and tointeger(given)) then misuse("chunksize must be an integer") end
    if given < 1 then raise_error("ValueError", ("Chunksize must be 1+, not %d"):format(given)) end
    return tointeger(given)
end

local apply_options = { kwargs = true, callback = true, error_callback = true, timeout = true, retries = true }
local map_options = { chunksize = true, progress = true, callback = true, error_callback = true, timeout = true, retries = true }

local function check_list(name, list)
    if type(list) ~= "table" then misuse(("bad argument #2 to '%s' (list expected, got %s)"):format(name, type(list))) end
end

local imap_options = { chunksize = true, timeout = true, retries = true }

local function check_items(name, list, count)
    for i = 1, count do
        if list[i] == nil then misuse(("%s: there is no item %d"):format(name, i)) end
    end
end

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
    if (result.problem and job.error_callback) or (not result.problem and job.callback) then
        owner.add_callback(result.pool, call_back, result)
    end
end

-- `prepare`, if given, is called with the result before anybody can answer it.
local function one_call(pool, name, f, args, given, prepare)
    given = options("apply", given or {}, apply_options)
    owner.check_task_options("apply", given)
    args = args or {}
    check_list("apply", args)
    local job = new_job(pool, name, f, "call", given.kwargs, given)
    job.callback, job.error_callback = given.callback, given.error_callback
    local result = setmetatable({ job = job, pool = pool }, AsyncResult)
    function job:message() return { self.id, self.timeout, args } end
    function job:count() return 1 end
    function job:failed(_, problem) result.problem = problem end
    function job:answered(_, message, details)
        if details then
            -- Of several results one may be what could not be sent.
            local _, problem = next(details.errors or {})
            result.problem = problem
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
    owner.check_task_options(name, given)
    local count = list.n or #list
    check_items(name, list, count)
    -- What is tried again is what was given, whatever becomes of the list meanwhile.
    if (given.retries or 0) > 0 then list = move(list, 1, count, 1, {}) end
    -- A limit, or another try, is for each item: then each is a task of its own, unless told otherwise.
    local one = (given.timeout or given.retries) and 1 or nil
    local size = chunk_size(pool, given.chunksize or one, count)
    local job = new_job(pool, name, f, mode, nil, given)
    job.has_items = true
    job.callback, job.error_callback = given.callback, given.error_callback
    local result = setmetatable({ job = job, pool = pool, count = count }, AsyncResult)
    local values, first_failed, done = host.list(count), huge, 0
    local progress = given.progress and new_progress()
    function job:count(first) return min(size, count - first + 1) end
    function job:message(first)
        if size == 1 then return { self.id, self.timeout, list[first] } end
        local n = self:count(first)
        local message = host.list(n + 2)
        message[1], message[2] = self.id, self.timeout
        return move(list, first, first + n - 1, 3, message)
    end
    function job:failed(i, problem)
        if i < first_failed then first_failed, result.problem = i, problem end
        done = done + 1
        if progress then progress(done, count) end
    end
    function job:answered(first, message, details)
        if details then
            local found, errors = details.values or {}, details.errors or {}
            for i = 1, details.n do
                if errors[i] then
                    self:failed(first + i - 1, errors[i])
                else
                    values[first + i - 1] = found[i]
                    done = done + 1
                end
            end
        else
            local n = #message - 1
            if n == 1 then values[first] = message[2] else move(message, 2, n + 1, first, values) end
            done = done + n
        end
        if progress then progress(done, count) end
    end
    function job:finished() complete(result) end
    function result:value() return values, count end
    job.feeding = true
    local good, problem = pcall(owner.put_all, pool, job, count, size)
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

-- An iterator over whatever can be gone through: a list, or an iterator as `for` takes it. And whether it was a list.
local function items_of(name, source)
    if type(source) == "table" and not (getmetatable(source) or {}).__call then
        local i, count = 0, source.n or #source
        check_items(name, source, count)
        return function()
            i = i + 1
            if i <= count then return source[i] end
        end, true
    end
    if type(source) ~= "function" and not (getmetatable(source) or {}).__call then
        misuse(("bad argument #2 to '%s' (list or iterator expected, got %s)"):format(name, type(source)))
    end
    return source
end

-- `more`: mode, window and timeout of an executor.
local function lazily(pool, name, f, source, given, ordered, more)
    check(pool)
    more = more or {}
    if type(given) ~= "table" then given = { chunksize = given } end
    options(name, given, imap_options)
    owner.check_task_options(name, given)
    local size = given.chunksize == nil and 1 or chunk_size(pool, given.chunksize, 0)
    local next_item, is_list = items_of(name, source)
    local job = new_job(pool, name, f, more.mode or "map", nil, given)
    job.has_items = true
    local deadline = more.timeout and more.timeout ~= huge and now() + more.timeout
    -- How many tasks may be under way: enough to keep the workers busy, few enough to take little memory.
    local window = more.window or max(64, 16 * pool.processes)
    -- How many items may be under way or wait to be asked for.
    local most = window * size
    local fed, given_out, ready, head, wanted, broken = 0, 0, {}, 1, 1, nil
    local arrived, tail = {}, 0
    local is_left = false -- nobody asks for results any more
    job.feeding = true
    local batches, counts = {}, {} -- first item of a task that is under way → its items, and how many
    local function note(i, good, value)
        if is_left then return end
        if ordered then
            ready[i] = { good, value }
        else
            tail = tail + 1
            arrived[tail] = { good, value, i }
        end
    end
    function job:count(first) return counts[first] end
    function job:message(first)
        return move(batches[first], 1, counts[first], 3, { self.id, self.timeout })
    end
    function job:failed(i, problem) note(i, false, problem) end
    function job:answered(first, message, details)
        local values, errors, shift = message, {}, 1
        if details then values, errors, shift = details.values or {}, details.errors or {}, 0 end
        for i = 1, counts[first] do
            if errors[i] then note(first + i - 1, false, errors[i]) else note(first + i - 1, true, values[i + shift]) end
        end
        batches[first], counts[first] = nil, nil
    end
    local batch, chunk = {}, 0 -- the items of the next task
    local function put_batch()
        local first, count = fed + 1, chunk
        batches[first], counts[first] = batch, count
        fed, batch, chunk = fed + count, {}, 0
        local good, problem = pcall(put, pool, job, first)
        if good then return end
        -- These items cannot be sent: their results are the error.
        batches[first], counts[first] = nil, nil
        for i = first, first + count - 1 do note(i, false, { original = problem }) end
    end
    local feed
    local function stop_feeding()
        job.feeding = false
        pool.feeds[feed] = nil
        if job.left == 0 and not job.done then end_job(job) end
    end
    -- `all`: the pool ends. What is in a list is put now; an iterator, which may have no end, is not asked any more.
    function feed(all)
        if job.feeding and pool.state == "terminated" then
            broken = host.error("ProcessError", "the pool was terminated")
            stop_feeding()
        elseif job.feeding and all and not is_list then
            broken = host.error("ValueError", ("%s: the pool was closed and joined before item %d was asked for"):format(
                name, fed + chunk + 1))
            if chunk > 0 then put_batch() end
            stop_feeding()
        end
        while job.feeding and (all or fed - given_out < most) do
            while chunk < size do
                local good, item = pcall(next_item)
                if not good then
                    if item == host.interruption then error(item, 0) end
                    broken = item
                end
                if not good or item == nil then
                    job.feeding = false
                    break
                end
                chunk = chunk + 1
                batch[chunk] = item
            end
            if chunk > 0 then put_batch() end
        end
        if not job.feeding then stop_feeding() end
    end
    pool.feeds[feed] = true
    local function deliver(i, found)
        given_out = given_out + 1
        if not found[1] then
            if found[2].original ~= nil then error(found[2].original, 0) end
            raise(found[2])
        end
        if found[2] == nil then
            raise_error("ValueError", ("the result of item %d is nil, which would end the loop"):format(i))
        end
        return found[2], i
    end
    local function has_next()
        if ordered then return ready[wanted] ~= nil end
        return head <= tail
    end
    local function is_over() return not job.feeding and job.left == 0 end
    local function next_result()
        while true do
            feed()
            if has_next() then
                if ordered then
                    local found, i = ready[wanted], wanted
                    ready[wanted] = nil
                    wanted = wanted + 1
                    return deliver(i, found)
                end
                local found = arrived[head]
                arrived[head] = nil
                head = head + 1
                return deliver(found[3], found)
            end
            if is_over() then
                if broken ~= nil then
                    local problem = broken
                    broken = nil
                    error(problem, 0)
                end
                return nil
            end
            local function ready() return has_next() or job.left == 0 end
            if not pump_until(pool, ready, deadline and deadline - now()) then
                raise_error("TimeoutError", ("no result within %s s"):format(more.timeout))
            end
        end
    end
    feed()
    -- A loop that is left asks for nothing more.
    local closer = setmetatable({}, { __close = function()
        is_left, ready, arrived = true, {}, {}
        stop_feeding()
    end })
    return next_result, nil, nil, closer
end

function Pool:imap(f, source, given)
    return lazily(self, "imap", f, source, given, true)
end

function Pool:imap_unordered(f, source, given)
    return lazily(self, "imap_unordered", f, source, given, false)
end

-- The end --------------------------------------------------------------------------------------------------------

function Pool:close()
    if self.state == "running" then self.state = "closed" end
    if self.owner == getpid() then owner.release_workers(self) end
end

function Pool:terminate()
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
end

function Pool:join()
    if self.owner ~= getpid() then error("a pool can only be used by the process that made it", 2) end
    if self.state == "running" then raise_error("ValueError", "Pool is still running") end
    if self.state == "closed" then
        owner.feed_all(self)
        while self.waiting > 0 and not self.broken do pump(self) end
        if self.state == "terminated" then return end -- by a callback
        self.tasks:shutdown()
        for _, worker in ipairs(self.workers) do
            if worker then worker:join() end
        end
        self.state = "joined"
        owner.retire(self)
    end
end

function Pool:stats()
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

local function timeout_of(where, given)
    if type(given) == "table" then given = options(where, given, { timeout = true }).timeout end
    if given ~= nil and (type(given) ~= "number" or given ~= given) then
        misuse(("bad argument #1 to '%s' (number of seconds expected, got %s)"):format(where, type(given)))
    end
    return given
end

function AsyncResult:get(given)
    local timeout = timeout_of("get", given)
    if not self.done and not pump_until(self.pool, is_ready(self), timeout) then
        raise_error("TimeoutError", ("no result within %s s"):format(timeout))
    end
    if self.problem then raise(self.problem) end
    return self:value()
end

function AsyncResult:wait(given)
    local timeout = timeout_of("wait", given)
    if not self.done then pump_until(self.pool, is_ready(self), timeout) end
    return self.done or false
end

function AsyncResult:ready()
    if not self.done then pump(self.pool, now()) end
    return self.done or false
end

function AsyncResult:successful()
    if not self:ready() then raise_error("ValueError", tostring(self) .. " not ready") end
    return not self.problem
end

function AsyncResult:__tostring()
    return ("<AsyncResult %s>"):format(self.done and (self.problem and "failed" or "ready") or "pending")
end

return {
    new = new,
    one_call = one_call,
    lazily = lazily,
    timeout_of = timeout_of,
}
