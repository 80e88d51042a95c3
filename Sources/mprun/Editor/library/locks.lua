---@meta _
-- Locks and semaphores
--
-- A guard holds until the end of its block: `local guard <close> = lock:hold()`. A process that dies holding a lock
-- does not leave the others hanging: they get an `OwnerDiedError`.

---The module `multiprocessing`: locks and semaphores.
---@class multiprocessing
local mp = {}

---Makes a lock that any process may release.
---
---Raises `MemoryError` if the shared memory is exhausted.
---
---```lua
---local lock = mp.Lock { name = "ledger" }
---do
---    local guard <close> = lock:hold()
---    print(lock:locked()) --> true
---end
---print(lock:locked()) --> false
---```
---@param options? mp.LockOptions
---@return mp.Lock lock
function mp.Lock(options) end

---Makes a lock that its holder may acquire again; each needs a release.
---
---Raises `MemoryError` if the shared memory is exhausted.
---@param options? mp.LockOptions
---@return mp.RLock lock
function mp.RLock(options) end

---Options of `mp.Lock` and `mp.RLock`.
---@class mp.LockOptions
---@field name? string for messages and `tostring`
---@field on_owner_death? mp.OnOwnerDeath what becomes of the lock when its holder dies

---What becomes of a lock when its holder dies. If nil, `acquire` raises `OwnerDiedError`.
---@alias mp.OnOwnerDeath
---| "release" # it counts as released; acquire then returns true, "owner_died"
---| "hang" # nothing, as in Python

---Makes a semaphore: so many permits, which any process may take and return.
---
---Raises `ValueError` if the number is negative or too large, `MemoryError`.
---
---```lua
---local seats = mp.Semaphore(1)
---do
---    local guard <close> = seats:hold()
---    print(seats:acquire(false)) --> false
---end
---print(seats:get_value()) --> 1
---```
---@param value? integer the permits there are at first; 1 if nil
---@param options? mp.SemaphoreOptions
---@return mp.Semaphore semaphore
---@overload fun(options: mp.SemaphoreOptions): mp.Semaphore
function mp.Semaphore(value, options) end

---Makes a semaphore of which no more permits can be returned than there were at first.
---
---Raises `ValueError` if the number is negative or too large, `MemoryError`.
---@param value? integer the permits there are at first; 1 if nil
---@param options? mp.SemaphoreOptions
---@return mp.BoundedSemaphore semaphore
---@overload fun(options: mp.SemaphoreOptions): mp.BoundedSemaphore
function mp.BoundedSemaphore(value, options) end

---Options of `mp.Semaphore` and `mp.BoundedSemaphore`.
---@class mp.SemaphoreOptions
---@field value? integer the permits there are at first; 1 if nil
---@field name? string for messages and `tostring`

---What has a lock: locks themselves, conditions, synchronized values and arrays.
---@class mp.Lockable
local lockable = {}

---Acquires the lock, waiting for it if need be.
---
---Raises `OwnerDiedError` if the process that held it died.
---@param block? boolean false: do not wait
---@param timeout? number seconds to wait at most
---@return boolean acquired false if it was not free in time
---@return "owner_died"? how if it was taken from a process that died (`on_owner_death = "release"`)
---@overload fun(self: mp.Lockable, options: mp.BlockingOptions): boolean, string?
function lockable:acquire(block, timeout) end

---Releases the lock.
---
---Raises `ValueError` if a Lock is not held; an error if an RLock is not held by this process.
function lockable:release() end

---Acquires the lock for as long as a variable lives: `local guard <close> = lock:hold()`. Not in Python.
---
---Raises `TimeoutError`, and `OwnerDiedError` if the process that held it died.
---@param timeout? number seconds
---@return mp.Guard guard
---@overload fun(self: mp.Lockable, options: mp.TimeoutOptions): mp.Guard
function lockable:hold(timeout) end

---Runs a function while holding the lock, which is released also after an error. Not in Python.
---
---Raises what `f` raises, and `OwnerDiedError`.
---
---```lua
---local lock = mp.Lock()
---print(lock:with(string.upper, "held")) --> HELD
---```
---@param f fun(...: any): ...: any
---@param ... any what it is called with
---@return any ... what it returned
function lockable:with(f, ...) end

---Makes a lock free whose holder died. Not in Python.
---
---```lua
---local lock = mp.Lock()
---mp.join { mp.Process { target = function() lock:acquire() end }:start() }
---local ok, e = pcall(lock.acquire, lock)
---print(e.kind, lock:recover(), lock:acquire()) --> OwnerDiedError	true	true
---```
---@return boolean recovered false if its holder did not die
function lockable:recover() end

---A lock that is not recursive.
---@class mp.Lock: mp.Lockable
local lock = {}

---Whether anybody holds it.
---@return boolean locked
function lock:locked() end

---A recursive lock: its holder may acquire it again.
---@class mp.RLock: mp.Lock

---A number of permits. One taken by `hold` or `with` comes back when its process dies; others stay taken, as in Python.
---@class mp.Semaphore
local semaphore = {}

---Takes a permit, waiting for one if need be.
---@param block? boolean false: do not wait
---@param timeout? number seconds to wait at most
---@return boolean acquired false if there was none in time
---@overload fun(self: mp.Semaphore, options: mp.BlockingOptions): boolean
function semaphore:acquire(block, timeout) end

---Returns permits.
---
---Raises `ValueError` if `n` is less than 1, or if there would be more than a BoundedSemaphore had at first.
---@param n? integer how many; 1 if nil
---@overload fun(self: mp.Semaphore, options: mp.ReleaseOptions)
function semaphore:release(n) end

---Options of `semaphore:release`.
---@class mp.ReleaseOptions
---@field n? integer how many permits are returned; 1 if nil

---The permits that can be taken at the instant of the call.
---@return integer value
function semaphore:get_value() end

---Takes a permit for as long as a variable lives: `local guard <close> = seats:hold()`. Not in Python.
---
---Raises `TimeoutError`.
---@param timeout? number seconds
---@return mp.Guard guard
---@overload fun(self: mp.Semaphore, options: mp.TimeoutOptions): mp.Guard
function semaphore:hold(timeout) end

---Runs a function while holding a permit, which is returned also after an error. Not in Python.
---
---Raises what `f` raises.
---@param f fun(...: any): ...: any
---@param ... any what it is called with
---@return any ... what it returned
function semaphore:with(f, ...) end

---A semaphore that never has more permits than at first.
---@class mp.BoundedSemaphore: mp.Semaphore

---What `hold` gives: it lets go when its variable, declared with `<close>`, goes out of scope. Not in Python.
---@class mp.Guard
local guard = {}

---Lets go now; once more is fine.
---
---Raises an error in another process than the one that holds.
function guard:release() end
