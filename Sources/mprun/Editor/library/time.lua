---@meta time
-- Time
--
-- `local time = require "time"`: sleeping and clocks, as in Python's `time`. A `time.lua` of your own on the path comes
-- first.

---The module `time`.
---@class timelib
local time = {}

---Sleeps; other processes go on, callbacks of pools run, and Ctrl-C ends it.
---
---Raises an error if the number is negative or NaN.
---
---```lua
---local time = require "time"
---local started = time.monotonic()
---time.sleep(0.05)
---print(time.monotonic() - started >= 0.05) --> true
---```
---@param seconds number not negative; fractions count
function time.sleep(seconds) end

---The time of day.
---@return number seconds since 1970-01-01 00:00 UTC
function time.time() end

---The time of day, exactly.
---@return integer nanoseconds since 1970-01-01 00:00 UTC
function time.time_ns() end

---A clock that never goes back, the same one in all processes: for time limits and intervals.
---@return number seconds since some moment in the past
function time.monotonic() end

---The same clock as `time.monotonic`.
---@return number seconds since some moment in the past
function time.perf_counter() end

return time
