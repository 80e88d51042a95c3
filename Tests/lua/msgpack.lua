-- The codec beside an independent implementation, Python's msgpack, and the framing beside Python's Connection.

local test = require "tap"
local mp = require "multiprocessing"
local support = require "support"

local function hex(bytes)
    return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function unhex(text)
    return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function encoded(value)
    local a, b = mp.Pipe()
    a:send(value)
    local bytes = b:recv_bytes()
    a:close()
    b:close()
    return bytes
end

local function decoded(bytes)
    local a, b = mp.Pipe()
    a:send_bytes(bytes)
    local value = b:recv()
    a:close()
    b:close()
    return value
end

-- The same values in Lua and in Python.
local pairs_of_values = {
    { nil, "None" }, { true, "True" }, { false, "False" },
    { 0, "0" }, { 127, "127" }, { 128, "128" }, { 255, "255" }, { 256, "256" }, { 65535, "65535" }, { 65536, "65536" },
    { 4294967295, "2**32-1" }, { 4294967296, "2**32" }, { math.maxinteger, "2**63-1" },
    { -1, "-1" }, { -32, "-32" }, { -33, "-33" }, { -128, "-128" }, { -129, "-129" }, { -32768, "-32768" },
    { -32769, "-32769" }, { -2147483648, "-2**31" }, { -2147483649, "-2**31-1" }, { math.mininteger, "-2**63" },
    { 1.0, "1.0" }, { -0.5, "-0.5" }, { 1e300, "1e300" }, { math.huge, "float('inf')" }, { -math.huge, "-float('inf')" },
    { "", "''" }, { "text", "'text'" }, { "包子", "'包子'" }, { ("s"):rep(31), "'s'*31" }, { ("s"):rep(32), "'s'*32" },
    { ("s"):rep(255), "'s'*255" }, { ("s"):rep(256), "'s'*256" }, { ("s"):rep(4096), "'s'*4096" },
    { "\xff\xfe", "b'\\xff\\xfe'" }, { ("\x80"):rep(300), "b'\\x80'*300" }, { ("b"):rep(5000), "b'b'*5000" },
    { ("b"):rep(70000), "b'b'*70000" },
    { {}, "[]" }, { { 1, 2, 3 }, "[1,2,3]" }, { { { {} } }, "[[[]]]" }, { { a = 1 }, "{'a':1}" },
    { { [1] = "x", [3] = "y" }, "{1:'x',3:'y'}" }, { { [0] = 1 }, "{0:1}" }, { { [1.5] = true }, "{1.5:True}" },
    { { id = 1, name = "item", value = 1.5 }, "{'id':1,'name':'item','value':1.5}" },
}

test("what we write, Python reads", function()
    local literals, bytes = {}, {}
    for i = 1, #pairs_of_values do
        literals[i] = pairs_of_values[i][2]
        bytes[i] = hex(encoded(pairs_of_values[i][1]))
    end
    support.write("encoded.txt", table.concat(bytes, "\n"))
    support.write("expected.py", "[" .. table.concat(literals, ",\n") .. "]")
    test.is(support.python_eval [[
import msgpack
expected = eval(open("expected.py").read())
for want, line in zip(expected, open("encoded.txt").read().split("\n")):
    got = msgpack.unpackb(bytes.fromhex(line), strict_map_key=False)
    if (type(got), got) != (type(want), want):
        print("expected", repr(want)[:60], "got", repr(got)[:60])
print(len(expected))
]], tostring(#pairs_of_values))
end)

test("what Python writes, we read", function()
    local literals = {}
    for i = 1, #pairs_of_values do literals[i] = pairs_of_values[i][2] end
    support.write("expected.py", "[" .. table.concat(literals, ",\n") .. "]")
    local lines = support.python_eval [[
import msgpack
for value in eval(open("expected.py").read()):
    print(msgpack.packb(value).hex())
]]
    local i = 0
    for line in lines:gmatch "%x+" do
        i = i + 1
        test.is(decoded(unhex(line)), pairs_of_values[i][1], pairs_of_values[i][2]:sub(1, 40))
    end
    test.is(i, #pairs_of_values)
end)

test("integers are written in the shortest form", function()
    for value, length in pairs {
        [0] = 1, [127] = 1, [128] = 2, [255] = 2, [256] = 3, [65535] = 3, [65536] = 5, [0xffffffff] = 5,
        [0x100000000] = 9, [-32] = 1, [-33] = 2, [-128] = 2, [-129] = 3, [-32768] = 3, [-32769] = 5, [-2147483649] = 9,
    } do
        test.is(#encoded(value), length, tostring(value))
    end
    test.is(#encoded(1.0), 9, "floats are always float64")
end)

test("forms that Python can write and we never do", function()
    local lines = support.python_eval [[
import msgpack
print(msgpack.packb(1.5, use_single_float=True).hex())
print(msgpack.packb("old raw", use_bin_type=False).hex())
print("d200000001", "d300000000000000ff", "cd0001", "dc0001" + "01", "de0001" + "a161" + "02", "d9" + "01" + "61", "c60000000161")
]]
    local values = {}
    for line in lines:gmatch "%x+" do values[#values + 1] = decoded(unhex(line)) end
    test.is(values, { 1.5, "old raw", 1, 255, 1, { 1 }, { a = 2 }, "a", "a" })
end)

test("ten thousand random values survive Python and back", function()
    local echoed = support.python_eval [[
import msgpack, random
random.seed(7)
def value(depth):
    kind = random.randrange(9 if depth < 4 else 6)
    if kind == 0: return random.choice([True, False])
    if kind == 1: return random.randrange(-2**random.randrange(1, 64), 2**random.randrange(1, 63))
    if kind == 2: return random.uniform(-1e9, 1e9)
    if kind == 3: return "".join(chr(random.choice([65, 0x5305, 0x1F95F])) for _ in range(random.randrange(40)))
    if kind == 4: return b"\xff" + random.randbytes(random.randrange(300))
    if kind == 5: return random.randrange(256)
    if kind in (6, 7): return [value(depth + 1) for _ in range(random.randrange(6))]
    return {"k%d" % i: value(depth + 1) for i in range(1, random.randrange(2, 6))}
with open("random.txt", "w") as out:
    for _ in range(10000):
        out.write(msgpack.packb(value(0)).hex() + "\n")
print("written")
]]
    test.is(echoed, "written")
    local out = assert(io.open("back.txt", "w"))
    local a, b = mp.Pipe()
    for line in io.lines "random.txt" do
        a:send_bytes(unhex(line))
        local value = b:recv()
        a:send(value)
        out:write(hex(b:recv_bytes()), "\n")
    end
    out:close()
    test.is(support.python_eval [[
import msgpack
bad = total = 0
for line, back in zip(open("random.txt"), open("back.txt")):
    total += 1
    bad += msgpack.unpackb(bytes.fromhex(line)) != msgpack.unpackb(bytes.fromhex(back))
print(total, bad)
]], "10000 0")
end)

test("damaged bytes are errors, never crashes", function()
    local a, b = mp.Pipe()
    local samples = {}
    for i = 1, #pairs_of_values do samples[i] = encoded(pairs_of_values[i][1]) end
    local shared = { 1 }
    samples[#samples + 1] = encoded { shared, shared }
    samples[#samples + 1] = encoded(function() return shared end)
    samples[#samples + 1] = encoded(mp.Queue())
    math.randomseed(11)
    for _ = 1, 20000 do
        local bytes = samples[math.random(#samples)]:sub(1, 200)
        local at = math.random(0, #bytes)
        if math.random(2) == 1 then
            bytes = bytes:sub(1, at)
        else
            bytes = bytes:sub(1, at) .. string.char(math.random(0, 255)) .. bytes:sub(at + 2)
        end
        a:send_bytes(bytes)
        local finished, e = pcall(function() return b:recv() end)
        if not finished and type(e) ~= "table" then test.ok(false, "not an error object: " .. tostring(e)) end
    end
    a:send "still fine"
    test.is(b:recv(), "still fine")
end)

test("lengths that promise more than there is do not allocate", function()
    local a, b = mp.Pipe()
    for _, bytes in ipairs {
        "\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff",
        "\xc9\xff\xff\xff\xff\1", ("\x91"):rep(100000), ("\x81\x01"):rep(50000),
    } do
        a:send_bytes(bytes)
        test.kind("SerializationError", function() b:recv() end)
    end
    test.ok(collectgarbage "count" < 512 * 1024)
end)

test("framing interoperates with Python's Connection", function()
    local ours, theirs = mp.Pipe()
    -- Python takes a copy of our other end and echoes each message backwards.
    local python <close> = io.popen(("%s -u -c %s %d %d"):format(support.python, support.quote [[
import ctypes, os, sys
from multiprocessing.connection import Connection
pidfd_getfd = 438
pid, fd = map(int, sys.argv[1:])
got = ctypes.CDLL(None, use_errno=True).syscall(pidfd_getfd, os.pidfd_open(pid), fd, 0)
if got < 0:
    sys.exit(os.strerror(ctypes.get_errno()))
peer = Connection(got)
print("ready")
while (message := peer.recv_bytes()) != b"stop":
    peer.send_bytes(message[::-1])
]], mp.getpid(), theirs:fileno()))
    if not test.is(python:read(), "ready") then return end
    for _, size in ipairs { 0, 1, 16383, 16384, 16385, 1 << 20, 5 << 20 } do
        local text = ("0123456789"):rep(size // 10 + 1):sub(1, size)
        ours:send_bytes(text)
        test.ok(ours:recv_bytes() == text:reverse(), size .. " bytes")
    end
    ours:send_bytes "stop"
end)

test.done()
