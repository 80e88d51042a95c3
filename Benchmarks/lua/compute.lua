-- Pure Lua, for mprun beside lua5.4: compute.lua fib|sieve|strings

local work = {}

function work.fib()
    local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
    assert(fib(30) == 832040)
end

function work.sieve()
    local limit, count = 3000000, 0
    local composite = {}
    for i = 2, limit do
        if not composite[i] then
            count = count + 1
            for j = i * i, limit, i do composite[j] = true end
        end
    end
    assert(count == 216816)
end

function work.strings()
    local words, length = {}, 0
    for i = 1, 200000 do
        local word = ("%d:%s"):format(i, tostring(i):reverse())
        words[word:sub(-3)] = (words[word:sub(-3)] or 0) + #word
    end
    for _, sum in pairs(words) do length = length + sum end
    assert(length == 2377790)
end

local started = os.clock()
work[arg[1]]()
print("operations=1", "seconds=" .. os.clock() - started)
