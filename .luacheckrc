-- For luacheck (Debian: lua-check), which finds in here what it finds wrong with Lua code:
--
--     luacheck examples Tests/lua Sources/Multiprocessing/Pool docs/reference/generator

std = "lua54"
max_line_length = false -- of interest to readers, and not always: expected texts stand in one line
self = false -- a method has it, whether it needs it or not

ignore = {
    -- What is declared with <close> is used at the end of its block, which luacheck before 1.2 does not know.
    "211/guard",
    -- Named for the reader, or to keep an object alive.
    "211/_.*",
}

files["Tests/lua"] = {
    -- Sent to other processes, set when it is too late for them, or never.
    globals = { "initialized", "late_helper", "undefined_function", "who" },
    -- Objects that are made and dropped for the collector.
    ignore = { "241", "311" },
}

-- A local copy of what is used in a loop is quicker.
files["Sources/Multiprocessing/Pool/worker.lua"] = { ignore = { "431/limit" } }
