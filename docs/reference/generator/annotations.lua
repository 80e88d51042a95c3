-- Reads an annotation file of LuaCATS into a list of what it declares, in order.
--
-- All declarations have kind, doc (lines of Markdown) and line, besides:
--
--     class       name, parents, fields {key = or index =, optional, type, doc, line}, operators {name, type},
--                 overloads, variable: the local that stands for it
--     alias       name, type or choices {type, doc}
--     function    variable, separator ("." or ":"), name, parameters (their names), annotated: what is said of them
--                 {name, optional, type, doc}, generics {name, type}, returns {type, name, doc}, overloads
--     value       variable, name, text

local types = require "types"

local annotations = {}

local function trim(text) return (text:gsub("^%s+", ""):gsub("%s+$", "")) end

-- A type at the beginning of `text`, and what follows it.
local function type_and_rest(text)
    local node, after = types.parse(text)
    local rest = text:sub(after)
    if rest ~= "" and not rest:find "^%s" then error(("unexpected '%s' behind a type"):format(rest), 0) end
    return node, trim(rest)
end

local function whole_type(text)
    local node, rest = type_and_rest(text)
    if rest ~= "" then error(("unexpected '%s' behind a type"):format(rest), 0) end
    return node
end

-- What each tag adds to the block that it stands in.
local tags = {}

tags["class"] = function(block, text)
    local name, parents = text:match "^([%w_.]+)%s*:?%s*(.*)$"
    if not name then error("a name expected", 0) end
    block.class, block.parents = name, {}
    for parent in parents:gmatch "[^,%s]+" do table.insert(block.parents, parent) end
end

tags["alias"] = function(block, text)
    local name, rest = text:match "^([%w_.]+)%s*(.*)$"
    if not name then error("a name expected", 0) end
    block.alias, block.choices = name, {}
    if rest ~= "" then block.type = whole_type(rest) end
end

tags["field"] = function(block, text, line)
    local field = { line = line }
    local index, rest = text:match "^%[(.-)%]%s+(.*)$"
    if index then
        field.index = whole_type(index)
    else
        local optional
        field.key, optional, rest = text:match "^([%a_][%w_]*)(%??)%s+(.*)$"
        if not rest then error("name and type expected", 0) end
        field.optional = optional == "?"
    end
    field.type, field.doc = type_and_rest(rest)
    table.insert(block.fields, field)
end

tags["param"] = function(block, text, line)
    local name, optional, rest = text:match "^([%a_][%w_]*)(%??)%s+(.*)$"
    if not name then
        name, rest = text:match "^(%.%.%.)%s+(.*)$"
        optional = ""
    end
    if not rest then error("name and type expected", 0) end
    local parameter = { name = name, optional = optional == "?", line = line }
    parameter.type, parameter.doc = type_and_rest(rest)
    table.insert(block.annotated, parameter)
end

tags["return"] = function(block, text)
    local node, rest = type_and_rest(text)
    local name, doc = rest:match "^(%S*)%s*(.*)$"
    table.insert(block.returns, { type = node, name = name ~= "" and name or nil, doc = doc })
end

tags["generic"] = function(block, text)
    for part in text:gmatch "[^,]+" do
        local name, constraint = trim(part):match "^([%a_][%w_]*)%s*:?%s*(.*)$"
        if not name then error("a name expected", 0) end
        table.insert(block.generics, { name = name, type = constraint ~= "" and whole_type(constraint) or nil })
    end
end

tags["overload"] = function(block, text)
    local node = whole_type(text)
    if node.kind ~= "function" then error("fun(…) expected", 0) end
    table.insert(block.overloads, node)
end

tags["operator"] = function(block, text)
    local name, result = text:match "^(%a+)%s*:%s*(.*)$"
    if not name then error("name: type expected", 0) end
    table.insert(block.operators, { name = name, type = whole_type(result) })
end

local function new_block(line)
    return {
        line = line, doc = {}, fields = {}, annotated = {}, returns = {}, generics = {}, overloads = {}, operators = {},
    }
end

-- Adds a comment line to a block.
local function read_comment(file, block, text, number)
    local tag, rest = text:match "^@(%a+)%s*(.*)$"
    if not tag then
        local choice = text:match "^|%s*(.*)$"
        if not choice then return table.insert(block.doc, text) end
        local node, doc = type_and_rest(choice)
        return table.insert(block.choices, { type = node, doc = (doc:gsub("^#%s*", "")) })
    end
    if tag == "meta" then
        file.meta = rest
    elseif tags[tag] then
        tags[tag](block, rest, number)
    else
        error(("unknown tag '@%s'"):format(tag), 0)
    end
end

-- What a line of code, or its absence, makes of the comments before it.
local function declare(file, block, code)
    local function add(kind, fields)
        for key, value in pairs(block) do fields[key] = fields[key] or value end
        fields.kind = kind
        table.insert(file.declarations, fields)
    end
    if block.class then
        add("class", { name = block.class, variable = code:match "^local ([%a_][%w_]*) = {}$" })
    elseif block.alias then
        add("alias", { name = block.alias })
    else
        local variable, separator, name, parameters = code:match "^function ([%w_]+)([.:])([%w_]+)%((.-)%) end$"
        if variable then
            local names = {}
            for parameter in parameters:gmatch "[^,%s]+" do table.insert(names, parameter) end
            return add("function", { variable = variable, separator = separator, name = name, parameters = names })
        end
        local text
        variable, name, text = code:match "^([%w_]+)%.([%w_]+) = (.+)$"
        if variable then return add("value", { variable = variable, name = name, text = text }) end
        if not code:find "^return [%a_][%w_]*$" then error(("cannot tell what is declared by '%s'"):format(code), 0) end
    end
end

-- The plain comment at the head: a title, and an introduction.
local function read_head(file, lines)
    local head = {}
    local at = 2
    while lines[at] and lines[at]:find "^%-%-[^-]" or lines[at] == "--" do
        table.insert(head, (lines[at]:gsub("^%-%- ?", "")))
        at = at + 1
    end
    file.title = table.remove(head, 1) or ""
    if head[1] == "" then table.remove(head, 1) end
    file.introduction = head
    return at
end

--- Reads an annotation file: {path, name, meta, title, introduction (lines), declarations, problems}.
function annotations.read(path)
    local file = { path = path, name = path:match "([^/]*)%.lua$", declarations = {}, problems = {} }
    local lines = {}
    for line in io.lines(path) do table.insert(lines, line) end
    file.meta = (lines[1] or ""):match "^%-%-%-@meta (.+)$"
    local at = read_head(file, lines)
    local block
    local function guarded(number, f, ...)
        local good, problem = pcall(f, ...)
        if not good then table.insert(file.problems, ("%s.lua:%d: %s"):format(file.name, number, problem)) end
    end
    for number = at, #lines + 1 do
        local line = lines[number] or ""
        local comment = line:match "^%-%-%-(.*)$"
        if comment then
            block = block or new_block(number)
            guarded(number, read_comment, file, block, comment, number)
        elseif line ~= "" or block then
            guarded(number, declare, file, block or new_block(number), line)
            block = nil
        end
    end
    return file
end

return annotations
