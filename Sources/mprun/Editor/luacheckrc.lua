-- For luacheck (Debian: lua-check), which looks for mistakes in Lua code: luacheck .

std = "lua54"

ignore = {
    -- `local guard <close> = lock:hold()` is used at the end of its block, which luacheck before 1.2 does not know.
    "211/guard",
    -- Other names for what is not used otherwise begin with an underscore.
    "211/_.*",
}

exclude_files = {
    ".mprun", -- annotations for editors
    "lua_modules",
}
