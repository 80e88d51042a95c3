-- Pool and AsyncResult, on top of owner.lua.

local mp, host, owner, new_progress = ...

-- What scripts may replace later is bound now.
local error, getmetatable, ipairs, pcall, setmetatable, tostring, type =
    error, getmetatable, ipairs, pcall, setmetatable, tostring, type
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
    if initializer ~= nil and type(initializer) ~= "function" then misuse("initializer must be a callable") end
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

local function complete(result)
    result.done = true
    local job = result.job
    if result.problem then
        if job.error_callback then owner.run_callback(job.error_callback, owner.to_error(result.problem)) end
    elseif job.callback then
        owner.run_callback(job.callback, result:value())
    end
end

local function one_call(pool, f, args, given)
    given = options("apply", given or {}, apply_options)
    args = args or {}
    check_list("apply", args)
    local job = new_job(pool, "apply", f, "call", given.kwargs, given)
    job.callback, job.error_callback = given.callback, given.error_callback
    local result = setmetatable({ job = job, pool = pool }, AsyncResult)
    function job:message() return { self.id, self.timeout, args } end
    function job:count() return 1 end
    function job:failed(_, problem) result.problem = problem end
    function job:answered(_, message)
        if message.errors then result.problem = message.errors[1] else result.reply = message end
    end
    function job:finished() complete(result) end
    function result:value()
        local values = self.reply.values or {}
        return unpack(values, 1, self.reply.n)
    end
    put(pool, job, 1)
    return result
end

local function many_calls(pool, name, mode, f, list, given)
    check_list(name, list)
    if type(given) ~= "table" then given = { chunksize = given } end
    options(name, given, map_options)
    local count = list.n or #list
    -- A limit, or another try, is for each item: then each is a task of its own, unless told otherwise.
    local one = (given.timeout or given.retries) and 1 or nil
    local size = chunk_size(pool, given.chunksize or one, count)
    local job = new_job(pool, name, f, mode, nil, given)
    job.callback, job.error_callback = given.callback, given.error_callback
    local result = setmetatable({ job = job, pool = pool, count = count }, AsyncResult)
    local values, first_failed, done = {}, huge, 0
    local progress = given.progress and new_progress()
    function job:count(first) return min(size, count - first + 1) end
    function job:message(first)
        if size == 1 then return { self.id, self.timeout, list[first] } end
        return move(list, first, first + self:count(first) - 1, 3, { self.id, self.timeout })
    end
    function job:failed(i, problem)
        if i < first_failed then first_failed, result.problem = i, problem end
        done = done + 1
        if progress then progress(done, count) end
    end
    function job:answered(first, message)
        local n = message.n
        if n then
            local found, errors = message.values or {}, message.errors or {}
            for i = 1, n do
                if errors[i] then self:failed(first + i - 1, errors[i]) else values[first + i - 1] = found[i] end
            end
        else
            n = #message - 1
            if n == 1 then values[first] = message[2] else move(message, 2, n + 1, first, values) end
        end
        if progress then
            done = done + n
            progress(min(done, count), count)
        end
    end
    function job:finished() complete(result) end
    function result:value() return values, count end
    for i = 1, count do
        if list[i] == nil then misuse(("%s: there is no item %d"):format(name, i)) end
    end
    job.feeding = true
    local good, problem = pcall(owner.put_all, pool, job, count, size)
    job.feeding = false
    if not good then
        -- Something cannot be sent: the call fails, and what is under way already is of no use.
        job.finished = nil
        owner.cancel(job)
        error(problem, 0)
    end
    if job.left == 0 then end_job(job) end
    return result
end

function Pool:apply_async(f, args, given)
    check(self)
    return one_call(self, f, args, given)
end

function Pool:apply(f, args, given)
    check(self)
    return one_call(self, f, args, given):get()
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

-- Whatever can be gone through: a list, or an iterator as `for` takes it.
local function items_of(name, source)
    if type(source) == "table" and not (getmetatable(source) or {}).__call then
        local i, count = 0, source.n or #source
        return function()
            i = i + 1
            if i <= count then return source[i] end
        end
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
    options(name, given, map_options)
    local size = given.chunksize == nil and 1 or chunk_size(pool, given.chunksize, 0)
    local next_item = items_of(name, source)
    local job = new_job(pool, name, f, more.mode or "map", nil, given)
    local deadline = more.timeout and more.timeout ~= huge and now() + more.timeout
    -- How many tasks may be under way: enough to keep the workers busy, few enough to take little memory.
    local window = more.window or max(64, 16 * pool.processes)
    -- How many items may be under way or wait to be asked for.
    local most = window * size
    local fed, given_out, ready, head, wanted, broken = 0, 0, {}, 1, 1, nil
    local arrived, tail = {}, 0
    job.feeding = true
    local batches, counts = {}, {} -- first item of a task that is under way → its items, and how many
    local function note(i, good, value)
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
    function job:answered(first, message)
        local values, errors, shift = message.values, message.errors or {}, 0
        if not message.n then values, shift = message, 1 end
        for i = 1, counts[first] do
            if errors[i] then note(first + i - 1, false, errors[i]) else note(first + i - 1, true, values[i + shift]) end
        end
        batches[first], counts[first] = nil, nil
    end
    local function feed()
        while job.feeding and fed - given_out < most do
            local batch, chunk = {}, 0
            while chunk < size do
                local good, item = pcall(next_item)
                if not good then
                    job.feeding, broken = false, item
                    break
                end
                if item == nil then
                    job.feeding = false
                    break
                end
                chunk = chunk + 1
                batch[chunk] = item
            end
            if chunk > 0 then
                local first = fed + 1
                batches[first], counts[first] = batch, chunk
                put(pool, job, first)
                fed = fed + chunk
            end
        end
        if not job.feeding and job.left == 0 and not job.done then end_job(job) end
    end
    local function deliver(i, found)
        given_out = given_out + 1
        if not found[1] then raise(found[2]) end
        if found[2] == nil then
            raise_error("ValueError", ("the result of item %d is nil, which would end the loop"):format(i))
        end
        return found[2], i
    end
    local function has_next()
        if ordered then return ready[wanted] ~= nil end
        return head <= tail
    end
    feed()
    return function()
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
            if not job.feeding and job.left == 0 then
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
        while self.waiting > 0 and not self.broken do pump(self) end
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
