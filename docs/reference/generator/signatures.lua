-- How functions are called: `queue:get([block[, timeout]]) → value`.

local types = require "types"
local links = require "links"

local signatures = {}

-- `(a[, b[, c]])`
local function parameter_list(parameters)
    local text, closing = "", ""
    for i, parameter in ipairs(parameters) do
        local comma = i > 1 and ", " or ""
        if parameter.optional or parameter.name == "..." then
            text, closing = text .. "[" .. comma .. parameter.name, closing .. "]"
        else
            text = text .. comma .. parameter.name
        end
    end
    return "(" .. text .. closing .. ")"
end

--- The class of the options that a call ends with; nil if it ends with something else.
function signatures.options(all, call)
    local parameters = call.annotated or call.parameters
    local last = parameters[#parameters]
    if not last then return nil end
    for _, part in ipairs(last.type.kind == "union" and last.type or { last.type }) do
        if part.kind == "name" and links.is_options(part.name) then return all.classes[part.name] end
    end
end

-- `{block =, timeout =}`
local function option_list(class)
    local names = {}
    for i, field in ipairs(class.fields) do names[i] = field.key .. " =" end
    return "{" .. table.concat(names, ", ") .. "}"
end

--- `{block =, timeout =}`, `(value, {block =, timeout =})`: a call that ends with a table of options.
function signatures.with_options(all, overload)
    local before = {}
    for i = 1, #overload.parameters - 1 do
        local name = overload.parameters[i].name
        if name ~= "self" then table.insert(before, name) end
    end
    local options = option_list(signatures.options(all, overload))
    return #before == 0 and options or "(" .. table.concat(before, ", ") .. ", " .. options .. ")"
end

--- All ways to call a function, a line each.
function signatures.of(all, declaration)
    local name, results = links.call_heading(declaration), {}
    for i, result in ipairs(declaration.returns) do results[i] = result.name or types.show(result.type) end
    local tail = #results > 0 and " → " .. table.concat(results, ", ") or ""
    local lines = { name .. parameter_list(declaration.annotated) .. tail }
    local only = #declaration.annotated == 1 and signatures.options(all, declaration)
    if only then lines[1] = ("%s([%s])%s"):format(name, option_list(only), tail) end
    for _, overload in ipairs(declaration.overloads) do
        if signatures.options(all, overload) then
            table.insert(lines, name .. signatures.with_options(all, overload) .. tail)
        end
    end
    return lines
end

return signatures
