---@meta _
-- Processes
--
-- Processes are started by `fork`: `args`, upvalues and everything else that is alive at `start` is there in the child,
-- whatever it is. The results come back with `process:result()`, through queues and pipes, or in shared data.

---A process. `mp.Process{target = f, args = {…}}` makes the object, `start` the process.
---
---Fields of your own can be set, and are there in the child. A class of your own is made by `subclass`.
---
---```lua
---local function greet(name) print("hello " .. name) end
---
---local p = mp.Process { target = greet, args = { "egon" } }
---p:start()
---p:join() --> hello egon
---print(p.exitcode) --> 0
---```
---@class mp.Process
---@overload fun(options?: mp.ProcessOptions): mp.Process
---@field name string `Process-1`, for a grandchild `Process-1:2`; can be set
---@field daemon boolean a daemon is ended with its parent and may have no children; can be set before `start`
---@field pid? integer the process id; nil before `start`
---@field ident? integer the same as `pid`
---@field exitcode? integer nil while it runs; 1 after an error, -N if it was killed by signal N
---@field sentinel integer a descriptor that is readable once the process has ended; an error before `start`
---@field authkey string 32 random bytes, inherited by children; can be set
local process = {}

---Options of `mp.Process`.
---@class mp.ProcessOptions
---@field target? function what the process calls
---@field args? any[] what the target is called with; `table.pack(1, nil, 3)` may have holes
---@field kwargs? table one more argument for the target: the last one
---@field name? string instead of `Process-N`
---@field daemon? boolean whether it ends with its parent; as its creator, if nil
---@field group? nil for scripts that come from Python; it must be nil

---Starts the process.
---
---Raises an error if it was started before, by a daemon, or by another process than the one that made it; `OSError` if
---the system or the family has no room for one more: then it can be tried again.
---@return mp.Process process itself: `local p = mp.Process{…}:start()`
function process:start() end

---What the process does: calls the target. A subclass has its own.
---@return any ... what the target returned
function process:run() end

---Sets the options. A subclass has its own, in which the fields of the base class are set already; it may call
---`Class.super.init(self, {…})`.
---@param options? mp.ProcessOptions
function process:init(options) end

---Waits until the process has ended: it has done and written everything, and its descriptors are closed. The system may
---still be putting its memory away, 32 MiB at most.
---
---Raises an error if it was not started, or not by this process.
---@param timeout? number seconds
---@return boolean ended false if the time was over first
---@overload fun(self: mp.Process, options: mp.TimeoutOptions): boolean
function process:join(timeout) end

---Waits, and returns what the target returned. Not in Python.
---
---Raises `ProcessError` if the process failed or was killed, with its `exitcode`, message and `traceback`;
---`TimeoutError`; `SerializationError` if what the target returned cannot be sent.
---
---```lua
---local p = mp.Process { target = math.max, args = { 3, 9, 4 } }
---print(p:start():result()) --> 9
---```
---@param timeout? number seconds
---@return any ... what the target returned
---@overload fun(self: mp.Process, options: mp.TimeoutOptions): any
function process:result(timeout) end

---Whether the process runs: started and not ended.
---
---Raises an error in a process that is neither its parent nor the process itself.
---@return boolean alive
function process:is_alive() end

---Ends the process by SIGTERM. Its children go on. Nothing happens if it has ended.
---
---Raises an error if it was not started.
function process:terminate() end

---Ends the process by SIGKILL.
---
---Raises an error if it was not started.
function process:kill() end

---Interrupts the process by SIGINT, as Ctrl-C does.
---
---Raises an error if it was not started.
function process:interrupt() end

---Lets go of the object: its members then raise `process object is closed`. Closing it twice is fine.
---
---Raises an error if the process still runs.
function process:close() end

---Makes a class of processes: define `run`, and `init` if it takes arguments of its own.
---
---```lua
---local Greeter = mp.Process:subclass "Greeter"
---function Greeter:init(who) self.who = who end
---function Greeter:run() print("hello " .. self.who) end
---
---local p = Greeter "alex"
---p:start()
---p:join() --> hello alex
---print(p.name) --> Greeter-1
---```
---@param name string the class's name, after which its processes are named
---@return mp.ProcessSubclass class
function process:subclass(name) end

---A class made by `subclass`, and its objects. Call it to make one: `init` gets the arguments.
---@class mp.ProcessSubclass: mp.Process
---@overload fun(...: any): mp.ProcessSubclass
---@field super mp.Process the class it was derived from
---@field [string] any what `init` and others set

---The parent of a process, as its child sees it.
---@class mp.ParentProcess
---@field name string its name
---@field pid integer its process id
---@field ident integer the same as `pid`
local parent = {}

---Whether the parent still runs.
---@return boolean alive
function parent:is_alive() end

---Waits until the parent has ended.
---@param timeout? number seconds
---@return boolean ended false if the time was over first
---@overload fun(self: mp.ParentProcess, options: mp.TimeoutOptions): boolean
function parent:join(timeout) end

---Options of everything that can wait for so long.
---@class mp.TimeoutOptions
---@field timeout? number seconds; none, or `math.huge`, is for ever unless said otherwise, 0 or less does not wait

---The module `multiprocessing`: processes.
---@class multiprocessing
---@field Process mp.Process the class of processes: called, it makes one
local mp = {}

---The process that calls it.
---
---```lua
---print(mp.current_process().name) --> MainProcess
---```
---@return mp.Process process
function mp.current_process() end

---The parent of the process that calls it.
---@return mp.ParentProcess? parent nil in the main process
function mp.parent_process() end

---The children of this process that have not ended. Those that have are reaped, as by `join`.
---@return mp.Process[] children
function mp.active_children() end

---Waits until all these processes have ended. Not in Python.
---
---Raises an error if one was not started, or not by this process.
---
---```lua
---local workers = {}
---for i = 1, 3 do
---    workers[i] = mp.Process { target = mp.sleep, args = { 0.01 } }:start()
---end
---print(mp.join(workers)) --> true
---```
---@param processes mp.Process[]
---@param timeout? number seconds, for all of them together
---@return boolean ended false if the time was over first
---@overload fun(processes: mp.Process[], options: mp.TimeoutOptions): boolean
function mp.join(processes, timeout) end
