-- A worker of a pool: takes tasks, runs them, answers.

local mp, host = ...

-- What scripts may replace later is bound now.
local error, next, pcall, tostring, type, xpcall = error, next, pcall, tostring, type, xpcall
local pack, unpack = table.pack, table.unpack
local traceback = debug.traceback

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

local run = {}

-- One call with a list of arguments: all results.
function run.call(job, task)
    local arguments = task[3]
    local results
    if job.kwargs then
        arguments[(arguments.n or #arguments) + 1] = job.kwargs
        results = pack(call(job.f, unpack(arguments, 1, (arguments.n or #arguments) + 1)))
    else
        results = pack(call(job.f, unpack(arguments, 1, arguments.n or #arguments)))
    end
    if not results[1] then return { n = 1, errors = { results[2] } } end
    if results.n == 2 and results[2] ~= nil then return { 0, results[2] } end
    return { n = results.n - 1, values = pack(unpack(results, 2, results.n)) }
end

-- Where the loops below are, for whoever finds them failed.
local at

-- One call for each item from number `from` on: true if there was a nil among the results.
local function map_from(f, task, reply, from, count)
    local holes, limit = false, task[2]
    for i = from, count do
        at = i
        if limit then host.arm(limit) end
        local value = f(task[i + 2])
        if value == nil then holes = true end
        reply[i + 1] = value
    end
    return holes
end

-- The same for lists of arguments.
local function starmap_from(f, task, reply, from, count)
    local holes, limit = false, task[2]
    for i = from, count do
        at = i
        if limit then host.arm(limit) end
        local arguments = task[i + 2]
        local value = f(unpack(arguments, 1, arguments.n or #arguments))
        if value == nil then holes = true end
        reply[i + 1] = value
    end
    return holes
end

-- Goes through all items, past those that fail. Without holes and errors the reply is {number, result, …}, else its
-- details.
local function run_each(job, task, loop)
    local count = #task - 2
    local reply, errors, holes = host.list(count + 1), nil, false
    reply[1] = 0
    local from = 1
    while from <= count do
        local good, found = call(loop, job.f, task, reply, from, count)
        if good then
            holes = holes or found
            break
        end
        errors = errors or {}
        errors[at] = found
        from = at + 1
    end
    if not errors and not holes then return reply end
    local values = {}
    for i = 1, count do values[i] = reply[i + 1] end
    return { n = count, values = values, errors = errors }
end

function run.map(job, task)
    if #task > 3 then return run_each(job, task, map_from) end
    local good, value = call(job.f, task[3])
    if not good then return { n = 1, errors = { value } } end
    if value == nil then return { n = 1 } end
    return { 0, value }
end

function run.starmap(job, task) return run_each(job, task, starmap_from) end

-- The error of a result that cannot be sent.
local function unsendable(why)
    local is_object = type(why) == "table" and type(why.kind) == "string"
    return {
        kind = is_object and why.kind or nil,
        message = is_object and why.message or tostring(why),
        process = my_name,
    }
end

-- What there is of a reply that can be sent: each result and each error by itself. `probe` is a queue for trying.
local function sendable(reply, probe)
    local safe = { n = reply.n or #reply - 1, values = {}, errors = {} }
    for i = 1, safe.n do
        local value, lost
        if reply.n then
            value, lost = reply.values and reply.values[i], reply.errors and reply.errors[i]
        else
            value = reply[i + 1]
        end
        if lost then
            safe.errors[i] = { message = lost.message, traceback = lost.traceback, process = my_name }
        else
            local good, why = pcall(probe.put, probe, value)
            if good then safe.values[i] = value else safe.errors[i] = unsendable(why) end
        end
    end
    return safe
end

local function send(results, number, reply)
    if reply.n then reply = { -number, reply } else reply[1] = number end
    local good, problem = pcall(results.put, results, reply)
    if good then return end
    if problem == host.interruption then error(problem, 0) end
    local safe = sendable(reply[2] and reply[1] < 0 and reply[2] or reply, mp.SimpleQueue())
    if not next(safe.errors) then safe.errors[1] = unsendable(problem) end
    results:put { -number, safe }
end

-- The worker cannot do the task, or any other of those it is one of.
local function send_failure(results, number, message)
    results:put { -number, { failed = { message = message, process = my_name } } }
end

local function get(jobs, id) return jobs[id] end

local function work(tasks, results, places, place, jobs, limit, initializer, initargs)
    host.unshield() -- the owner forked under one
    my_name = mp.current_process().name
    if initializer then
        local good, problem = call(initializer, unpack(initargs, 1, initargs.n or #initargs))
        if not good then return send_failure(results, 0, "the initializer of a worker failed: " .. problem.message) end
    end
    local known, count, done = {}, 0, 0
    while not limit or done < limit do
        local number, task, trouble = host.take(tasks, places, place)
        if not number then break end
        local id = task and task[1]
        local job = known[id or false]
        if id and not job then
            local good, found = pcall(get, jobs, id)
            if not good then
                if found == host.interruption then error(found, 0) end
                trouble = "its function cannot be decoded: " .. tostring(found)
            elseif found then
                job = found
                if count >= 64 then known, count = {}, 0 end
                known[id] = job
                count = count + 1
            end
        end
        if job then
            if task[2] then host.arm(task[2]) end
            local reply = run[job.mode](job, task)
            if task[2] then host.arm(0) end
            send(results, number, reply)
            done = done + 1
        elseif trouble then
            send_failure(results, number, "the task cannot be done: " .. trouble)
        else
            results:put { -number, { gone = true } }
        end
        host.finish(places, place)
    end
end

return work
