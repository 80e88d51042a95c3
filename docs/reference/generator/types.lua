-- Types of LuaCATS, as text and as trees.
--
--     {kind = "name", name =}                     string, mp.Queue, T
--     {kind = "literal", text =}                  "fork"
--     {kind = "optional", of =}                   T?
--     {kind = "array", of =}                      T[]
--     {kind = "union", [1] = …}                   A|B
--     {kind = "generic", name =, [1] = …}         table<K, V>
--     {kind = "record", {name =, type =} …}       { wait: T }
--     {kind = "function", parameters =, returns =}     each a list of {name =, optional =, type =}

local types = {}

local parse

local function fail(what, text, at)
    error(("%s expected at '%s'"):format(what, text:sub(at)), 0)
end

local function skip(text, at) return text:match("^%s*()", at) end

-- The position behind `token`, spaces before it skipped; nil if something else is there.
local function accept(text, at, token)
    at = skip(text, at)
    if text:sub(at, at + #token - 1) == token then return at + #token end
end

local function expect(text, at, token)
    return accept(text, at, token) or fail("'" .. token .. "'", text, at)
end

-- Items separated by commas, until `close`.
local function list(text, at, close, item)
    local found = {}
    local finish = accept(text, at, close)
    while not finish do
        found[#found + 1], at = item(text, at)
        finish = accept(text, at, close)
        at = finish or expect(text, at, ",")
    end
    return found, finish
end

-- `name?: type`, or a type alone.
local function named(text, at)
    at = skip(text, at)
    local name, optional, after = text:match("^([%a_][%w_]*)(%??)%s*:()", at)
    if not name then
        name, after = text:match("^(%.%.%.)%s*:()", at)
        optional = ""
    end
    local result = { name = name, optional = optional == "?" }
    result.type, at = parse(text, after or at)
    return result, at
end

local function signature(text, at)
    local node = { kind = "function", returns = {} }
    node.parameters, at = list(text, expect(text, at, "("), ")", named)
    local next = accept(text, at, ":")
    while next do
        node.returns[#node.returns + 1], at = named(text, next)
        next = accept(text, at, ",")
    end
    return node, at
end

local function atom(text, at)
    at = skip(text, at)
    local literal, after = text:match('^(".-")()', at)
    if literal then return { kind = "literal", text = literal }, after end
    if text:sub(at, at) == "(" then
        local node
        node, at = parse(text, at + 1)
        return node, expect(text, at, ")")
    end
    if text:sub(at, at) == "{" then
        local node
        node, at = list(text, at + 1, "}", named)
        node.kind = "record"
        return node, at
    end
    if text:find("^fun%(", at) then return signature(text, at + 3) end
    local name
    name, after = text:match("^([%a_][%w_.]*)()", at)
    if not name then fail("a type", text, at) end
    if text:sub(after, after) == "<" then
        local node
        node, at = list(text, after + 1, ">", parse)
        node.kind, node.name = "generic", name
        return node, at
    end
    return { kind = "name", name = name }, after
end

local function postfix(text, at)
    local node
    node, at = atom(text, at)
    while true do
        if text:sub(at, at + 1) == "[]" then
            node, at = { kind = "array", of = node }, at + 2
        elseif text:sub(at, at) == "?" then
            node, at = { kind = "optional", of = node }, at + 1
        else
            return node, at
        end
    end
end

--- The type that `text` has at a position, and the position behind it. Raises a message if there is none.
function parse(text, at)
    local node
    node, at = postfix(text, at or 1)
    if text:sub(at, at) ~= "|" then return node, at end
    local union = { kind = "union", node }
    while text:sub(at, at) == "|" do
        union[#union + 1], at = postfix(text, at + 1)
    end
    return union, at
end

types.parse = parse

--- Calls visit(name) for every name of a type in a tree.
function types.each_name(node, visit)
    if node.kind == "name" then return visit(node.name) end
    if node.kind == "generic" then visit(node.name) end
    if node.of then types.each_name(node.of, visit) end
    for _, part in ipairs(node) do types.each_name(part.type or part, visit) end
    for _, part in ipairs(node.parameters or {}) do types.each_name(part.type, visit) end
    for _, part in ipairs(node.returns or {}) do types.each_name(part.type, visit) end
end

local function show_named(part)
    if not part.name then return types.show(part.type) end
    return part.name .. (part.optional and "?" or "") .. ": " .. types.show(part.type)
end

local function show_all(parts, show)
    local texts = {}
    for i, part in ipairs(parts) do texts[i] = show(part) end
    return table.concat(texts, ", ")
end

local function in_parentheses(node)
    local text = types.show(node)
    return (node.kind == "union" or node.kind == "function") and "(" .. text .. ")" or text
end

--- A tree as text.
function types.show(node)
    local kind = node.kind
    if kind == "name" then return node.name end
    if kind == "literal" then return node.text end
    if kind == "optional" then return in_parentheses(node.of) .. "?" end
    if kind == "array" then return in_parentheses(node.of) .. "[]" end
    if kind == "generic" then return node.name .. "<" .. show_all(node, types.show) .. ">" end
    if kind == "record" then return "{ " .. show_all(node, show_named) .. " }" end
    if kind == "union" then
        local texts = {}
        for i, part in ipairs(node) do texts[i] = types.show(part) end
        return table.concat(texts, "|")
    end
    local returns = #node.returns > 0 and ": " .. show_all(node.returns, show_named) or ""
    return "fun(" .. show_all(node.parameters, show_named) .. ")" .. returns
end

return types
