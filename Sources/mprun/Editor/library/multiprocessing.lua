---@meta multiprocessing
-- The module
--
-- `local mp = require "multiprocessing"` gives a table with everything below and on the pages about processes, queues
-- and so on. Nothing is put into globals. Keywords are tables: `q:get{timeout = 0.5}`. Timeouts are numbers of seconds;
-- none, or `math.huge`, waits for ever, 0 does not wait.

---The module `multiprocessing`.
---@class multiprocessing
local mp = {}

---The number of processors that are online.
---@return integer count at least 1
function mp.cpu_count() end

---The process id of the process that calls it.
---@return integer pid
function mp.getpid() end

---The process id of the parent. Not in Python's module, but in its `os`.
---@return integer pid 1 or that of a subreaper if the parent is gone
function mp.getppid() end

---Sleeps; other processes go on, callbacks of pools run. The same function as `time.sleep`.
---@param seconds number not negative; fractions count
function mp.sleep(seconds) end

---Calls a function at the end of the process that registered it: the last registered first. Not in Python's module, but
---in its `atexit`.
---
---An error in it is reported on stderr; the others are called all the same.
---
---```lua
---mp.atexit(print, "good", "bye") --> good	bye
---```
---@param f function
---@param ... any what it is called with
---@return function f the same function
function mp.atexit(f, ...) end

---Calls a function when a signal arrives: at the next safe point of this process, also while it waits. Not in Python's
---module, but in its `signal`.
---
---An error in the function is raised where the process is. Children inherit what is registered.
---
---Raises `ValueError` if the signal is unknown or cannot be handled (SIGKILL, SIGSTOP …).
---
---```lua
---mp.on_signal("USR1", function(name) print("got", name) end)
---os.execute("kill -USR1 " .. mp.getpid())
---mp.sleep(0.01) --> got	SIGUSR1
---```
---@param signal string|integer its name, with or without `SIG`, or its number
---@param f? fun(name: string) gets the signal's full name; nil restores what the signal did before
---@return (fun(name: string))? previous the function that handled it until now
function mp.on_signal(signal, f) end

---Makes tables with a certain metatable sendable: they arrive with the receiver's metatable of that name. Not in
---Python.
---
---Classes made by `mp.Process:subclass` are registered.
---
---```lua
---local Account = {}
---Account.__index = Account
---mp.register("Account", Account)
---
---local q = mp.Queue()
---q:put(setmetatable({ balance = 5 }, Account))
---print(getmetatable(q:get()) == Account) --> true
---```
---@generic T: table
---@param name string the same in all processes
---@param metatable T
---@return T metatable the same table
function mp.register(name, metatable) end

---The way processes are started: there is one.
---@return "fork" method
function mp.get_start_method() end

---All ways to start processes.
---@return string[] methods `{"fork"}`
function mp.get_all_start_methods() end

---Accepted for scripts that come from Python; nothing but `"fork"` can be set.
---
---Raises an error if it was set before without `force`, or if the method is unknown.
---@param method "fork"|nil nil takes it back
---@param force? boolean set it although it was set before
---@overload fun(options: mp.StartMethodOptions)
function mp.set_start_method(method, force) end

---Options of `mp.set_start_method`.
---@class mp.StartMethodOptions
---@field method? "fork" the method
---@field force? boolean set it although it was set before

---The module itself, as the context of its only start method.
---
---Raises an error if the method is unknown.
---@param method? "fork"
---@return multiprocessing context
function mp.get_context(method) end

---Does nothing; for scripts that come from Python.
function mp.freeze_support() end

return mp
