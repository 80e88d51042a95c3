-- A worker of a pool: takes tasks, runs them, answers.

local mp, host = ...

-- What scripts may replace later is bound now.
local error, next, pcall, tostring, type, xpcall = error, next, pcall, tostring, type, xpcall
local pack, unpack = table.pack, table.unpack
local traceback = debug.traceback
local answer, arm, take = host.answer, host.arm, host.take

-- The name of this worker.
local my_name

-- What the owner is told of an error.
local function describe(problem)
    -- Ctrl-C is no error of the task: it ends the worker.
    if problem == host.interruption then return problem end
    local kind = type(problem)
    local text
    if kind == "string" or kind == "number" then
        text = tostring(problem)
    else
        local good, shown = pcall(tostring, problem)
        if shown == host.interruption then return shown end
        text = good and tostring(shown) or "(error object is a " .. kind .. " value)"
    end
    return { message = text, value = problem, traceback = traceback("", 2):gsub("^\n", ""), process = my_name }
end

local function outcome(good, ...)
    if not good then
        if ... == host.interruption then error(..., 0) end
        -- Lua asks nobody to describe that memory has run out.
        if type(...) ~= "table" then return false, describe(...) end
    end
    return good, ...
end

-- Runs one call; true and the results, or false and the description of the error.
local function call(f, ...)
    return outcome(xpcall(f, describe, ...))
end

-- The error of a result that cannot be sent.
local function unsendable(why)
    local is_object = type(why) == "table" and type(why.kind) == "string"
    return {
        kind = is_object and why.kind or nil,
        message = is_object and why.message or tostring(why),
        process = my_name,
    }
end

-- What there is of `n` results that can be sent: each result and each error by itself.
local function sendable(n, values, errors)
    local probe = mp.SimpleQueue() -- for trying
    local safe = { n = n, values = {}, errors = {} }
    for i = 1, n do
        local value, lost = values and values[i], errors and errors[i]
        if lost then
            safe.errors[i] = { message = lost.message, traceback = lost.traceback, process = my_name }
        else
            local good, why = pcall(probe.put, probe, value)
            if good then safe.values[i] = value else safe.errors[i] = unsendable(why) end
        end
    end
    return safe
end

local function get(jobs, id) return jobs[id] end

local function work(tasks, results, places, place, jobs, most, initializer, initargs)
    host.unshield() -- the owner forked under one
    my_name = mp.current_process().name

    -- Answers with details: {n =, values =, errors =}, {failed =} or {gone =}.
    local function answer_with(number, details)
        local good, problem = answer(results, places, place, -number, 1, details)
        if good then return end
        if problem == host.interruption then error(problem, 0) end
        details = sendable(details.n, details.values, details.errors)
        if not next(details.errors) then details.errors[1] = unsendable(problem) end
        good, problem = answer(results, places, place, -number, 1, details)
        if not good then error(problem, 0) end
    end

    -- The worker cannot do the task, or any other of those it is one of.
    local function fail(number, message)
        answer_with(number, { failed = { message = message, process = my_name } })
    end

    if initializer then
        local good, problem = call(initializer, unpack(initargs, 1, initargs.n or #initargs))
        if not good then return fail(0, "the initializer of a worker failed: " .. problem.message) end
    end

    -- The jobs that were fetched, and how many those are.
    local known, known_count = {}, 0

    -- The job of that number; nil if there is none, and what is wrong with one that cannot be decoded.
    local function fetch(id)
        local good, found = pcall(get, jobs, id)
        if not good then
            if found == host.interruption then error(found, 0) end
            return nil, "its function cannot be decoded: " .. tostring(found)
        end
        if known_count >= 64 then known, known_count = {}, 0 end
        known[id] = found
        known_count = known_count + 1
        return found
    end

    -- The task in hand: its number, job, time limit and items, or the item if it has one.
    local number, job, limit, count, items
    -- How far it has come: the item being run, whether that is now, errors by item, whether a result was nil. Results
    -- take the places of their items.
    local at, is_running, errors, holes
    local done = 0

    -- Takes the next task. False if there is none left.
    local function take_task()
        while done ~= most do
            local id
            number, id, limit, count, items = take(tasks, places, place)
            if not number then return false end
            local trouble
            if id then
                job = known[id]
                if not job then job, trouble = fetch(id) end
            else
                job, trouble = nil, limit
            end
            if job then
                at, errors, holes = 1, nil, false
                if limit then arm(limit) end
                return true
            end
            if trouble then
                fail(number, "the task cannot be done: " .. trouble)
            else
                answer_with(number, { gone = true })
            end
        end
        return false
    end

    local run = {}

    -- One call for each item from number `at` on.
    function run.map()
        local f, limit, list = job.f, limit, items
        is_running = true
        if count == 1 then
            items = f(items)
            holes = items == nil
        else
            for i = at, count do
                at = i
                if limit then arm(limit) end
                local value = f(list[i])
                if value == nil then holes = true end
                list[i] = value
            end
        end
        is_running = false
    end

    -- The same for lists of arguments.
    function run.starmap()
        if count == 1 then items = { items } end
        local f, limit, list = job.f, limit, items
        is_running = true
        for i = at, count do
            at = i
            if limit then arm(limit) end
            local arguments = list[i]
            if type(arguments) ~= "table" then
                error(("starmap: item %d is no list of arguments but a %s"):format(i, type(arguments)), 0)
            end
            local value = f(unpack(arguments, 1, arguments.n or #arguments))
            if value == nil then holes = true end
            list[i] = value
        end
        is_running = false
        if count == 1 then items = items[1] end
    end

    -- One call with a list of arguments: all results.
    function run.call()
        local arguments, kwargs = items, job.kwargs
        local n = arguments.n or #arguments
        if kwargs then
            n = n + 1
            arguments[n] = kwargs
        end
        is_running = true
        local found = pack(job.f(unpack(arguments, 1, n)))
        is_running = false
        if found.n == 1 then
            items = found[1]
            holes = items == nil
        else
            items, count, holes = found, found.n, true
        end
    end

    local function answer_task()
        if limit then arm(0) end
        if not errors and not holes then
            local good, problem = answer(results, places, place, number, count, items)
            if not good then
                if problem == host.interruption then error(problem, 0) end
                answer_with(number, sendable(count, count == 1 and { items } or items))
            end
        elseif count == 1 then
            answer_with(number, { n = 1, values = { items }, errors = errors })
        else
            answer_with(number, { n = count, values = items, errors = errors })
        end
        done = done + 1
    end

    -- Goes on with the task in hand, if any, then with all others, until an item fails.
    local function go_on()
        while number or take_task() do
            if at <= count then run[job.mode]() end
            answer_task()
            number, items = nil, nil
        end
    end

    local function describe_failure(problem)
        -- What is not the task's fault ends the worker.
        if is_running then return describe(problem) end
        return problem
    end

    while true do
        local good, problem = xpcall(go_on, describe_failure)
        if good then return end
        if not is_running or problem == host.interruption then error(problem, 0) end
        is_running = false
        -- Lua asks nobody to describe that memory has run out.
        if type(problem) ~= "table" then problem = describe(problem) end
        errors = errors or {}
        errors[at] = problem
        if count == 1 then items = nil else items[at] = nil end
        at = at + 1
    end
end

return work
