---@meta _
-- Managers
--
-- A manager makes dictionaries, lists and namespaces that processes share. They lie in shared memory: there is no
-- server process. A value that is read is a copy: changing it changes nothing (`d.b.x = 2`); assign it again, or use
-- `dict:apply`. Containers can hold each other.

---The module `multiprocessing`: managers.
---@class multiprocessing
local mp = {}

---Makes a manager.
---
---```lua
---local manager = mp.Manager()
---local ages = manager:dict { egon = 18 }
---mp.join { mp.Process { target = function() ages.alex = 19 end }:start() }
---print(ages.egon, ages.alex, #ages) --> 18	19	2
---```
---@return mp.Manager manager
function mp.Manager() end

---What makes shared objects. They outlive it; `local manager <close> = mp.Manager()` is accepted and ends nothing.
---@class mp.Manager
local manager = {}

---Makes a dictionary.
---
---Raises `SerializationError` if something in it cannot be sent, `MemoryError`.
---@param contents? table|mp.dict|mp.Namespace the entries that it has at first
---@param options? mp.NameOptions
---@return mp.dict dict
function manager:dict(contents, options) end

---Makes a list.
---
---Raises `SerializationError` if something in it cannot be sent, `MemoryError`; an error if there is a nil in it.
---@param contents? any[]|mp.list the elements that it has at first
---@param options? mp.NameOptions
---@return mp.list list
function manager:list(contents, options) end

---Makes a namespace.
---
---Raises `SerializationError` if something in it cannot be sent, `MemoryError`; an error if a key is no string.
---@param contents? table|mp.dict|mp.Namespace the fields that it has at first
---@param options? mp.NameOptions
---@return mp.Namespace namespace
function manager:Namespace(contents, options) end

---The same as `mp.Queue`.
---@param maxsize? integer how many items fit in; 0 or less, or none, means no limit
---@param options? mp.QueueOptions
---@return mp.Queue queue
---@overload fun(self: mp.Manager, options: mp.QueueOptions): mp.Queue
function manager:Queue(maxsize, options) end

---The same as `mp.JoinableQueue`.
---@param maxsize? integer how many items fit in; 0 or less, or none, means no limit
---@param options? mp.QueueOptions
---@return mp.JoinableQueue queue
---@overload fun(self: mp.Manager, options: mp.QueueOptions): mp.JoinableQueue
function manager:JoinableQueue(maxsize, options) end

---The same as `mp.SimpleQueue`.
---@param options? mp.NameOptions
---@return mp.SimpleQueue queue
function manager:SimpleQueue(options) end

---The same as `mp.Lock`.
---@param options? mp.LockOptions
---@return mp.Lock lock
function manager:Lock(options) end

---The same as `mp.RLock`.
---@param options? mp.LockOptions
---@return mp.RLock lock
function manager:RLock(options) end

---The same as `mp.Semaphore`.
---@param value? integer the permits there are at first; 1 if nil
---@param options? mp.SemaphoreOptions
---@return mp.Semaphore semaphore
---@overload fun(self: mp.Manager, options: mp.SemaphoreOptions): mp.Semaphore
function manager:Semaphore(value, options) end

---The same as `mp.BoundedSemaphore`.
---@param value? integer the permits there are at first; 1 if nil
---@param options? mp.SemaphoreOptions
---@return mp.BoundedSemaphore semaphore
---@overload fun(self: mp.Manager, options: mp.SemaphoreOptions): mp.BoundedSemaphore
function manager:BoundedSemaphore(value, options) end

---The same as `mp.Condition`.
---@param lock? mp.Lock its lock; an RLock of its own if nil
---@param options? mp.ConditionOptions
---@return mp.Condition condition
---@overload fun(self: mp.Manager, options: mp.ConditionOptions): mp.Condition
function manager:Condition(lock, options) end

---The same as `mp.Event`.
---@param options? mp.NameOptions
---@return mp.Event event
function manager:Event(options) end

---The same as `mp.Barrier`.
---@param parties integer how many, 1 or more
---@param action? fun() what the last to arrive does before all go on
---@param timeout? number seconds that `wait` waits if it is not told
---@param options? mp.BarrierOptions
---@return mp.Barrier barrier
---@overload fun(self: mp.Manager, options: mp.BarrierOptions): mp.Barrier
---@overload fun(self: mp.Manager, parties: integer, options: mp.BarrierOptions): mp.Barrier
function manager:Barrier(parties, action, timeout, options) end

---The same as `mp.Value`.
---@param typecode mp.TypeCode
---@param initial? number|boolean|string 0, false or a zero byte if nil
---@param options? mp.ValueOptions
---@return mp.Value value
function manager:Value(typecode, initial, options) end

---The same as `mp.Array`.
---@param typecode mp.TypeCode
---@param contents integer|any[]|string the size, a list of elements, or for `c`, `b` and `B` a string
---@param options? mp.ValueOptions
---@return mp.Array array
function manager:Array(typecode, contents, options) end

---Does nothing, for scripts that come from Python.
function manager:start() end

---Does nothing, for scripts that come from Python: the objects stay as long as somebody has them.
function manager:shutdown() end

---A shared dictionary. `d[key]` and `d.key` read, nil if there is nothing; `d[key] = v` writes, nil removes. `#d` is
---the number of entries; `pairs` goes through them in the order in which they were added.
---
---Keys are strings, numbers and booleans. The names of methods cannot be set as `d.get = v`; `set` and `get` take any
---key.
---@class mp.dict
---@operator len: integer
---@field [any] any the entries
local dict = {}

---A copy of the value of a key.
---@param key string|number|boolean
---@param default? any what is returned if there is none
---@return any value
function dict:get(key, default) end

---Sets the value of a key, of whatever name. nil removes it.
---
---Raises `SerializationError` if the value cannot be sent, `MemoryError`.
---@param key string|number|boolean
---@param value any
function dict:set(key, value) end

---Takes a value out.
---
---Raises an error (KeyError) if there is none and no default was given.
---@param key string|number|boolean
---@param default? any what is returned if there is none
---@return any value
function dict:pop(key, default) end

---Takes the entry out that was added last.
---
---Raises an error (KeyError) if there is none.
---@return string|number|boolean key
---@return any value
function dict:popitem() end

---The value of a key, which is set to the default if there is none.
---
---Raises `SerializationError` if the default cannot be sent, `MemoryError`.
---@param key string|number|boolean
---@param default? any
---@return any value
function dict:setdefault(key, default) end

---Sets all entries of a table or of another dictionary, each by itself.
---
---Raises `SerializationError` if something in it cannot be sent (then nothing is set), `MemoryError`.
---@param contents table|mp.dict|mp.Namespace
function dict:update(contents) end

---A list of all keys, as they are at one moment.
---@return (string|number|boolean)[] keys
function dict:keys() end

---A list of copies of all values, as they are at one moment.
---@return any[] values
function dict:values() end

---A list of all entries, as they are at one moment: each is `{key, value}`.
---@return any[][] items
function dict:items() end

---A table with all entries, as they are at one moment.
---@return table<string|number|boolean, any> copy
function dict:copy() end

---Removes everything.
function dict:clear() end

---Adds to the number that a key has, 0 if there is none, in one step for everybody. Not in Python.
---
---Raises an error if the value is no number.
---
---```lua
---local counts = mp.Manager():dict()
---for word in ("a b a"):gmatch "%a" do counts:add(word, 1) end
---print(counts.a, counts.b) --> 2	1
---```
---@param key string|number|boolean
---@param n number
---@return number new
function dict:add(key, n) end

---Replaces the value of a key by what a function makes of it, in one step for everybody. Not in Python.
---
---The function is called again if another process changed the value meanwhile: it should compute and nothing else.
---
---Raises what `f` raises, `SerializationError` if the new value cannot be sent, `MemoryError`.
---
---```lua
---local d = mp.Manager():dict { egon = { visits = 1 } }
---d:apply("egon", function(entry)
---    entry.visits = entry.visits + 1
---    return entry
---end)
---print(d.egon.visits) --> 2
---```
---@param key string|number|boolean
---@param f fun(value: any): any gets a copy of the value, nil if there is none; if it returns nil the entry is removed
---@return any new
function dict:apply(key, f) end

---A shared list. `l[i]` reads, nil behind the last; `l[i] = v` writes, `l[#l + 1] = v` appends. `#l` is its length;
---`pairs`, `ipairs` and `table.insert`, `concat`, `unpack` and `sort` work. There is no nil in it.
---
---```lua
---local l = mp.Manager():list { 3, 1 }
---l[#l + 1] = 2
---l:sort()
---print(table.concat(l, " ")) --> 1 2 3
---```
---@class mp.list
---@operator len: integer
---@field [integer] any the elements, from 1
local list = {}

---Appends a value.
---
---Raises `SerializationError` if it cannot be sent, `MemoryError`.
---@param value any not nil
function list:append(value) end

---Appends all elements of a table or of another list, or none.
---
---Raises `SerializationError` if one cannot be sent, `MemoryError`.
---@param values any[]|mp.list
function list:extend(values) end

---Inserts a value before the one at a position.
---
---Raises `SerializationError` if it cannot be sent, `MemoryError`.
---@param position integer
---@param value any not nil
function list:insert(position, value) end

---Removes the first element that is equal to a value.
---
---Raises an error (ValueError) if there is none.
---@param value any not nil
function list:remove(value) end

---Takes an element out.
---
---Raises an error if there is none at that position.
---@param position? integer the last if nil
---@return any value
function list:pop(position) end

---The position of the first element that is equal to a value.
---
---Raises an error (ValueError) if there is none.
---@param value any not nil
---@param first? integer the first position looked at; 1 if nil
---@param last? integer the last position looked at; the end if nil
---@return integer position
function list:index(value, first, last) end

---How many elements are equal to a value.
---@param value any not nil
---@return integer count
function list:count(value) end

---Sorts the list; what is equal keeps its order. If somebody else changes the list meanwhile, it begins again.
---
---Raises what the functions raise, and an error if they change the list themselves.
---
---```lua
---local l = mp.Manager():list { "ccc", "a", "bb" }
---l:sort { key = string.len, reverse = true }
---print(table.concat(l, " ")) --> ccc bb a
---```
---@param less? fun(a: any, b: any): boolean whether `a` comes before `b`; `<` if nil
---@param options? mp.SortOptions
---@overload fun(self: mp.list, options: mp.SortOptions)
function list:sort(less, options) end

---Options of `list:sort`.
---@class mp.SortOptions
---@field less? fun(a: any, b: any): boolean whether `a` comes before `b`; `<` if nil
---@field key? fun(value: any): any what is compared instead of an element
---@field reverse? boolean the largest first

---Reverses the list.
function list:reverse() end

---A table with copies of all elements, as they are at one moment.
---@return any[] copy
function list:copy() end

---Removes everything.
function list:clear() end

---A shared set of names: `ns.x` reads, `ns.x = v` writes, `pairs` goes through it. It has no methods, so that any name
---can be used.
---
---```lua
---local settings = mp.Manager():Namespace { minimum = 2 }
---settings.maximum = 9
---print(settings.minimum, settings.maximum, settings.other) --> 2	9	nil
---```
---@class mp.Namespace
---@field [string] any the fields
