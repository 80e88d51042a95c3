---@meta _
-- Pools
--
-- A pool has workers that do tasks: functions that are sent to them with their upvalues. Its bookkeeping and its
-- callbacks run inside calls of the process that made it: on the pool and its results, `time.sleep` and `mp.wait`. If a
-- worker dies, its task fails with `ProcessError` and the worker is replaced; the others go on.

---The module `multiprocessing`: pools.
---@class multiprocessing
local mp = {}

---Makes a pool of worker processes. `local pool <close> = mp.Pool(4)` ends them at the end of the block.
---
---Raises `ValueError` if there are no processes, `OSError` if they cannot be started; an error in a daemon.
---
---```lua
---local pool <close> = mp.Pool(2)
---local squares = pool:map(function(x) return x * x end, { 1, 2, 3 })
---print(table.concat(squares, " ")) --> 1 4 9
---```
---@param processes? integer `mp.cpu_count()` if nil
---@param initializer? function what each worker calls first
---@param initargs? any[] what it is called with
---@param maxtasksperchild? integer after so many tasks a worker is replaced
---@return mp.Pool pool
---@overload fun(options: mp.PoolOptions): mp.Pool
function mp.Pool(processes, initializer, initargs, maxtasksperchild) end

---Options of `mp.Pool`.
---@class mp.PoolOptions
---@field processes? integer `mp.cpu_count()` if nil
---@field initializer? function what each worker calls first
---@field initargs? any[] what it is called with
---@field maxtasksperchild? integer after so many tasks a worker is replaced

---Options of `pool:apply` and `pool:apply_async`.
---@class mp.ApplyOptions
---@field kwargs? table one more argument for the function: the last one
---@field callback? fun(...: any) called in the owner with the results
---@field error_callback? fun(problem: mp.Error) called in the owner with the error instead
---@field timeout? number seconds that the task may take; then its worker is ended, and it fails with `TimeoutError`
---@field retries? integer how often it is tried again after the death of its worker or a timeout; 0 if nil

---Options of `pool:map` and its kin.
---@class mp.MapOptions
---@field chunksize? integer items that are sent together; ceil(n / (4 · workers)) if nil
---@field progress? boolean show a bar on stderr, or plain lines if it is no terminal
---@field callback? fun(results: any[], n: integer) called in the owner with the list of results and its length
---@field error_callback? fun(problem: mp.Error) called in the owner with the error instead
---@field timeout? number seconds that one item may take; then its worker is ended, and it fails with `TimeoutError`
---@field retries? integer how often an item is tried again after the death of its worker or a timeout; 0 if nil

---Options of `pool:imap` and `pool:imap_unordered`.
---@class mp.ImapOptions
---@field chunksize? integer items that are sent together; 1 if nil
---@field timeout? number seconds that one item may take; then its worker is ended, and it fails with `TimeoutError`
---@field retries? integer how often an item is tried again after the death of its worker or a timeout; 0 if nil

---A pool of worker processes, used by the process that made it.
---
---`local pool <close> = mp.Pool()` terminates it at the end of the block.
---@class mp.Pool
local pool = {}

---Calls a function in a worker, waits, and returns its results.
---
---Raises `RemoteError` if it raised an error, `ProcessError` if its worker died, `TimeoutError` if it took too long,
---`SerializationError` if the call cannot be sent, `ValueError` if the pool is not running.
---
---```lua
---local pool <close> = mp.Pool(1)
---print(pool:apply(math.max, { 3, 9, 4 })) --> 9
---```
---@generic R
---@param f fun(...: any): R?
---@param args? any[] what it is called with
---@param options? mp.ApplyOptions
---@return R result the first result
---@return any ... the other results
function pool:apply(f, args, options) end

---Has a function called in a worker, and goes on.
---
---Raises `SerializationError` if the call cannot be sent, `ValueError` if the pool is not running.
---
---```lua
---local pool <close> = mp.Pool(1)
---local result = pool:apply_async(string.rep, { "ab", 3 }, { callback = print })
---result:wait() --> ababab
---print(result:get()) --> ababab
---```
---@param f function
---@param args? any[] what it is called with
---@param options? mp.ApplyOptions
---@return mp.AsyncResult result
function pool:apply_async(f, args, options) end

---Calls a function for each item of a list, in the workers, and waits.
---
---Raises the error of the first item that failed: `RemoteError` if the function raised one, `ProcessError` if the
---worker died, `TimeoutError`. And `SerializationError` if an item cannot be sent, `ValueError` if the pool is not
---running.
---@generic T, R
---@param f fun(item: T): R?
---@param list T[]
---@param options? integer|mp.MapOptions the chunk size, or options
---@return R[] results the first result of each, in the order of the items
---@return integer n how many there are, nil counted
function pool:map(f, list, options) end

---Has a function called for each item of a list, and goes on. `get` of the result gives what `map` returns.
---
---Raises `SerializationError` if an item cannot be sent, `ValueError` if the pool is not running.
---@generic T
---@param f fun(item: T): any?
---@param list T[]
---@param options? integer|mp.MapOptions the chunk size, or options
---@return mp.AsyncResult result
function pool:map_async(f, list, options) end

---Calls a function for each list of arguments, in the workers, and waits.
---
---Raises what `map` raises.
---
---```lua
---local pool <close> = mp.Pool(2)
---local products = pool:starmap(function(a, b) return a * b end, { { 2, 3 }, { 4, 5 } })
---print(table.concat(products, " ")) --> 6 20
---```
---@generic R
---@param f fun(...: any): R?
---@param lists any[][]
---@param options? integer|mp.MapOptions the chunk size, or options
---@return R[] results the first result of each, in the order of the lists
---@return integer n how many there are, nil counted
function pool:starmap(f, lists, options) end

---Has a function called for each list of arguments, and goes on. `get` of the result gives what `starmap` returns.
---
---Raises `SerializationError` if an argument cannot be sent, `ValueError` if the pool is not running.
---@param f function
---@param lists any[][]
---@param options? integer|mp.MapOptions the chunk size, or options
---@return mp.AsyncResult result
function pool:starmap_async(f, lists, options) end

---Goes through the results as they are needed, in the order of the items. An iterator is asked for items little by
---little, so that it may have no end.
---
---The loop raises the error of an item when it is its turn, and `ValueError` for a result that is nil.
---
---Raises `ValueError` if the pool is not running.
---
---```lua
---local pool <close> = mp.Pool(2)
---local results = {}
---for value, i in pool:imap(string.upper, { "a", "b" }) do results[i] = value end
---print(table.concat(results, " ")) --> A B
---```
---@generic T, R
---@param f fun(item: T): R?
---@param source T[]|fun(): T? a list, or an iterator
---@param options? integer|mp.ImapOptions the chunk size, or options
---@return fun(): R?, integer? iterator results, and the positions of their items
function pool:imap(f, source, options) end

---As `imap`, but in the order in which the results come.
---
---Raises `ValueError` if the pool is not running.
---@generic T, R
---@param f fun(item: T): R?
---@param source T[]|fun(): T? a list, or an iterator
---@param options? integer|mp.ImapOptions the chunk size, or options
---@return fun(): R?, integer? iterator results, and the positions of their items
function pool:imap_unordered(f, source, options) end

---Takes no more tasks; the workers end when they have done those there are.
function pool:close() end

---Ends the workers now. Tasks that are not done fail with `ProcessError`.
function pool:terminate() end

---Waits until the workers have ended.
---
---Raises `ValueError` before `close` or `terminate`.
function pool:join() end

---What the workers have done so far. Not in Python.
---
---```lua
---local pool <close> = mp.Pool(2)
---pool:map(math.sqrt, { 1, 4, 9 }, 1)
---local tasks = 0
---for _, worker in ipairs(pool:stats()) do tasks = tasks + worker.tasks end
---print(tasks) --> 3
---```
---@return mp.PoolStats stats
function pool:stats() end

---What `pool:stats` returns: a list of workers, and the slowest tasks.
---@class mp.PoolStats
---@field [integer] mp.WorkerStats the workers
---@field slowest mp.SlowTask[] the slowest tasks, slowest first

---What a worker of a pool has done.
---@class mp.WorkerStats
---@field name? string the name of its process
---@field pid? integer the process id
---@field tasks integer how many it has done
---@field start number seconds from when it was ready to its first task
---@field work number seconds spent on tasks
---@field wait number seconds spent waiting for tasks

---One of the slowest tasks of a worker.
---@class mp.SlowTask
---@field seconds number how long it took
---@field task integer the number of the task
---@field worker integer the position of the worker in the list

---The result of a call that goes on in a worker.
---@class mp.AsyncResult
local async_result = {}

---Waits, and returns what the call returned.
---
---Raises `TimeoutError`, and the error of the call as `pool:apply` and `pool:map` do.
---@param timeout? number seconds
---@return any ...
---@overload fun(self: mp.AsyncResult, options: mp.TimeoutOptions): any
function async_result:get(timeout) end

---Waits until the call is done.
---@param timeout? number seconds
---@return boolean done false if the time was over first
---@overload fun(self: mp.AsyncResult, options: mp.TimeoutOptions): boolean
function async_result:wait(timeout) end

---Whether the call is done.
---@return boolean done
function async_result:ready() end

---Whether the call is done without an error.
---
---Raises `ValueError` if it is not done.
---@return boolean successful
function async_result:successful() end
