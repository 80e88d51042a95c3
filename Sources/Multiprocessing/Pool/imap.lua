-- imap, imap_unordered and the maps of an executor: tasks that are put little by little, as their results are asked for.

local host, arguments, books, owner = ...

-- What scripts may replace later is bound now.
local error, pcall, setmetatable, type = error, pcall, setmetatable, type
local max, min, huge, move = math.max, math.min, math.huge, table.move
local now, raise_error, misuse = host.now, host.raise, host.misuse
local is_callable = arguments.is_callable
local end_job, new_job, put = books.end_job, books.new_job, books.put
local check, pump_until, raise = owner.check, owner.pump_until, owner.raise

local known_options = { chunksize = true, timeout = true, retries = true }

-- An iterator over whatever can be gone through: a list, or an iterator as `for` takes it. And whether it was a list.
local function items_of(name, source)
    if type(source) == "table" and not is_callable(source) then
        local i, count = 0, source.n or #source
        arguments.check_items(name, source, count)
        return function()
            i = i + 1
            if i <= count then return source[i] end
        end, true
    end
    if not is_callable(source) then
        misuse(("bad argument #2 to '%s' (list or iterator expected, got %s)"):format(name, type(source)))
    end
    return source
end

-- `more`: mode, window and timeout of an executor.
local function lazily(pool, name, f, source, given, ordered, more)
    check(pool)
    more = more or {}
    if type(given) ~= "table" then given = { chunksize = given } end
    arguments.options(name, given, known_options)
    arguments.check_task_options(name, given)
    local size = given.chunksize == nil and 1 or min(1 << 31, arguments.chunk_size(pool, given.chunksize, 0))
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
    function job:failed(i, problem)
        note(i, false, problem)
        batches[i], counts[i] = nil, nil -- where i is the first item of its task
    end
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
            local function goes_on() return has_next() or job.left == 0 end
            if not pump_until(pool, goes_on, deadline and deadline - now()) then
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

return lazily
