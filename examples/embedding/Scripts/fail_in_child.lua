-- An error in another process, which reaches this one with its traceback.
local mp = require "multiprocessing"
local statistics = require "statistics"

local function summarise(values) return statistics.range(values) end

return mp.Process { target = summarise, args = { {} }, name = "summary" }:start():result()
