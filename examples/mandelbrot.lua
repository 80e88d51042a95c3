-- 曼德博集合: 每一行是一个任务, 结果写成一张图
-- Each row of a picture is a task; the picture is a PPM file: mandelbrot.lua [FILE [WIDTH]].

local mp = require "multiprocessing"

local path, width = arg[1] or os.tmpname(), tonumber(arg[2]) or 320
local height = width * 3 // 4
local deepest = 100

local function row(y)
    local pixels = {}
    local ci = (y / height - 0.5) * 2.4
    for x = 0, width - 1 do
        local cr = (x / width - 0.7) * 3.2
        local zr, zi, depth = 0, 0, 0
        while zr * zr + zi * zi < 4 and depth < deepest do
            zr, zi = zr * zr - zi * zi + cr, 2 * zr * zi + ci
            depth = depth + 1
        end
        local shade = depth == deepest and 0 or 255 - depth * 255 // deepest
        pixels[#pixels + 1] = string.char(shade, shade * depth % 256, 255 - shade // 2)
    end
    return table.concat(pixels)
end

local rows = {}
for y = 0, height - 1 do rows[#rows + 1] = y end

local pool <close> = mp.Pool()
local file <close> = assert(io.open(path, "wb"))
file:write(("P6\n%d %d\n255\n"):format(width, height))
for pixels in pool:imap(row, rows, 4) do file:write(pixels) end
print(("%d x %d, %s"):format(width, height, path))
