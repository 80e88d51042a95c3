-- luacheck finds nothing in the project's Lua code, and what `mprun --init` installs for it suits scripts.

local test = require "tap"
local support = require "support"

local root = support.fixtures .. "/../.."

-- luacheck is a program of another Lua's: the path to the libraries of the tests is not for it.
local function luacheck(folder, files)
    return support.shell(("cd %s && env -u LUA_PATH luacheck --no-cache --no-color --formatter plain %s"):format(
        support.quote(folder), files))
end

if support.shell("command -v luacheck").status ~= 0 then
    test.skip("luacheck", "it is not installed (Debian: lua-check)")
    test.done()
end

local function is_clean(folder, files)
    local result = luacheck(folder, files)
    test.is(result.out, "")
    test.is(result.err, "")
    test.is(result.status, 0)
end

test("the examples are clean", function()
    is_clean(root, "examples")
end)

test("the Lua code of tests, pools and the reference is clean", function()
    is_clean(root, "Tests/lua Sources/Multiprocessing/Pool docs/reference/generator")
end)

-- A directory as `mprun --init` leaves it.
local editor = support.quote(root .. "/Sources/mprun/Editor")
os.execute(("mkdir -p user/.mprun user/lua_modules && cp -r %s/library user/.mprun/"):format(editor))
os.execute(("cp %s/luacheckrc.lua user/.luacheckrc"):format(editor))

support.write("user/script.lua", [[
local mp = require "multiprocessing"

local lock, total = mp.Lock(), mp.Value("i", 0)

local function work(n)
    local guard <close> = lock:hold()
    total.value = total.value + n
end

local Adder = mp.Process:subclass "Adder"

function Adder:init(n) self.n = n end

function Adder:run() work(self.n) end

mp.join { Adder(1):start(), mp.Process { target = work, args = { 2 } }:start() }
print(total.value)
]])

test("a script is clean in a directory that is set up, in which annotations and modules are passed over", function()
    support.write("user/lua_modules/theirs.lua", "careless = 1\n")
    is_clean("user", ".")
end)

test("mistakes in a script are found there", function()
    support.write("user/wrong.lua", "local unused = 1\ncareless = tpyo\n")
    local result = luacheck("user", ".")
    test.has(result.out, "wrong.lua:1:7: unused variable 'unused'")
    test.has(result.out, "wrong.lua:2:1: setting non-standard global variable 'careless'")
    test.has(result.out, "wrong.lua:2:12: accessing undefined variable 'tpyo'")
    test.is(result.status, 1)
end)

test.done()
