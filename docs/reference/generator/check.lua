-- What can be wrong with annotations that can be read: names that do not exist, parameters that are not described, or
-- described and not there, what is not documented.

local types = require "types"
local library = require "library"

local builtin = {}
for name in ("nil any boolean string number integer function table thread userdata self"):gmatch "%a+" do
    builtin[name] = true
end

-- Checks the names of all types of a declaration.
local function check_types(all, declaration, complain)
    local generics = {}
    for _, generic in ipairs(declaration.generics or {}) do generics[generic.name] = true end
    local function check(node)
        types.each_name(node, function(name)
            if not (builtin[name] or generics[name] or all.classes[name] or all.aliases[name]) then
                complain("there is no type '%s'", name)
            end
        end)
    end
    for _, key in ipairs { "annotated", "returns", "fields", "choices", "operators", "generics" } do
        for _, each in ipairs(declaration[key] or {}) do
            if each.type then check(each.type) end
            if each.index then check(each.index) end
        end
    end
    for _, overload in ipairs(declaration.overloads or {}) do check(overload) end
    if declaration.type then check(declaration.type) end
    for _, parent in ipairs(declaration.parents or {}) do
        if not all.classes[parent] then complain("there is no class '%s'", parent) end
    end
end

-- Described and real parameters are the same, in the same order.
local function check_parameters(declaration, complain)
    local described = {}
    for i, parameter in ipairs(declaration.annotated) do described[i] = parameter.name end
    local want, got = table.concat(declaration.parameters, ", "), table.concat(described, ", ")
    if want ~= got then complain("%s: its parameters are (%s), described are (%s)", declaration.name, want, got) end
    local is_method = declaration.separator == ":"
    for _, overload in ipairs(declaration.overloads) do
        local first = overload.parameters[1]
        if is_method ~= (first ~= nil and first.name == "self") then
            complain("%s: an overload of a method, and only that, begins with self", declaration.name)
        end
    end
end

local function check_documented(declaration, complain)
    local name = declaration.name
    if not (declaration.doc[1] or ""):find "%S" then complain("'%s' is not documented", name) end
    for _, field in ipairs(declaration.fields or {}) do
        if field.doc == "" then complain("field '%s' of %s is not documented", field.key or "[…]", name) end
    end
    for _, choice in ipairs(declaration.choices or {}) do
        if choice.type.kind == "literal" and choice.doc == "" then
            complain("%s of %s is not documented", choice.type.text, name)
        end
    end
end

-- What texts refer to as `mp.name` or `variable:name` exists, and so do the kinds of error that they say are raised.
local function check_references(all, declaration, kinds, complain)
    local text = table.concat(declaration.doc, "\n"):gsub("```.-```", "")
    for _, field in ipairs(declaration.fields or {}) do text = text .. "\n" .. field.doc end
    for variable, separator, name in text:gmatch "`([%a_]+)([.:])([%w_]+)`" do
        local class = variable == "mp" and all.classes.multiprocessing or all.variables[variable]
        if class and not library.member(all, class, name) then
            complain("there is no `%s%s%s`", variable, separator, name)
        end
    end
    for paragraph in (text .. "\n\n"):gmatch "(.-)\n\n" do
        for kind in (paragraph:match "^\n*Raises (.*)$" or ""):gmatch "`(%u%a+)`" do
            if not kinds[kind] then complain("there is no kind of error '%s'", kind) end
        end
    end
end

--- Adds what is wrong to the problems of a library.
return function(all)
    local kinds = {}
    for _, choice in ipairs(all.aliases["mp.ErrorKind"].choices) do kinds[choice.type.text:sub(2, -2)] = true end
    for _, file in ipairs(all.files) do
        if not file.meta then table.insert(all.problems, file.name .. ".lua:1: ---@meta expected") end
        if file.title == "" or not file.introduction[1] then
            table.insert(all.problems, file.name .. ".lua:2: title and introduction expected")
        end
        for _, declaration in ipairs(file.declarations) do
            local function complain(text, ...)
                table.insert(all.problems, ("%s.lua:%d: %s"):format(file.name, declaration.line, text:format(...)))
            end
            check_types(all, declaration, complain)
            check_documented(declaration, complain)
            check_references(all, declaration, kinds, complain)
            if declaration.kind == "function" then check_parameters(declaration, complain) end
        end
    end
    return all.problems
end
