-- The messages of the queue programs: values[kind]() gives value, look. `look` reads a bit of a message that has
-- arrived, cheaply, as a number that can be added up. The integer messages have no value: they are 1, 2, 3 …

local values = {}

function values.int() return nil, function(v) return v end end

function values.small()
    return { id = 1, name = "item", value = 1.5 }, function(v) return v.id + v.value end
end

function values.nested()
    local order = {
        id = 17,
        customer = { name = "Ada", address = { city = "London", street = "12 St James's Square" } },
        lines = {},
        tags = { "new", "paid", "express" },
    }
    for i = 1, 10 do order.lines[i] = { article = "A-" .. i, quantity = i, price = i + 0.25 } end
    return order, function(v) return v.id + v.lines[10].quantity end
end

function values.strings()
    local lines = {}
    for i = 1, 100 do lines[i] = ("%05d"):format(i):rep(20) end
    return lines, function(v) return #v[100] end
end

function values.numbers()
    local numbers = {}
    for i = 1, 1000 do numbers[i] = i + 0.5 end
    return numbers, function(v) return v[1000] end
end

-- Any other kind is the length of a string.
setmetatable(values, {
    __index = function(_, length)
        return function() return ("x"):rep(math.tointeger(length)), function(v) return #v end end
    end,
})

function values.equal(a, b)
    if type(a) ~= "table" or type(b) ~= "table" then return a == b end
    for key, value in pairs(a) do
        if not values.equal(value, b[key]) then return false end
    end
    for key in pairs(b) do
        if a[key] == nil then return false end
    end
    return true
end

return values
