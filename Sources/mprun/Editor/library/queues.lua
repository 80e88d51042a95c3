---@meta _
-- Queues
--
-- Many processes can put and get; the order is that in which `put` completed, over all of them. What is put is copied
-- during the call: when `put` returns, the item is in the queue, and a producer that dies loses nothing. `nil` is an
-- item like any other.

---The module `multiprocessing`: queues.
---@class multiprocessing
local mp = {}

---Makes a queue. A `maxsize` of 0 or less, or none, means no limit.
---
---Raises `MemoryError` if the shared memory is exhausted.
---
---```lua
---local jobs = mp.Queue()
---local worker = mp.Process {
---    target = function()
---        for job in jobs:items() do print("doing " .. job) end
---    end,
---}:start()
---jobs:put("this")
---jobs:put(nil)
---worker:join() --> doing this
---```
---@param maxsize? integer how many items fit in
---@param options? mp.QueueOptions
---@return mp.Queue queue
---@overload fun(options: mp.QueueOptions): mp.Queue
function mp.Queue(maxsize, options) end

---Makes a queue that counts tasks: `join` waits until `task_done` was called for every item.
---
---Raises `MemoryError` if the shared memory is exhausted.
---@param maxsize? integer how many items fit in; 0 or less, or none, means no limit
---@param options? mp.QueueOptions
---@return mp.JoinableQueue queue
---@overload fun(options: mp.QueueOptions): mp.JoinableQueue
function mp.JoinableQueue(maxsize, options) end

---Makes a queue with only `put`, `get`, `empty` and `close`, and no limit.
---
---Raises `MemoryError` if the shared memory is exhausted.
---@param options? mp.NameOptions
---@return mp.SimpleQueue queue
function mp.SimpleQueue(options) end

---Options of `mp.Queue` and `mp.JoinableQueue`.
---@class mp.QueueOptions
---@field maxsize? integer how many items fit in; 0 or less, or none, means no limit
---@field name? string for messages and `tostring`

---Options of what has nothing but a name.
---@class mp.NameOptions
---@field name? string for messages and `tostring`

---Options of `put`, `get` and `acquire`.
---@class mp.BlockingOptions
---@field block? boolean false: do not wait; true if nil
---@field timeout? number seconds to wait at most; none, or `math.huge`, is for ever

---A queue for many producers and many consumers. `#queue` is the number of items.
---
---`local q <close> = mp.Queue()` closes it for this process at the end of the block.
---@class mp.Queue
---@operator len: integer
local queue = {}

---Puts a copy of a value in the queue, waiting for room if need be. It is there when the call returns.
---
---Raises `Full` if there is no room in time, `ShutDown`, `SerializationError` if the value cannot be sent, `ValueError`
---if the queue is closed, `MemoryError`.
---
---```lua
---local q = mp.Queue(1)
---q:put("first")
---local ok, e = pcall(q.put, q, "second", { timeout = 0.01 })
---print(e.kind) --> Full
---```
---@param value any also nil
---@param block? boolean false: do not wait
---@param timeout? number seconds to wait at most
---@overload fun(self: mp.Queue, value: any, options: mp.BlockingOptions)
function queue:put(value, block, timeout) end

---Takes the oldest item, waiting for one if need be.
---
---Raises `Empty` if none comes in time, `ShutDown` if the queue is shut down and empty, `ValueError` if it is closed.
---
---```lua
---local q = mp.Queue()
---q:put { n = 1, text = "one" }
---local item = q:get { timeout = 5 }
---print(item.n, item.text) --> 1	one
---```
---@param block? boolean false: do not wait
---@param timeout? number seconds to wait at most
---@return any value
---@overload fun(self: mp.Queue, options: mp.BlockingOptions): any
function queue:get(block, timeout) end

---Puts without waiting.
---
---Raises `Full` and what `put` raises.
---@param value any
function queue:put_nowait(value) end

---Takes the oldest item without waiting.
---
---Raises `Empty` and what `get` raises.
---@return any value
function queue:get_nowait() end

---Puts if there is room. Not in Python.
---
---Raises what `put` raises, but not `Full`.
---@param value any
---@param timeout? number seconds to wait at most; without one it does not wait
---@return boolean put
---@overload fun(self: mp.Queue, value: any, options: mp.TimeoutOptions): boolean
function queue:try_put(value, timeout) end

---Takes the oldest item if there is one. Not in Python.
---
---Raises what `get` raises, but not `Empty`.
---
---```lua
---local q = mp.Queue()
---print(q:try_get()) --> false
---q:put(7)
---print(q:try_get()) --> true	7
---```
---@param timeout? number seconds to wait at most; without one it does not wait
---@return boolean found
---@return any value
---@overload fun(self: mp.Queue, options: mp.TimeoutOptions): boolean, any
function queue:try_get(timeout) end

---Puts many items at once, which is quicker. Into a bounded queue it puts what fits and waits for more room. Not in
---Python.
---
---Raises `Full` with the number put in `count`, and what `put` raises; if one of the items cannot be sent, none is put.
---@param list any[]
---@param timeout? number seconds, for all of them together
---@overload fun(self: mp.Queue, list: any[], options: mp.TimeoutOptions)
function queue:put_many(list, timeout) end

---Takes up to so many items: waits for the first, and takes what is there. Not in Python.
---
---Raises `Empty` if none comes in time, and what `get` raises.
---
---```lua
---local q = mp.Queue()
---q:put_many { "a", "b", "c" }
---print(table.concat(q:get_many(10), " ")) --> a b c
---```
---@param max integer at least 1
---@param timeout? number seconds to wait for the first
---@return any[] values at least one
---@overload fun(self: mp.Queue, max: integer, options: mp.TimeoutOptions): any[]
function queue:get_many(max, timeout) end

---Iterates over the items as they come: until `nil` arrives, or the queue is shut down and empty. Not in Python.
---
---```lua
---local q = mp.Queue()
---q:put_many { 1, 2, 3 }
---q:put(nil)
---local sum = 0
---for n in q:items() do sum = sum + n end
---print(sum) --> 6
---```
---@return fun(queue: mp.Queue): any iterator
---@return mp.Queue queue
function queue:items() end

---The number of items at the instant of the call: the same as `#queue`.
---@return integer count
function queue:qsize() end

---Whether there was no item at the instant of the call.
---@return boolean empty
function queue:empty() end

---Whether there was no room at the instant of the call.
---@return boolean full
function queue:full() end

---Closes the queue for this process: using it then raises `ValueError`. Items stay there for the others.
function queue:close() end

---Shuts the queue down for all processes: puts raise `ShutDown`, gets drain it and then raise `ShutDown`. Whoever waits
---is woken. Not in Python's module, but in its `queue`.
---@param immediate? boolean drop what is in it
---@overload fun(self: mp.Queue, options: mp.QueueShutdownOptions)
function queue:shutdown(immediate) end

---Options of `queue:shutdown`.
---@class mp.QueueShutdownOptions
---@field immediate? boolean drop what is in the queue

---Does nothing, for scripts that come from Python: a `put` is complete when it returns.
---
---Raises `ValueError` before `close`.
function queue:join_thread() end

---Does nothing, for scripts that come from Python.
function queue:cancel_join_thread() end

---A queue that counts tasks: every item put is one until `task_done` was called for it.
---
---```lua
---local tasks, done = mp.JoinableQueue(), mp.Value("i", 0)
---local consumer = mp.Process {
---    daemon = true,
---    target = function()
---        while true do
---            done:add(tasks:get())
---            tasks:task_done()
---        end
---    end,
---}:start()
---tasks:put_many { 1, 2, 3 }
---print(tasks:join(), done.value) --> true	6
---```
---@class mp.JoinableQueue: mp.Queue
local joinable_queue = {}

---Says that an item that was taken is done.
---
---Raises `ValueError` if it was called more often than items were put.
function joinable_queue:task_done() end

---Waits until all items are done.
---
---Raises `ProcessError` if a consumer died between `get` and `task_done`: `process` names it, `count` says how many
---tasks it had.
---@param timeout? number seconds
---@return boolean done false if the time was over first
---@overload fun(self: mp.JoinableQueue, options: mp.TimeoutOptions): boolean
function joinable_queue:join(timeout) end

---The queue for simple cases. `#queue` is the number of items.
---
---`local q <close> = mp.SimpleQueue()` closes it for this process at the end of the block.
---@class mp.SimpleQueue
---@operator len: integer
local simple_queue = {}

---Puts a copy of a value in the queue.
---
---Raises `SerializationError` if it cannot be sent, `ValueError` if the queue is closed, `MemoryError`.
---@param value any also nil
function simple_queue:put(value) end

---Takes the oldest item, waiting for one if need be.
---
---Raises `Empty` if none comes in time, `ValueError` if the queue is closed.
---@param block? boolean false: do not wait
---@param timeout? number seconds to wait at most
---@return any value
---@overload fun(self: mp.SimpleQueue, options: mp.BlockingOptions): any
function simple_queue:get(block, timeout) end

---Whether there was no item at the instant of the call.
---@return boolean empty
function simple_queue:empty() end

---Closes the queue for this process: using it then raises `ValueError`. Items stay there for the others.
function simple_queue:close() end
