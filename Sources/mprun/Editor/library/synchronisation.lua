---@meta _
-- Conditions, events and barriers
--
-- A process that dies while it waits harms nobody: its notification goes to another one, and a barrier that it had
-- reached is broken for the others.

---The module `multiprocessing`: conditions, events and barriers.
---@class multiprocessing
local mp = {}

---Makes a condition: processes wait until another one, holding the same lock, notifies them.
---
---Raises `MemoryError` if the shared memory is exhausted.
---@param lock? mp.Lock its lock; an RLock of its own if nil
---@param options? mp.ConditionOptions
---@return mp.Condition condition
---@overload fun(options: mp.ConditionOptions): mp.Condition
function mp.Condition(lock, options) end

---Options of `mp.Condition`.
---@class mp.ConditionOptions
---@field lock? mp.Lock its lock; an RLock of its own if nil
---@field name? string for messages and `tostring`

---Makes an event: a flag that processes wait for. It is not set at first.
---
---Raises `MemoryError` if the shared memory is exhausted.
---@param options? mp.NameOptions
---@return mp.Event event
function mp.Event(options) end

---Makes a barrier: those who wait go on when so many have come.
---
---Raises `ValueError` if there are no parties, `MemoryError`.
---
---```lua
---local barrier = mp.Barrier(2, function() print "both are here" end)
---local other = mp.Process { target = function() barrier:wait() end }:start()
---barrier:wait()
---other:join() --> both are here
---```
---@param parties integer how many, 1 or more
---@param action? fun() what the last to arrive does before all go on
---@param timeout? number seconds that `wait` waits if it is not told
---@param options? mp.BarrierOptions
---@return mp.Barrier barrier
---@overload fun(options: mp.BarrierOptions): mp.Barrier
---@overload fun(parties: integer, options: mp.BarrierOptions): mp.Barrier
function mp.Barrier(parties, action, timeout, options) end

---Options of `mp.Barrier`.
---@class mp.BarrierOptions
---@field parties? integer how many, 1 or more
---@field action? fun() what the last to arrive does before all go on
---@field timeout? number seconds that `wait` waits if it is not told
---@field name? string for messages and `tostring`

---A condition, with a lock: acquire it to look at what is shared, wait, and be notified of changes.
---
---```lua
---local condition, cakes = mp.Condition(), mp.Value("i", 0)
---local eater = mp.Process {
---    target = function()
---        local guard <close> = condition:hold()
---        condition:wait_for(function() return cakes.value > 0 end)
---        print("eats", cakes.value)
---    end,
---}:start()
---condition:with(function()
---    cakes.value = 3
---    condition:notify_all()
---end)
---eater:join() --> eats	3
---```
---@class mp.Condition: mp.Lockable
local condition = {}

---Releases the lock, waits to be notified, and acquires the lock again.
---
---Raises an error if the lock is not held, `OwnerDiedError` if the process died that held it next.
---@param timeout? number seconds
---@return boolean notified false if the time was over first
---@return "owner_died"? how if the lock was taken from a process that died (`on_owner_death = "release"`)
---@overload fun(self: mp.Condition, options: mp.TimeoutOptions): boolean, string?
function condition:wait(timeout) end

---Waits until a function, called with the lock held whenever there was a notification, returns a true value.
---
---Raises what `wait` raises.
---@generic T
---@param predicate fun(): T
---@param timeout? number seconds, over all
---@return T result of the last call; false or nil if the time was over first
---@overload fun(self: mp.Condition, predicate: (fun(): any), options: mp.TimeoutOptions): any
function condition:wait_for(predicate, timeout) end

---Wakes waiters, but does not wait for them.
---
---Raises an error if the lock is not held.
---@param n? integer how many at most; 1 if nil
---@overload fun(self: mp.Condition, options: mp.NotifyOptions)
function condition:notify(n) end

---Options of `condition:notify`.
---@class mp.NotifyOptions
---@field n? integer how many are woken at most; 1 if nil

---Wakes all waiters.
---
---Raises an error if the lock is not held.
function condition:notify_all() end

---A flag that processes wait for.
---
---```lua
---local ready = mp.Event()
---local child = mp.Process { target = function() ready:set() end }:start()
---print(ready:wait(10), ready:is_set()) --> true	true
---child:join()
---```
---@class mp.Event
local event = {}

---Sets the flag and wakes all who wait.
function event:set() end

---Takes the flag back.
function event:clear() end

---Whether the flag is set.
---@return boolean set
function event:is_set() end

---Waits until the flag is set.
---@param timeout? number seconds
---@return boolean set false if the time was over first
---@overload fun(self: mp.Event, options: mp.TimeoutOptions): boolean
function event:wait(timeout) end

---A meeting point for a number of processes.
---@class mp.Barrier
---@field parties integer how many have to come
---@field n_waiting integer how many are waiting now
---@field broken boolean whether it is broken: `wait` raises until it is reset
local barrier = {}

---Waits until all parties have come.
---
---Raises `BrokenBarrierError` if the barrier is broken or breaks meanwhile: a party died, its time was over, or the
---action failed. An error of the action is raised where it ran.
---@param timeout? number seconds; if nil, the barrier's own
---@return integer rank the number of this arrival: 0 for the first, parties - 1 for the last
---@overload fun(self: mp.Barrier, options: mp.TimeoutOptions): integer
function barrier:wait(timeout) end

---Makes the barrier whole and empty again. Those who wait get a `BrokenBarrierError`.
function barrier:reset() end

---Breaks the barrier.
function barrier:abort() end
