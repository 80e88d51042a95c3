// Raw table operations that report a bad key where Lua's own would raise.
#include "CLuaBridge.h"

static bool is_nan(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TNUMBER || lua_isinteger(L, index)) return false;
    lua_Number number = lua_tonumber(L, index);
    return number != number;
}

int cluabridge_rawset(lua_State *L, int index) {
    if (lua_type(L, -2) == LUA_TNIL) return CLUABRIDGE_RAW_NIL_KEY;
    if (is_nan(L, -2)) return CLUABRIDGE_RAW_NAN_KEY;
    lua_rawset(L, index);
    return CLUABRIDGE_RAW_DONE;
}

static int guarded_next(lua_State *L) {
    return lua_next(L, 1) ? 2 : 0;
}

/// The slow way, for a key whose entry was set to nil during the traversal: Lua allows that, but whether it
/// still finds the place only lua_next itself can tell, by raising.
static int next_after_removal(lua_State *L, int index) {
    int base = lua_gettop(L) - 1;
    index = lua_absindex(L, index);
    lua_pushcfunction(L, guarded_next);
    lua_pushvalue(L, index);
    lua_rotate(L, -3, -1);
    int status = cluabridge_protected_call(L, 2, LUA_MULTRET, CLUABRIDGE_ERROR_AS_IS);
    if (status != LUA_OK) {
        lua_settop(L, base);
        return CLUABRIDGE_RAW_LOST_KEY;
    }
    return lua_gettop(L) > base ? CLUABRIDGE_RAW_DONE : CLUABRIDGE_RAW_END;
}

int cluabridge_next(lua_State *L, int index) {
    if (lua_type(L, -1) != LUA_TNIL) {
        index = lua_absindex(L, index);
        lua_pushvalue(L, -1);
        bool present = lua_rawget(L, index) != LUA_TNIL;
        lua_pop(L, 1);
        if (!present) return next_after_removal(L, index);
    }
    return lua_next(L, index) ? CLUABRIDGE_RAW_DONE : CLUABRIDGE_RAW_END;
}
