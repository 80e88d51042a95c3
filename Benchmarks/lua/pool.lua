-- Squares by Pool.map, two workers: pool.lua NAME CHUNKSIZE COUNT; chunk size 0 is the default.

local mp = require "multiprocessing"
local time = require "time"

local name, chunk_size, count = arg[1], math.tointeger(arg[2]), math.tointeger(arg[3])
local numbers = {}
for i = 1, count do numbers[i] = i end

local function square(x) return x * x end

local pool <close> = mp.Pool(2)
pool:map(square, numbers, { chunksize = 1000 }) -- the workers are there
local started = time.perf_counter()
local squares = pool:map(square, numbers, chunk_size > 0 and chunk_size or nil)
print(name, count / (time.perf_counter() - started), "/s")
assert(squares[count] == count * count)
