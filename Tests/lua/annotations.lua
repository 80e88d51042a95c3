-- The annotations for editors name what there is, and nothing else: functions, constants, methods, properties.

local test = require "tap"
local support = require "support"
local mp = require "multiprocessing"

local root = support.fixtures .. "/../.."
local directory = root .. "/Sources/mprun/Editor/library"

package.path = root .. "/docs/reference/generator/?.lua;" .. package.path

local library = require "library"
local links = require "links"

local all = library.read(directory)

local function sorted(set)
    local list = {}
    for key in pairs(set) do list[#list + 1] = key end
    table.sort(list)
    return list
end

local function sorted_keys(set) return table.concat(sorted(set), " ") end

-- Files -----------------------------------------------------------------------------------------------------------

test("they can be read, every name is documented, and every name they use exists", function()
    test.is(require "check"(all), {})
end)

test("all files of the directory are read", function()
    local found, known = {}, {}
    for path in io.popen("ls " .. support.quote(directory)):lines() do found[path] = true end
    for _, name in ipairs(library.order) do known[name .. ".lua"] = true end
    test.is(sorted_keys(found), sorted_keys(known))
end)

test("each file is Lua", function()
    for _, file in ipairs(all.files) do test.ok(loadfile(file.path), file.path) end
end)

test("lua-language-server is told where they are", function()
    local settings = support.python_eval(
        "import json, sys; print(json.load(open(sys.argv[1]))['workspace.library'][0])",
        root .. "/Sources/mprun/Editor/luarc.json")
    test.is(settings, ".mprun/library")
end)

-- Modules ---------------------------------------------------------------------------------------------------------

local function check_module(module, class)
    local registered = {}
    for name, value in pairs(module) do
        registered[name] = true
        local member = class.members[name]
        if not member then
            test.ok(false, name .. " is not annotated")
        elseif type(value) == "function" then
            test.is(member.kind, "function", name)
        elseif type(value) == "string" then
            test.is(member.text, ("%q"):format(value), name)
        else
            test.is(member.kind, "field", name)
        end
    end
    for _, name in ipairs(class.members) do test.ok(registered[name], name .. " is annotated and does not exist") end
end

test("the module has what is annotated, and all of it", function()
    test.ok(mp.Pool, "pools are loaded when they are asked for")
    check_module(mp, all.classes.multiprocessing)
    test.is(sorted_keys(mp.connection), "wait")
end)

test("the module time has what is annotated, and all of it", function()
    check_module(require "time", all.classes.timelib)
end)

test("the kinds of error are the constants", function()
    local kinds, constants = {}, {}
    for _, choice in ipairs(all.aliases["mp.ErrorKind"].choices) do kinds[choice.type.text:sub(2, -2)] = true end
    for name, value in pairs(mp) do
        if type(value) == "string" then constants[name] = true end
    end
    test.is(sorted_keys(kinds), sorted_keys(constants))
end)

-- Objects ---------------------------------------------------------------------------------------------------------

local manager = mp.Manager()
local pool <close> = mp.Pool(1)
local executor <close> = mp.ProcessPoolExecutor { max_workers = 1 }
local near <close>, far = mp.Pipe()
local _far <close> = far
local memory <close> = mp.SharedMemory { create = true, size = 8 }
memory:unlink()

local Custom = mp.Process:subclass "Custom"
local lock = mp.Lock()

-- One object of each class.
local objects = {
    ["mp.Process"] = mp.Process { target = print },
    ["mp.ProcessSubclass"] = Custom { target = print },
    ["mp.Queue"] = mp.Queue(),
    ["mp.JoinableQueue"] = mp.JoinableQueue(),
    ["mp.SimpleQueue"] = mp.SimpleQueue(),
    ["mp.Connection"] = near,
    ["mp.Lock"] = lock,
    ["mp.RLock"] = mp.RLock(),
    ["mp.Semaphore"] = mp.Semaphore(),
    ["mp.BoundedSemaphore"] = mp.BoundedSemaphore(),
    ["mp.Guard"] = mp.Lock():hold(),
    ["mp.Condition"] = mp.Condition(),
    ["mp.Event"] = mp.Event(),
    ["mp.Barrier"] = mp.Barrier(1),
    ["mp.Value"] = mp.Value("i"),
    ["mp.RawValue"] = mp.RawValue("i"),
    ["mp.Array"] = mp.Array("c", 4),
    ["mp.RawArray"] = mp.RawArray("c", 4),
    ["mp.SharedMemory"] = memory,
    ["mp.Manager"] = manager,
    ["mp.dict"] = manager:dict(),
    ["mp.list"] = manager:list(),
    ["mp.Namespace"] = manager:Namespace(),
    ["mp.Pool"] = pool,
    ["mp.AsyncResult"] = pool:apply_async(print),
    ["mp.ProcessPoolExecutor"] = executor,
    ["mp.Future"] = executor:submit(print),
    ["mp.Logger"] = mp.get_logger(),
}

-- What a class has beyond its registered members: computed by a function for all other keys.
local computed = {
    ["mp.Array"] = { "raw", "value" },
    ["mp.RawArray"] = { "raw", "value" },
}

-- The members of an object: {name = "function" or "field"}; those that can be set; and what else its metatable knows.
local function registered(object)
    local metatable = debug.getmetatable(object)
    local members, settable, index = metatable.__index, {}, nil
    if type(members) == "function" then
        -- A closure of the bridge over the members and what computes all other keys; __newindex has the setters.
        local _, found = debug.getupvalue(members, 1)
        _, index = debug.getupvalue(members, 2)
        _, settable = debug.getupvalue(metatable.__newindex, 3)
        members = found
    end
    local kinds = {}
    for name, value in pairs(members) do
        if not name:find "^__" then kinds[name] = type(value) == "function" and "function" or "field" end
    end
    return kinds, settable, { index = index, len = metatable.__len, close = metatable.__close }
end

-- A Process is described by two tables: the class has the methods.
local function add_class_members(kinds, class)
    for name, value in pairs(class) do
        if type(value) == "function" then kinds[name] = "function" end
    end
end

local function annotated(class)
    local kinds, docs, indexed, has_length, text = {}, {}, false, false, ""
    library.each_ancestor(all, class, function(each)
        for _, name in ipairs(each.members) do
            kinds[name] = kinds[name] or each.members[name].kind
            docs[name] = docs[name] or each.members[name].doc
        end
        for _, field in ipairs(each.fields) do indexed = indexed or field.index ~= nil end
        for _, operator in ipairs(each.operators) do has_length = has_length or operator.name == "len" end
        text = text .. table.concat(each.doc, "\n"):gsub("```.-```", "")
    end)
    return kinds, docs, { index = indexed, len = has_length, close = text:find "<close>" ~= nil }
end

-- The same names, for the same kinds of things.
local function compare(said, have)
    for name, kind in pairs(have) do test.is(said[name], kind, name .. ", as annotated") end
    for name in pairs(said) do test.ok(have[name], name .. " is annotated and does not exist") end
end

for _, name in ipairs(sorted(objects)) do
    local object = objects[name]
    test(name .. " has the members that are annotated, and no others", function()
        local have, settable, knows = registered(object)
        if name == "mp.Process" or name == "mp.ProcessSubclass" then add_class_members(have, mp.Process) end
        if name == "mp.ProcessSubclass" then have.super = "field" end
        for _, member in ipairs(computed[name] or {}) do
            test.ok(object[member], member)
            have[member] = "field"
        end
        local class = all.classes[name]
        local said, docs, says = annotated(class)
        compare(said, have)
        for member, kind in pairs(said) do
            if kind == "field" and not computed[name] then
                test.is(docs[member]:find "can be set" ~= nil, settable[member] ~= nil, member .. " can be set")
            end
        end
        test.is(says.len, knows.len ~= nil, "its length")
        if name ~= "mp.Guard" then test.is(says.close, knows.close ~= nil, "<close>") end
        -- Of a Process: fields of one's own, which editors should rather complain about.
        if name ~= "mp.Process" then test.is(says.index, knows.index ~= nil, "other keys") end
    end)
end

test("the parent of a process has the members that are annotated, and no others", function()
    local have = support.elsewhere(function()
        local kinds = registered(mp.parent_process())
        return kinds
    end)
    compare(annotated(all.classes["mp.ParentProcess"]), have)
    objects["mp.ParentProcess"] = true
end)

-- Tables that functions return.
local function check_fields(name, value)
    local members = all.classes[name].members
    for key in pairs(value) do
        if type(key) == "string" then test.ok(members[key], ("%s of %s is not annotated"):format(key, name)) end
    end
    for _, key in ipairs(members) do
        if not members[key].optional then test.ok(value[key] ~= nil, ("%s has no %s"):format(name, key)) end
    end
    objects[name] = true
end

test("what pools tell about themselves", function()
    pool:apply(math.sqrt, { 2 })
    local stats = pool:stats()
    check_fields("mp.PoolStats", stats)
    check_fields("mp.WorkerStats", stats[1])
    check_fields("mp.SlowTask", stats.slowest[1])
end)

test("error objects have the fields that are annotated, and no others", function()
    local seen = {}
    local function look(kind, f)
        local e = test.kind(kind, f)
        check_fields("mp.Error", e)
        for key in pairs(e) do seen[key] = true end
    end
    look("RemoteError", function() pool:apply(error, { "no" }) end)
    look("OSError", function() mp.SharedMemory { name = "there is none" } end)
    look("Full", function() mp.Queue(1):put_many({ 1, 2 }, 0) end)
    local failing = mp.Process { target = os.exit, args = { 3 } }
    look("ProcessError", function() failing:start():result() end)
    test.is(sorted_keys(seen), sorted_keys(annotated(all.classes["mp.Error"])))
end)

test("each annotated class was looked at", function()
    -- The modules; what has a lock; LuaSocket's.
    for _, name in ipairs { "multiprocessing", "timelib", "mp.Lockable", "mp.Socket" } do objects[name] = true end
    for name in pairs(all.classes) do
        test.ok(objects[name] or links.is_options(name), name .. " was not looked at")
    end
end)

test("each class of the sources is annotated", function()
    local internal = { BarrierTurn = true, Iterator = true, Version = true }
    local folder = support.quote(root .. "/Sources/Multiprocessing")
    local pipe <close> = assert(io.popen(("find %s -name '*.swift' -exec cat {} +"):format(folder)))
    local count = 0
    for name in pipe:read("a"):gmatch 'LuaClass[%w_<>.]*%(%s*"(%w+)"' do
        count = count + 1
        test.ok(internal[name] or all.classes["mp." .. name], name .. " is not annotated")
    end
    test.ok(count > 10, "classes were found")
end)

-- Their workers would be taken for what this file leaves behind.
executor:shutdown()
pool:terminate()
near:close()
far:close()

test.done()
