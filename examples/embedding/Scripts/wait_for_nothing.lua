-- Waits for an item that nobody will put.
local mp = require "multiprocessing"

mp.Queue():get()
