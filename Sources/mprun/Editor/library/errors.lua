---@meta _
-- Errors
--
-- Where this reference says "Raises `Empty`", an error object of that kind is raised: a table that tells what happened,
-- and where. Misuse (a wrong argument, starting a process twice) raises an ordinary error string with the position of
-- the line that did it.

---An error object: what `pcall` gives for the errors that have a kind.
---
---`tostring(e)` is `script.lua:12: Empty: no item within 0.5 s`. Error objects can be sent, and arrive as they are.
---
---```lua
---local ok, e = pcall(function()
---    mp.Queue():get { timeout = 0.01 }
---end)
---print(ok, e.kind == mp.Empty, e.message) --> false	true	no item within 0.01 s
---```
---@class mp.Error
---@field kind mp.ErrorKind what kind of error it is
---@field message string what was wrong
---@field where? string the line of the script, as `script.lua:12`
---@field traceback? string of the process in which it happened
---@field errno? integer of the system call that failed (OSError, BrokenPipeError)
---@field exitcode? integer of the process that ended (ProcessError, OwnerDiedError); negative for a signal
---@field process? string the name of the process it is about
---@field value? any the original error (RemoteError); what was taken already (`get_many`)
---@field count? integer items put or taken all the same (`put_many`, `get_many`); tasks not done (`join`)

---The kinds of errors.
---@alias mp.ErrorKind
---| "Empty" # no item came in time
---| "Full" # there was no room in time
---| "ShutDown" # the queue is shut down
---| "TimeoutError" # what was waited for did not happen in time
---| "EOFError" # the other end is closed, and everything was received
---| "BrokenPipeError" # the other end is closed: nobody will receive what is sent
---| "OSError" # the system refused
---| "ValueError" # a value of the right type that makes no sense
---| "BufferTooShort" # kept for scripts that come from Python: nothing raises it
---| "AuthenticationError" # kept for scripts that come from Python: nothing raises it
---| "BrokenBarrierError" # somebody will not come, or the barrier was aborted
---| "OwnerDiedError" # the process that held the lock ended without releasing it
---| "ProcessError" # a process failed, or died with a task
---| "RemoteError" # a task of a pool raised an error
---| "SerializationError" # the value cannot be sent
---| "DeadlockError" # nobody can go on
---| "CancelledError" # the future was cancelled
---| "MemoryError" # the shared memory is exhausted

---The module `multiprocessing`: kinds of errors, as `e.kind == mp.Empty`.
---@class multiprocessing
local mp = {}

---No item came in time: `get` of a queue.
mp.Empty = "Empty"

---There was no room in time: `put` of a bounded queue.
mp.Full = "Full"

---The queue is shut down: `put`, and `get` once it is empty.
mp.ShutDown = "ShutDown"

---What was waited for did not happen in time: `result`, `hold` and the results of pools.
mp.TimeoutError = "TimeoutError"

---The other end of the pipe is closed, and everything was received.
mp.EOFError = "EOFError"

---The other end of the pipe is closed: nobody will receive what is sent. `errno` is set.
mp.BrokenPipeError = "BrokenPipeError"

---The system refused; `errno` says why, if it was a system call.
mp.OSError = "OSError"

---A value of the right type that makes no sense, or an object that is closed.
mp.ValueError = "ValueError"

---Kept for scripts that come from Python: nothing raises it.
mp.BufferTooShort = "BufferTooShort"

---Kept for scripts that come from Python: nothing raises it.
mp.AuthenticationError = "AuthenticationError"

---The barrier is broken: a party died or gave up, or it was aborted or reset.
mp.BrokenBarrierError = "BrokenBarrierError"

---The process that held the lock was killed, or ended without releasing it. Not in Python.
mp.OwnerDiedError = "OwnerDiedError"

---A process failed, or died with a task. `exitcode`, `process` and `traceback` tell what is known.
mp.ProcessError = "ProcessError"

---A task of a pool raised an error: `value` is the original one, `traceback` the worker's. Not in Python.
mp.RemoteError = "RemoteError"

---The value cannot be sent; the message says which part of it. Not in Python.
mp.SerializationError = "SerializationError"

---The wait of this process was part of a deadlock: nobody can go on. Not in Python.
mp.DeadlockError = "DeadlockError"

---The future was cancelled.
mp.CancelledError = "CancelledError"

---The shared memory is exhausted, after garbage was collected in the whole family.
mp.MemoryError = "MemoryError"
