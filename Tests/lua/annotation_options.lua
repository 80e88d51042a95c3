-- The annotations for editors name the options that functions take, and no others.

local test = require "tap"
local support = require "support"
local mp = require "multiprocessing"

local root = support.fixtures .. "/../.."
package.path = root .. "/docs/reference/generator/?.lua;" .. package.path

local library = require "library"
local links = require "links"
local signatures = require "signatures"

local all = library.read(root .. "/Sources/mprun/Editor/library")

local manager = mp.Manager()
local pool = mp.Pool(1)
local executor = mp.ProcessPoolExecutor { max_workers = 1 }
local near, far = mp.Pipe()
local memory = mp.SharedMemory { create = true, size = 8 }
memory:unlink()
local process = mp.Process { target = mp.getpid }
local ended = mp.Process { target = mp.getpid }:start()
ended:join()
local queue, joinable_queue, simple_queue = mp.Queue(), mp.JoinableQueue(), mp.SimpleQueue()
local lock, semaphore, condition, event, barrier = mp.Lock(), mp.Semaphore(), mp.Condition(), mp.Event(), mp.Barrier(1)
local value, list = mp.Value("i"), manager:list()
local async_result, future = pool:apply_async(mp.getpid), executor:submit(mp.getpid)

-- Calls each function with a table of options, and nothing that has consequences: the option is unknown.
local calls = {
    ["mp.set_start_method"] = function(options) mp.set_start_method(options) end,
    ["mp.Process"] = function(options) mp.Process(options) end,
    ["process:init"] = function(options) process:init(options) end,
    ["process:join"] = function(options) ended:join(options) end,
    ["process:result"] = function(options) ended:result(options) end,
    ["parent:join"] = function(options)
        local function problem()
            local parent = mp.parent_process()
            return select(2, pcall(parent.join, parent, options))
        end
        error(support.elsewhere(problem))
    end,
    ["mp.join"] = function(options) mp.join({}, options) end,
    ["queue:put"] = function(options) queue:put(1, options) end,
    ["queue:get"] = function(options) queue:get(options) end,
    ["queue:try_put"] = function(options) queue:try_put(1, options) end,
    ["queue:try_get"] = function(options) queue:try_get(options) end,
    ["queue:put_many"] = function(options) queue:put_many({ 1 }, options) end,
    ["queue:get_many"] = function(options) queue:get_many(1, options) end,
    ["queue:shutdown"] = function(options) queue:shutdown(options) end,
    ["joinable_queue:join"] = function(options) joinable_queue:join(options) end,
    ["simple_queue:get"] = function(options) simple_queue:get(options) end,
    ["mp.Pipe"] = function(options) mp.Pipe(options) end,
    ["mp.wait"] = function(options) mp.wait({}, options) end,
    ["connection:poll"] = function(options) near:poll(options) end,
    ["connection:send_bytes"] = function(options) near:send_bytes("", options) end,
    ["connection:recv_bytes"] = function(options) near:recv_bytes(options) end,
    ["lockable:acquire"] = function(options) lock:acquire(options) end,
    ["lockable:hold"] = function(options) value:hold(options) end,
    ["semaphore:acquire"] = function(options) semaphore:acquire(options) end,
    ["semaphore:release"] = function(options) semaphore:release(options) end,
    ["semaphore:hold"] = function(options) semaphore:hold(options) end,
    ["condition:wait"] = function(options) condition:wait(options) end,
    ["condition:wait_for"] = function(options) condition:wait_for(print, options) end,
    ["condition:notify"] = function(options)
        condition:with(function() condition:notify(options) end)
    end,
    ["event:wait"] = function(options) event:wait(options) end,
    ["barrier:wait"] = function(options) barrier:wait(options) end,
    ["mp.SharedMemory"] = function(options) mp.SharedMemory(options) end,
    ["mp.RawValue"] = function(options) mp.RawValue("i", 0, options) end,
    ["mp.RawArray"] = function(options) mp.RawArray("i", 0, options) end,
    ["shared_memory:read"] = function(options) memory:read(options) end,
    ["manager:dict"] = function(options) manager:dict({}, options) end,
    ["manager:list"] = function(options) manager:list({}, options) end,
    ["manager:Namespace"] = function(options) manager:Namespace({}, options) end,
    ["list:sort"] = function(options) list:sort(options) end,
    ["mp.Pool"] = function(options) mp.Pool(options) end,
    ["async_result:get"] = function(options) async_result:get(options) end,
    ["async_result:wait"] = function(options) async_result:wait(options) end,
    ["mp.ProcessPoolExecutor"] = function(options) mp.ProcessPoolExecutor(options) end,
    ["mp.as_completed"] = function(options) mp.as_completed({}, options) end,
    ["mp.wait_futures"] = function(options) mp.wait_futures({}, options) end,
    ["executor:shutdown"] = function(options) executor:shutdown(options) end,
    ["future:result"] = function(options) future:result(options) end,
    ["future:exception"] = function(options) future:exception(options) end,
}
local makers = "Queue JoinableQueue SimpleQueue Lock RLock Semaphore BoundedSemaphore Condition Event Barrier"
for name in makers:gmatch "%a+" do
    calls["mp." .. name] = function(options) mp[name](options) end
    calls["manager:" .. name] = function(options) manager[name](manager, options) end
end
for _, name in ipairs { "Value", "Array" } do
    calls["mp." .. name] = function(options) mp[name]("i", 0, options) end
    calls["manager:" .. name] = function(options) manager[name](manager, "i", 0, options) end
end
local maps = "apply apply_async map map_async starmap starmap_async imap imap_unordered"
for name in maps:gmatch "[%a_]+" do
    calls["pool:" .. name] = function(options) pool[name](pool, print, {}, options) end
end
for _, name in ipairs { "map", "starmap" } do
    calls["executor:" .. name] = function(options) executor[name](executor, print, {}, options) end
end

local function sorted_keys(set)
    local keys = {}
    for key in pairs(set) do keys[#keys + 1] = key end
    table.sort(keys)
    return table.concat(keys, " ")
end

-- The options that each function has by its annotations: {heading = class}.
local function annotated_options()
    local found = { ["mp.Process"] = all.classes["mp.ProcessOptions"] }
    for _, file in ipairs(all.files) do
        for _, declaration in ipairs(file.declarations) do
            if declaration.kind == "function" then
                local heading = links.call_heading(declaration)
                found[heading] = signatures.options(all, declaration)
                for _, overload in ipairs(declaration.overloads) do
                    found[heading] = found[heading] or signatures.options(all, overload)
                end
            end
        end
    end
    return found
end

test("each function takes the options that are annotated, and no others", function()
    local options = annotated_options()
    for heading, class in pairs(options) do
        local names = {}
        for _, field in ipairs(class.fields) do names[field.key] = true end
        local call = calls[heading]
        if test.ok(call, heading .. " was not called") then
            local _, problem = pcall(call, { ["no such option"] = 1 })
            local text = tostring(problem)
            local known, found = text:match "unknown option 'no such option' %(known: (.-)%)", {}
            test.ok(known, heading .. ": " .. text)
            for name in (known or ""):gmatch "[%w_]+" do found[name] = true end
            test.is(sorted_keys(names), sorted_keys(found), heading)
        end
    end
    for heading in pairs(calls) do test.ok(options[heading], heading .. " has no options by its annotations") end
end)

-- The text of all sources of the module that have such a name.
local function sources(pattern)
    local folder = support.quote(root .. "/Sources/Multiprocessing")
    local command = ("find %s -name '%s' -exec cat {} +"):format(folder, pattern)
    local pipe <close> = assert(io.popen(command))
    return pipe:read "a"
end

test("each function of the sources that takes options was called", function()
    local names, count = {}, 0
    for heading in pairs(calls) do names[heading:match "[%w_]+$"] = true end
    local function look(text, pattern)
        for name in text:gmatch(pattern) do
            count = count + 1
            test.ok(names[name], name .. " was not called")
        end
    end
    look(sources "*.swift", 'of: "(%a[%w_]*)"')
    look(sources "*.lua", 'options%("(%a[%w_]*)"')
    look(sources "*.lua", 'timeout_of%("(%a[%w_]*)"')
    test.ok(count > 40, "functions were found")
end)

-- Their workers would be taken for what this file leaves behind.
executor:shutdown()
pool:terminate()
near:close()
far:close()

test.done()
