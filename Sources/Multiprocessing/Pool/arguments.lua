-- The arguments that Pool and Executor take, and what is said of those that make no sense.

local host = ...

-- What scripts may replace later is bound now.
local getmetatable, ipairs, pairs, setmetatable, tostring, type = getmetatable, ipairs, pairs, setmetatable, tostring, type
local sub = string.sub
local ceil, max, tointeger = math.ceil, math.max, math.tointeger
local raise_error, misuse = host.raise, host.misuse

-- A class. Reading a name that it does not have is an error, but for the fields that may be nil. Also returns a check
-- of what a method was called on.
local function class(name, title, example, may_be_nil, advice)
    local members = { __name = name }
    members.__index = members
    setmetatable(members, { __index = function(_, key)
        if type(key) == "number" then misuse(("%s has no numbered fields; use %s"):format(name, example)) end
        if type(key) ~= "string" or may_be_nil[key] or sub(key, 1, 2) == "__" then return nil end
        host.unknown_name(name, key, members, advice[key])
    end })
    return members, function(object)
        if getmetatable(object) ~= members then
            misuse(("the methods of %s are called with a colon, as %s"):format(title, example))
        end
    end
end

local function options(where, given, known)
    if type(given) ~= "table" then
        local hint = type(given) == "function" and "; a callback is one: {callback = f}" or ""
        misuse(("%s: a table of options expected, got %s%s"):format(where, type(given), hint))
    end
    for key in pairs(given) do
        if not known[key] then host.unknown_option(where, tostring(key), known, given) end
    end
    return given
end

local function is_callable(f) return type(f) == "function" or (getmetatable(f) or {}).__call ~= nil end

-- The options of a call, by what they are.
local function check_task_options(where, given)
    for _, key in ipairs { "callback", "error_callback" } do
        if given[key] ~= nil and not is_callable(given[key]) then
            misuse(("%s: %s must be a function, got %s"):format(where, key, type(given[key])))
        end
    end
    local timeout, retries, kwargs = given.timeout, given.retries, given.kwargs
    if timeout ~= nil and not (type(timeout) == "number" and timeout > 0) then
        misuse(("%s: timeout must be a positive number of seconds, got %s"):format(where, tostring(timeout)))
    end
    if retries ~= nil and not (type(retries) == "number" and tointeger(retries) and retries >= 0) then
        misuse(("%s: retries must be an integer from 0 on, got %s"):format(where, tostring(retries)))
    end
    if kwargs ~= nil and type(kwargs) ~= "table" then
        misuse(("%s: kwargs must be a table, got %s"):format(where, type(kwargs)))
    end
end

local function chunk_size(pool, given, count)
    if given == nil then return max(1, ceil(count / (4 * pool.processes))) end
    if not (type(given) == "number" and tointeger(given)) then misuse("chunksize must be an integer") end
    if given < 1 then raise_error("ValueError", ("Chunksize must be 1+, not %d"):format(given)) end
    return tointeger(given)
end

-- How a call is written, for who wrote it otherwise.
local usage = {
    apply = "arguments are in a list: pool:apply(f, {1, 2})",
    map = "first the function, then the list: pool:map(f, {1, 2, 3})",
    starmap = "first the function, then a list of lists: pool:starmap(f, {{1, 2}, {3, 4}})",
}

local function check_list(name, list)
    if type(list) ~= "table" then
        misuse(("bad argument #2 to '%s' (list expected, got %s; %s)"):format(name, type(list), usage[name]))
    end
    local n = list.n
    if n ~= nil and not (type(n) == "number" and tointeger(n) and n >= 0) then
        misuse(("bad argument #2 to '%s' (its n is no length)"):format(name))
    end
end

local function check_items(name, list, count)
    for i = 1, count do
        if list[i] == nil then misuse(("%s: there is no item %d"):format(name, i)) end
    end
end

local function timeout_of(where, given)
    if type(given) == "table" then given = options(where, given, { timeout = true }).timeout end
    if given ~= nil and (type(given) ~= "number" or given ~= given) then
        misuse(("bad argument #1 to '%s' (number of seconds expected, got %s)"):format(where, type(given)))
    end
    return given
end

return {
    class = class,
    check_items = check_items,
    check_list = check_list,
    check_task_options = check_task_options,
    chunk_size = chunk_size,
    is_callable = is_callable,
    options = options,
    timeout_of = timeout_of,
}
