-- Squares by Pool.map, two workers: pool.lua CHUNKSIZE COUNT; chunk size 0 is the default.

local mp = require "multiprocessing"
local time = require "time"

local chunk_size, count = math.tointeger(arg[1]), math.tointeger(arg[2])
local numbers = {}
for i = 1, count do numbers[i] = i end

local function square(x) return x * x end

local pool <close> = mp.Pool(2)
pool:map(square, numbers, { chunksize = 1000 }) -- the workers are there
local started = time.perf_counter()
local squares = pool:map(square, numbers, chunk_size > 0 and chunk_size or nil)
print("operations=" .. count, "seconds=" .. time.perf_counter() - started)
for i = 1, count do assert(squares[i] == i * i) end
