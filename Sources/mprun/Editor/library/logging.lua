---@meta _
-- Logging
--
-- One logger writes lines as `[INFO/Process-1] child process calling self.run()` to stderr, once `log_to_stderr` was
-- called. Children inherit that, and the level.

---The module `multiprocessing`: logging.
---@class multiprocessing
local mp = {}

---The logger. It writes nothing until `mp.log_to_stderr` is called.
---@return mp.Logger logger
function mp.get_logger() end

---Has the logger write to stderr.
---
---Raises an error if the level is unknown.
---
---```lua
---local logger = mp.log_to_stderr("info")
---logger:info("%d processors", mp.cpu_count())
---```
---@param level? mp.LogLevel
---@return mp.Logger logger
function mp.log_to_stderr(level) end

---A level: a name, in whatever case, or Python's number.
---@alias mp.LogLevel
---| "debug" # 10
---| "info" # 20
---| "warning" # 30
---| "error" # 40
---| "critical" # 50
---| string
---| integer

---The logger of the module.
---@class mp.Logger
---@field level integer the level that was set; 0 if none was, which counts as 30
local logger = {}

---Writes a message of level 10.
---@param message any a format for `string.format` if more follows
---@param ... any
function logger:debug(message, ...) end

---Writes a message of level 20.
---@param message any a format for `string.format` if more follows
---@param ... any
function logger:info(message, ...) end

---Writes a message of level 30.
---@param message any a format for `string.format` if more follows
---@param ... any
function logger:warning(message, ...) end

---Writes a message of level 40.
---@param message any a format for `string.format` if more follows
---@param ... any
function logger:error(message, ...) end

---Writes a message of level 50.
---@param message any a format for `string.format` if more follows
---@param ... any
function logger:critical(message, ...) end

---Writes a message of any level.
---
---Raises an error if the level is unknown.
---@param level mp.LogLevel
---@param message any a format for `string.format` if more follows
---@param ... any
function logger:log(level, message, ...) end

---Sets the level: messages below it are not written.
---
---Raises an error if the level is unknown.
---@param level mp.LogLevel
function logger:setLevel(level) end

---The level that decides: the one that was set, or 30.
---@return integer level
function logger:getEffectiveLevel() end
