---@meta _
-- Shared data
--
-- Values and arrays of fixed types in memory that all processes see. A synchronized one takes its lock for each access;
-- what needs several steps is done holding it. Positions count from 1, offsets of bytes from 0.

---The module `multiprocessing`: shared data.
---@class multiprocessing
local mp = {}

---Makes a shared value with a lock, which each access takes.
---
---Raises `ValueError` if the initial value is out of the type's range, `MemoryError`.
---
---```lua
---local total = mp.Value("q", 0)
---local function count() for _ = 1, 100 do total:add(1) end end
---mp.join { mp.Process { target = count }:start(), mp.Process { target = count }:start() }
---print(total.value) --> 200
---```
---@param typecode mp.TypeCode
---@param initial? number|boolean|string 0, false or a zero byte if nil
---@param options? mp.ValueOptions
---@return mp.Value value
function mp.Value(typecode, initial, options) end

---Makes a shared array with a lock, which each access takes.
---
---Raises `ValueError` if an element is out of the type's range or the size is negative, `MemoryError`.
---
---```lua
---local a = mp.Array("i", { 4, 5, 6 })
---a[2] = 50
---print(#a, table.concat(a:totable(), " ")) --> 3	4 50 6
---```
---@param typecode mp.TypeCode
---@param contents integer|any[]|string the size, a list of elements, or for `c`, `b` and `B` a string
---@param options? mp.ValueOptions
---@return mp.Array array
function mp.Array(typecode, contents, options) end

---Makes a shared value without a lock.
---
---Raises what `mp.Value` raises.
---@param typecode mp.TypeCode
---@param initial? number|boolean|string 0, false or a zero byte if nil
---@param options? mp.NameOptions
---@return mp.RawValue value
function mp.RawValue(typecode, initial, options) end

---Makes a shared array without a lock.
---
---Raises what `mp.Array` raises.
---@param typecode mp.TypeCode
---@param contents integer|any[]|string the size, a list of elements, or for `c`, `b` and `B` a string
---@param options? mp.NameOptions
---@return mp.RawArray array
function mp.RawArray(typecode, contents, options) end

---Options of `mp.Value` and `mp.Array`.
---@class mp.ValueOptions
---@field lock? boolean|mp.Lock its lock; a new RLock if nil or true, none if false
---@field name? string for messages and `tostring`

---The type of a shared value, or of the elements of an array.
---@alias mp.TypeCode
---| "b" # signed integer of 8 bits
---| "B" # unsigned integer of 8 bits
---| "h" # signed integer of 16 bits
---| "H" # unsigned integer of 16 bits
---| "i" # signed integer of 32 bits
---| "I" # unsigned integer of 32 bits
---| "l" # signed integer of 64 bits
---| "L" # unsigned integer of 64 bits, up to 2^63 - 1
---| "q" # signed integer of 64 bits
---| "Q" # unsigned integer of 64 bits, up to 2^63 - 1
---| "f" # float of 32 bits
---| "d" # float of 64 bits
---| "?" # boolean
---| "c" # character: a string of one byte

---A shared value without a lock.
---@class mp.RawValue
---@field value any the value; can be set, which raises `ValueError` if it is out of the type's range
local raw_value = {}

---Adds to the value, in one step for everybody, and returns the new value. Not in Python.
---
---Raises `ValueError` if the sum is out of the type's range; an error if the type is no number.
---@param n number
---@return number new
function raw_value:add(n) end

---Replaces the value if it is still the old one, in one step for everybody. Not in Python.
---
---Raises `ValueError` if one of the two is out of the type's range.
---
---```lua
---local state = mp.Value("i", 1)
---print(state:compare_exchange(1, 2)) --> true
---print(state:compare_exchange(1, 3)) --> false	2
---```
---@param old any
---@param new any
---@return boolean done
---@return any current what it is instead, if it was not done
function raw_value:compare_exchange(old, new) end

---A shared value with a lock.
---@class mp.Value: mp.RawValue, mp.Lockable
local value = {}

---The lock of the value: the same object each time.
---
---```lua
---local n = mp.Value("i", 20)
---do
---    local guard <close> = n:get_lock():hold()
---    n.value = n.value * 2 + 2
---end
---print(n.value) --> 42
---```
---@return mp.Lock lock
function value:get_lock() end

---The same memory without the lock.
---@return mp.RawValue raw
function value:get_obj() end

---A shared array without a lock. `#array` is its size, `ipairs` goes through it. The index one behind the last is nil;
---any other outside is an error, as is every write outside.
---
---An array of characters is also a text: `value` is what comes before the first zero byte, `raw` all of it.
---
---```lua
---local text = mp.RawArray("c", 8)
---text.value = "hello"
---print(text.value, #text.raw, text[1]) --> hello	8	h
---```
---@class mp.RawArray
---@operator len: integer
---@field [integer] any the elements, from 1
---@field value string of an array of characters: what comes before the first zero byte; can be set
---@field raw string of an array of characters: all of them; can be set
local raw_array = {}

---A list of the elements `i` to `j`, read in one step.
---
---Raises an error if they are not in the array.
---@param i? integer 1 if nil
---@param j? integer the last if nil
---@return any[] elements
function raw_array:slice(i, j) end

---A list of all elements, read in one step.
---@return any[] elements
function raw_array:totable() end

---A shared array with a lock.
---@class mp.Array: mp.RawArray, mp.Lockable
local array = {}

---The lock of the array: the same object each time.
---@return mp.Lock lock
function array:get_lock() end

---The same memory without the lock.
---@return mp.RawArray raw
function array:get_obj() end

---Makes or opens shared memory that has a name, the same as Python's `multiprocessing.shared_memory.SharedMemory`.
---
---Raises `OSError` with `errno` if it exists already or does not exist, `ValueError` if name or size make no sense.
---
---```lua
---local memory <close> = mp.SharedMemory { create = true, size = 16 }
---mp.join { mp.Process { target = function() memory:write(4, "four") end }:start() }
---print(memory:read(4, 4), #memory) --> four	16
---memory:unlink()
---```
---@param name? string the name, without the slash; a new one if nil, which `create` needs
---@param create? boolean make it
---@param size? integer bytes, for `create`
---@return mp.SharedMemory memory
---@overload fun(options: mp.SharedMemoryOptions): mp.SharedMemory
function mp.SharedMemory(name, create, size) end

---Options of `mp.SharedMemory`.
---@class mp.SharedMemoryOptions
---@field name? string the name, without the slash; a new one if nil, which `create` needs
---@field create? boolean make it
---@field size? integer bytes, for `create`

---Shared memory with a name. `#memory` is its size in bytes.
---
---`local memory <close> = mp.SharedMemory{…}` closes it at the end of the block.
---@class mp.SharedMemory
---@operator len: integer
---@field name string its name, without the slash
---@field size integer bytes
local shared_memory = {}

---Reads bytes.
---
---Raises `ValueError` if they are not within the memory, or if it is closed.
---@param offset? integer bytes to skip; 0 if nil
---@param n? integer how many; the rest if nil
---@return string bytes
---@overload fun(self: mp.SharedMemory, options: mp.ReadOptions): string
function shared_memory:read(offset, n) end

---Options of `shared_memory:read`.
---@class mp.ReadOptions
---@field offset? integer bytes to skip; 0 if nil
---@field n? integer how many; the rest if nil

---Writes bytes.
---
---Raises `ValueError` if they are not within the memory, or if it is closed.
---@param offset integer bytes to skip
---@param bytes string
function shared_memory:write(offset, bytes) end

---Closes it for this process; once more is fine. The memory stays until it is unlinked.
function shared_memory:close() end

---Removes the name: the memory is gone when the last process has closed it.
---
---Raises `OSError` if the name is gone already.
function shared_memory:unlink() end
