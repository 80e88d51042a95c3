-- Headings, and links to them.

local types = require "types"
local library = require "library"

local links = {}

--- `Queue` for mp.Queue.
function links.short(name) return (name:gsub("^mp%.", "")) end

--- Whether the class of that name is a table of options.
function links.is_options(name) return name:find "Options$" ~= nil end

--- The heading of a class or an alias.
function links.type_heading(all, name)
    if all.aliases[name] or links.is_options(name) then return name end
    return links.short(name) .. " objects"
end

--- The heading of a function: `queue:get`.
function links.call_heading(declaration) return declaration.variable .. declaration.separator .. declaration.name end

-- What GitHub makes of a heading.
local function anchor(heading) return (heading:lower():gsub("[^%w%s_-]", ""):gsub("%s", "-")) end

-- A link from one file's page to a heading of another's.
local function link(from, file, text, heading)
    local page = file == from and "" or file.name .. ".md"
    return ("[%s](%s#%s)"):format(text, page, anchor(heading))
end

local function code(text) return "`" .. text .. "`" end

--- A link to a function; the text is its heading unless given.
function links.to_function(from, declaration, text)
    local heading = links.call_heading(declaration)
    return link(from, declaration.file, code(text or heading), heading)
end

--- The name of a type, a link if it is that of a class or an alias.
function links.to_type(all, from, name)
    local declaration = all.classes[name] or all.aliases[name]
    if name == "multiprocessing" or not declaration then return code(name) end
    return link(from, declaration.file, code(name), links.type_heading(all, name))
end

--- A link to a class: `mp.Process`, which makes its objects itself, or Queue objects.
function links.to_class(all, from, class)
    local heading = links.type_heading(all, class.name)
    local maker = all.classes.multiprocessing.members[links.short(class.name)]
    return link(from, class.file, maker and maker.kind == "field" and code(class.name) or heading, heading)
end

--- A text with links where it speaks of functions and classes: `mp.wait`, `queue:get`. What is a link already stays.
function links.in_text(all, from, text)
    return (text:gsub("(%[?)`([%a_]+)([.:])([%w_]+)`", function(bracket, variable, separator, name)
        if bracket ~= "" then return nil end
        local class = variable == "mp" and all.classes.multiprocessing or all.variables[variable]
        local member = class and library.member(all, class, name)
        if not member then return nil end
        if member.kind == "function" then return links.to_function(from, member, variable .. separator .. name) end
        if all.classes["mp." .. name] then return links.to_type(all, from, "mp." .. name) end
    end))
end

--- A type for a reader: its names are links as far as Markdown allows.
function links.type(all, from, node)
    local function is_link(part)
        return part.kind == "name" and links.to_type(all, from, part.name):find "^%[" ~= nil
    end
    if node.kind == "union" then
        local texts = {}
        for i, part in ipairs(node) do texts[i] = links.type(all, from, part) end
        return table.concat(texts, " or ")
    end
    if node.kind == "optional" then return links.type(all, from, node.of) .. " or `nil`" end
    if node.kind == "array" and is_link(node.of) then return "list of " .. links.to_type(all, from, node.of.name) end
    if is_link(node) then return links.to_type(all, from, node.name) end
    return code(types.show(node))
end

return links
