// Compiling code.
#include "CLuaBridge.h"

int cluabridge_load(lua_State *L, const void *bytes, size_t size, const char *name, const char *mode) {
    // lua_load is a protected call in itself: what it must not meet is the mark.
    cluabridge_State *state = cluabridge_state(L);
    bool outer = state->in_swift;
    state->in_swift = false;
    int status = luaL_loadbufferx(L, bytes != NULL ? bytes : "", size, name, mode);
    state->in_swift = outer;
    return status;
}

/// luaL_loadfilex builds the chunk's name outside the protection of lua_load. The status comes back as a
/// result, so that syntax errors can be told from others.
static int load_file(lua_State *L) {
    const char *path = lua_touserdata(L, 1);
    int status = luaL_loadfilex(L, path, lua_touserdata(L, 2));
    if (status != LUA_OK && cluabridge_push_advice(L, lua_tostring(L, -1), path)) {
        lua_pushfstring(L, "%s\n%s", lua_tostring(L, -2), lua_tostring(L, -1));
    }
    lua_pushinteger(L, status);
    return 2;
}

int cluabridge_load_file(lua_State *L, const char *path, const char *mode) {
    lua_pushcfunction(L, load_file);
    lua_pushlightuserdata(L, (void *)path);
    lua_pushlightuserdata(L, (void *)mode);
    int status = cluabridge_protected_call(L, 2, 2, CLUABRIDGE_ERROR_AS_IS);
    if (status != LUA_OK) return status;
    status = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return status;
}
