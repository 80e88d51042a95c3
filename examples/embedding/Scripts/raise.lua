-- An error as scripts raise them by accident: a string with its position.
local function area(shape) return shape.width * shape.height end

return area { width = 3 }
