-- An error object of the module.
local mp = require "multiprocessing"

mp.Queue():get { timeout = 0.01 }
