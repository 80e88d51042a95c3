---@meta _
-- Executors
--
-- `concurrent.futures` on top of a pool: `submit` gives a future, whose result can be waited for.

---The module `multiprocessing`: executors.
---@class multiprocessing
local mp = {}

---Makes an executor with worker processes. `local executor <close> = mp.ProcessPoolExecutor()` waits for what was
---submitted at the end of the block.
---
---Raises `ValueError` if there are no workers, `OSError` if they cannot be started; an error in a daemon.
---
---```lua
---local executor <close> = mp.ProcessPoolExecutor { max_workers = 2 }
---local future = executor:submit(math.max, 3, 9, 4)
---print(future:result()) --> 9
---```
---@param options? mp.ExecutorOptions
---@return mp.ProcessPoolExecutor executor
function mp.ProcessPoolExecutor(options) end

---Options of `mp.ProcessPoolExecutor`.
---@class mp.ExecutorOptions
---@field max_workers? integer `mp.cpu_count()` if nil
---@field initializer? function what each worker calls first
---@field initargs? any[] what it is called with
---@field max_tasks_per_child? integer after so many tasks a worker is replaced

---Goes through futures as they are done.
---
---The loop raises `TimeoutError` if the time is over before they all are.
---
---```lua
---local executor <close> = mp.ProcessPoolExecutor { max_workers = 2 }
---local futures, sum = {}, 0
---for i = 1, 3 do futures[i] = executor:submit(math.sqrt, i * i) end
---for future in mp.as_completed(futures) do sum = sum + future:result() end
---print(sum) --> 6.0
---```
---@param futures mp.Future[]
---@param timeout? number seconds, for all of them together
---@return fun(): mp.Future? iterator
---@overload fun(futures: mp.Future[], options: mp.TimeoutOptions): (fun(): mp.Future?)
function mp.as_completed(futures, timeout) end

---Waits for futures: Python's `concurrent.futures.wait`.
---
---Raises `ValueError` if `return_when` is unknown.
---@param futures mp.Future[]
---@param options? mp.WaitFuturesOptions
---@return mp.Future[] done
---@return mp.Future[] not_done
function mp.wait_futures(futures, options) end

---Options of `mp.wait_futures`.
---@class mp.WaitFuturesOptions
---@field timeout? number seconds, for all of them together
---@field return_when? "ALL_COMPLETED"|"FIRST_COMPLETED"|"FIRST_EXCEPTION" `"ALL_COMPLETED"` if nil

---An executor, used by the process that made it.
---
---`local executor <close> = …` shuts it down at the end of the block, waiting for what was submitted.
---@class mp.ProcessPoolExecutor
local executor = {}

---Has a function called in a worker.
---
---Raises `SerializationError` if the call cannot be sent, `ValueError` after `shutdown`.
---@param f function
---@param ... any what it is called with
---@return mp.Future future
function executor:submit(f, ...) end

---Calls a function for each item, and goes through the results in the order of the items.
---
---The loop raises the error of an item when it is its turn, and `TimeoutError`.
---
---Raises `ValueError` after `shutdown`.
---@generic T, R
---@param f fun(item: T): R?
---@param source T[]|fun(): T? a list, or an iterator
---@param options? mp.ExecutorMapOptions
---@return fun(): R?, integer? iterator results, and the positions of their items
function executor:map(f, source, options) end

---Calls a function for each list of arguments, and goes through the results in the order of the lists.
---
---The loop raises the error of an item when it is its turn, and `TimeoutError`.
---
---Raises `ValueError` after `shutdown`.
---@generic R
---@param f fun(...: any): R?
---@param source any[][]|fun(): any[]? a list of lists, or an iterator
---@param options? mp.ExecutorMapOptions
---@return fun(): R?, integer? iterator results, and the positions of their items
function executor:starmap(f, source, options) end

---Options of `executor:map` and `executor:starmap`.
---@class mp.ExecutorMapOptions
---@field timeout? number seconds from the call, in which all results must be there
---@field chunksize? integer items that are sent together; 1 if nil
---@field buffersize? integer how many chunks may be under way; enough for all workers if nil

---Takes no more calls, and waits for those there are.
---@param options? mp.ShutdownOptions
function executor:shutdown(options) end

---Options of `executor:shutdown`.
---@class mp.ShutdownOptions
---@field wait? boolean false: do not wait; true if nil
---@field cancel_futures? boolean cancel what no worker has begun

---What comes of a call that was submitted.
---@class mp.Future
local future = {}

---Waits, and returns what the call returned.
---
---Raises `TimeoutError`, `CancelledError`, `RemoteError` if the call raised an error, `ProcessError` if its worker
---died.
---@param timeout? number seconds
---@return any ...
---@overload fun(self: mp.Future, options: mp.TimeoutOptions): any
function future:result(timeout) end

---Waits, and returns the error of the call.
---
---Raises `TimeoutError`, `CancelledError`.
---
---```lua
---local executor <close> = mp.ProcessPoolExecutor { max_workers = 1 }
---print(executor:submit(error, "no"):exception().kind) --> RemoteError
---```
---@param timeout? number seconds
---@return mp.Error? problem nil if there was none
---@overload fun(self: mp.Future, options: mp.TimeoutOptions): mp.Error?
function future:exception(timeout) end

---Whether it is done or cancelled.
---@return boolean done
function future:done() end

---Whether a worker has begun it.
---@return boolean running
function future:running() end

---Cancels it, unless a worker has begun it.
---@return boolean cancelled
function future:cancel() end

---Whether it was cancelled.
---@return boolean cancelled
function future:cancelled() end

---Calls a function when it is done or cancelled: at once if it is already.
---
---An error in it is reported on stderr.
---@param f fun(future: mp.Future)
function future:add_done_callback(f) end
