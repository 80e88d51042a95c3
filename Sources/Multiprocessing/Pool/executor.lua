-- ProcessPoolExecutor: futures on top of a pool.

local mp, host, arguments, owner, lazily, pool = ...

local error, getmetatable, ipairs, next, pairs, pcall, setmetatable, tostring, type =
    error, getmetatable, ipairs, next, pairs, pcall, setmetatable, tostring, type
local max, min, huge, tointeger = math.max, math.min, math.huge, math.tointeger
local pack, remove = table.pack, table.remove
local getpid, now = mp.getpid, host.now
local raise_error, misuse = host.raise, host.misuse

local Executor, check_executor = arguments.class("ProcessPoolExecutor", "an executor", "executor:submit(f, …)", {}, {
    apply = "it is executor:submit(f, …):result()",
    apply_async = "it is executor:submit(f, …)",
    close = "it is executor:shutdown()",
    join = "it is executor:shutdown()",
})
local Future, check_future = arguments.class("Future", "a future", "future:result()", { callbacks = true, outcome = true }, {
    get = "it is future:result()",
    wait = "it is future:result(), or mp.wait_futures{future}",
    ready = "it is future:done()",
    value = "it is future:result()",
})

-- Executors that have not come to their end: what was submitted is done before the process ends, as in Python.
local alive, watched_by = {}, nil

local function finish_all()
    for executor in pairs(alive) do
        if executor.pool.owner == getpid() then executor:shutdown() end
    end
end

local constructor_options = { max_workers = true, initializer = true, initargs = true, max_tasks_per_child = true }

local function new(given)
    if given == nil then given = {} end
    if type(given) ~= "table" then misuse("ProcessPoolExecutor takes a table: ProcessPoolExecutor{max_workers = 4}") end
    arguments.options("ProcessPoolExecutor", given, constructor_options)
    local workers = given.max_workers
    if workers ~= nil and not (type(workers) == "number" and tointeger(workers) and workers >= 1) then
        raise_error("ValueError", "max_workers must be greater than 0")
    end
    local executor = setmetatable({
        pool = pool.new(workers, given.initializer, given.initargs, given.max_tasks_per_child),
        futures = {}, -- by the id of their job, until they are done
        down = false,
    }, Executor)
    if watched_by ~= getpid() then
        watched_by = getpid()
        mp.atexit(finish_all)
    end
    alive[executor] = true
    return executor
end

local function check(executor)
    check_executor(executor)
    if executor.down then raise_error("ValueError", "cannot schedule new futures after shutdown") end
    owner.check(executor.pool)
end

-- Future ---------------------------------------------------------------------------------------------------------

local function call_back(future, f)
    local good, problem = pcall(f, future)
    if good then return end
    if problem == host.interruption then error(problem, 0) end
    host.write("exception calling callback for " .. tostring(future) .. ": " .. tostring(problem) .. "\n")
end

local function add_callbacks(future)
    local callbacks = future.callbacks
    future.callbacks = nil
    for _, f in ipairs(callbacks or {}) do owner.add_callback(future.executor.pool, call_back, future, f) end
end

local function is_done(future)
    return function() return future.state == "finished" or future.state == "cancelled" end
end

function Executor:submit(f, ...)
    check(self)
    local future = setmetatable({ state = "pending", executor = self }, Future)
    pool.one_call(self.pool, "submit", f, pack(...), nil, function(result)
        future.outcome = result
        self.futures[result.job.id] = future
        function result.job.finished(job)
            result.done = true
            self.futures[job.id] = nil
            if future.state ~= "cancelled" then future.state = "finished" end
            if result.problem and not future.callbacks then owner.note_failure(result) end
            add_callbacks(future)
        end
    end)
    return future
end

local function drive(future, timeout)
    if is_done(future)() then return true end
    return owner.pump_until(future.executor.pool, is_done(future), timeout)
end

function Future:result(given)
    check_future(self)
    local timeout = arguments.timeout_of("result", given)
    if not drive(self, timeout) then raise_error("TimeoutError", ("no result within %s s"):format(timeout)) end
    if self.state == "cancelled" then raise_error("CancelledError", "the future was cancelled") end
    owner.forget_failure(self.outcome)
    if self.outcome.problem then owner.raise(self.outcome.problem) end
    return self.outcome:value()
end

function Future:exception(given)
    check_future(self)
    local timeout = arguments.timeout_of("exception", given)
    if not drive(self, timeout) then raise_error("TimeoutError", ("no result within %s s"):format(timeout)) end
    if self.state == "cancelled" then raise_error("CancelledError", "the future was cancelled") end
    local problem = self.outcome.problem
    owner.forget_failure(self.outcome)
    return problem and owner.to_error(problem) or nil
end

function Future:done()
    check_future(self)
    owner.pump(self.executor.pool, now())
    return is_done(self)()
end

function Future:cancelled()
    check_future(self)
    return self.state == "cancelled"
end

function Future:running()
    check_future(self)
    owner.pump(self.executor.pool, now())
    return self.state == "pending" and owner.is_claimed(self.outcome.job)
end

-- False if it runs or is done.
function Future:cancel()
    check_future(self)
    if self.state == "cancelled" then return true end
    if is_done(self)() then return false end
    if not owner.cancel(self.outcome.job) then return false end
    self.state = "cancelled"
    self.executor.futures[self.outcome.job.id] = nil
    add_callbacks(self)
    owner.run_callbacks(self.executor.pool)
    return true
end

function Future:add_done_callback(f)
    check_future(self)
    if not arguments.is_callable(f) then
        misuse(("bad argument #1 to 'add_done_callback' (function expected, got %s)"):format(type(f)))
    end
    if is_done(self)() then return call_back(self, f) end
    self.callbacks = self.callbacks or {}
    self.callbacks[#self.callbacks + 1] = f
end

function Future:__tostring()
    local state = self.state == "finished" and (self.outcome.problem and "finished raised" or "finished") or self.state
    return ("<Future %s>"):format(state)
end

-- map, starmap ---------------------------------------------------------------------------------------------------

local map_options = { timeout = true, chunksize = true, buffersize = true }

local function map(executor, name, mode, f, source, given)
    check(executor)
    given = arguments.options(name, given or {}, map_options)
    local buffer = given.buffersize
    if buffer ~= nil and not (type(buffer) == "number" and tointeger(buffer)) then
        misuse(("%s: buffersize must be an integer, got %s"):format(name, type(buffer)))
    end
    if buffer and buffer < 1 then raise_error("ValueError", "buffersize must be nil or > 0") end
    return lazily(executor.pool, name, f, source, {
        chunksize = given.chunksize,
    }, true, { mode = mode, window = buffer, timeout = arguments.timeout_of(name, given.timeout) })
end

function Executor:map(f, source, given) return map(self, "map", "map", f, source, given) end

function Executor:starmap(f, source, given) return map(self, "starmap", "starmap", f, source, given) end

-- The end --------------------------------------------------------------------------------------------------------

local shutdown_options = { wait = true, cancel_futures = true }

function Executor:shutdown(given)
    check_executor(self)
    given = arguments.options("shutdown", given or {}, shutdown_options)
    self.down = true
    if given.cancel_futures then
        local futures = {}
        for _, future in pairs(self.futures) do futures[#futures + 1] = future end
        for _, future in ipairs(futures) do future:cancel() end
    end
    self.pool:close()
    if given.wait == false then return end
    self.pool:join()
    alive[self] = nil
end

function Executor:__close() self:shutdown() end

function Executor:__tostring()
    return ("<ProcessPoolExecutor %d workers%s>"):format(self.pool.processes, self.down and " down" or "")
end

-- as_completed, wait_futures -------------------------------------------------------------------------------------

local function check_futures(name, futures)
    if type(futures) ~= "table" then misuse(("%s: a list of futures expected, got %s"):format(name, type(futures))) end
    for i, future in ipairs(futures) do
        if getmetatable(future) ~= Future then
            misuse(("%s: a list of futures expected, got %s at [%d]"):format(name, type(future), i))
        end
    end
end

-- Drives the executors of the futures until `ready` or the deadline. With several executors, in turns.
local function drive_all(futures, ready, deadline)
    while not ready() do
        local pools = {}
        for _, future in ipairs(futures) do
            if not is_done(future)() then pools[future.executor.pool] = true end
        end
        local only = next(pools)
        local slice = only and next(pools, only) == nil and huge or 0.05
        for each in pairs(pools) do
            owner.pump_until(each, ready, deadline and max(0, min(slice, deadline - now())) or slice)
        end
        if deadline and now() >= deadline then return ready() end
    end
    return true
end

-- Each future once.
local function distinct(futures)
    local list, seen = {}, {}
    for _, future in ipairs(futures) do
        if not seen[future] then list[#list + 1] = future end
        seen[future] = true
    end
    return list
end

local function as_completed(futures, given)
    check_futures("as_completed", futures)
    local timeout = arguments.timeout_of("as_completed", given)
    local deadline = timeout and timeout ~= huge and now() + timeout
    local left = distinct(futures)
    local total = #left
    local function first_done()
        for i, future in ipairs(left) do
            if is_done(future)() then return i end
        end
    end
    return function()
        if #left == 0 then return nil end
        if not first_done() and not drive_all(left, first_done, deadline) then
            raise_error("TimeoutError", ("%d (of %d) futures unfinished"):format(#left, total))
        end
        return remove(left, first_done())
    end
end

local wait_options = { timeout = true, return_when = true }
local modes = { ALL_COMPLETED = true, FIRST_COMPLETED = true, FIRST_EXCEPTION = true }

-- The futures that are done, and those that are not.
local function wait_futures(futures, given)
    check_futures("wait_futures", futures)
    futures = distinct(futures)
    given = arguments.options("wait_futures", given or {}, wait_options)
    local mode = given.return_when or "ALL_COMPLETED"
    if not modes[mode] then raise_error("ValueError", "Invalid return condition: " .. tostring(mode)) end
    local timeout = arguments.timeout_of("wait_futures", given.timeout)
    local function ready()
        local all = true
        for _, future in ipairs(futures) do
            if is_done(future)() then
                if mode == "FIRST_COMPLETED" then return true end
                if mode == "FIRST_EXCEPTION" and future.state == "finished" and future.outcome.problem then return true end
            else
                all = false
            end
        end
        return all
    end
    drive_all(futures, ready, timeout and timeout ~= huge and now() + timeout)
    local done, not_done = {}, {}
    for _, future in ipairs(futures) do
        local list = is_done(future)() and done or not_done
        list[#list + 1] = future
    end
    return done, not_done
end

return {
    new = new,
    Future = Future,
    as_completed = as_completed,
    wait_futures = wait_futures,
}
