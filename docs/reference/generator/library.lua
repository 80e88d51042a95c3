-- All annotation files together: what there is under which name.

local annotations = require "annotations"

local library = {}

--- The files in the order in which they are best read.
library.order = {
    "multiprocessing", "process", "queues", "connections", "locks", "synchronisation", "shared_data", "managers",
    "pool", "executor", "errors", "logging", "time",
}

local function problem(all, file, line, text, ...)
    table.insert(all.problems, ("%s.lua:%d: %s"):format(file.name, line, text:format(...)))
end

local function add_member(all, file, class, name, member)
    if class.members[name] then problem(all, file, member.line, "'%s' is declared twice", name) end
    class.members[name] = member
    table.insert(class.members, name)
end

-- A class that several files declare, as they do the module, is one class.
local function add_class(all, file, declaration)
    local class = all.classes[declaration.name]
    if not class then
        class = {
            name = declaration.name, file = file, doc = declaration.doc, parents = declaration.parents,
            members = {}, fields = {}, operators = {}, overloads = {},
        }
        all.classes[declaration.name] = class
    end
    for _, key in ipairs { "fields", "operators", "overloads" } do
        table.move(declaration[key], 1, #declaration[key], #class[key] + 1, class[key])
    end
    for _, field in ipairs(declaration.fields) do
        field.kind = "field"
        if field.key then add_member(all, file, class, field.key, field) end
    end
    local variable = declaration.variable
    if not variable then return end
    if file.variables[variable] then problem(all, file, declaration.line, "there are two '%s'", variable) end
    file.variables[variable] = class
    all.variables[variable] = class
end

local function add(all, file, declaration)
    if declaration.kind == "class" then return add_class(all, file, declaration) end
    if declaration.kind == "alias" then
        if all.aliases[declaration.name] then problem(all, file, declaration.line, "the alias is declared twice") end
        all.aliases[declaration.name] = declaration
        return
    end
    local class = file.variables[declaration.variable]
    declaration.class = class
    if not class then return problem(all, file, declaration.line, "'%s' stands for no class", declaration.variable) end
    add_member(all, file, class, declaration.name, declaration)
end

--- Reads the files of a directory: {files, problems, and by name classes, aliases, variables}. A variable stands for a
--- class. A class has name, file, doc, parents, fields, operators, overloads and members: functions, values and fields
--- by name, and their names in order.
function library.read(directory)
    local all = { files = {}, problems = {}, classes = {}, aliases = {}, variables = {} }
    for _, name in ipairs(library.order) do
        local file = annotations.read(directory .. "/" .. name .. ".lua")
        file.variables = {}
        table.insert(all.files, file)
        table.move(file.problems, 1, #file.problems, #all.problems + 1, all.problems)
        for _, declaration in ipairs(file.declarations) do
            declaration.file = file
            add(all, file, declaration)
        end
    end
    return all
end

--- Calls visit(class) for a class and all that it is derived from, nearest first.
function library.each_ancestor(all, class, visit)
    visit(class)
    for _, name in ipairs(class.parents) do
        if all.classes[name] then library.each_ancestor(all, all.classes[name], visit) end
    end
end

--- The member of that name of a class or of what it is derived from.
function library.member(all, class, name)
    local found
    library.each_ancestor(all, class, function(each) found = found or each.members[name] end)
    return found
end

return library
