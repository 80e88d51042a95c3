// `coroutine.resume`, `wrap` and `close` that keep track of the running thread.
//
// Hooks belong to threads. To interrupt a loop inside a coroutine, the signal handler has to know that
// coroutine. The functions below behave as those of Lua 5.4's lcorolib.c and note each change of thread
// before anything can raise.
#include "CLuaBridge.h"

/// Resumes `co` with the top `arguments` values of `L`. Returns the number of results, now on top of `L`, or
/// -1 with an error value there.
static int resume_thread(lua_State *L, lua_State *co, int arguments) {
    if (!lua_checkstack(co, arguments)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, arguments);

    cluabridge_State *state = cluabridge_state(L);
    int results;
    cluabridge_set_running(state, co);
    int status = lua_resume(co, L, arguments, &results);
    cluabridge_set_running(state, L);

    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return -1;
    }
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, results);
    return results;
}

/// lua_resetthread runs the coroutine's pending `__close` metamethods, on the coroutine.
static int reset_thread(lua_State *L, lua_State *co) {
    cluabridge_State *state = cluabridge_state(L);
    cluabridge_set_running(state, co);
    int status = lua_resetthread(co);
    cluabridge_set_running(state, L);
    return status;
}

static lua_State *check_thread(lua_State *L) {
    lua_State *co = lua_tothread(L, 1);
    if (co == NULL) luaL_typeerror(L, 1, "thread");
    return co;
}

static int resume(lua_State *L) {
    lua_State *co = check_thread(L);
    int results = resume_thread(L, co, lua_gettop(L) - 1);
    lua_pushboolean(L, results >= 0);
    if (results < 0) results = 1;
    lua_insert(L, -(results + 1));
    return results + 1;
}

/// Raises the error value on top of the stack, with the position of the caller in front of a message.
static int propagate(lua_State *L, lua_State *co) {
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        status = reset_thread(L, co);
        lua_xmove(co, L, 1);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int resume_wrapped(lua_State *L) {
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int results = resume_thread(L, co, lua_gettop(L));
    return results >= 0 ? results : propagate(L, co);
}

static int wrap(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, resume_wrapped, 1);
    return 1;
}

/// The status of `co`, another thread than `L`, if it may not be closed; else NULL.
static const char *why_not_closable(lua_State *L, lua_State *co) {
    lua_Debug frame;
    if (co == L) return "running";
    return lua_status(co) == LUA_OK && lua_getstack(co, 0, &frame) ? "normal" : NULL;
}

static int close_thread(lua_State *L) {
    lua_State *co = check_thread(L);
    const char *obstacle = why_not_closable(L, co);
    if (obstacle != NULL) return luaL_error(L, "cannot close a %s coroutine", obstacle);
    bool clean = reset_thread(L, co) == LUA_OK;
    lua_pushboolean(L, clean);
    if (clean) return 1;
    lua_xmove(co, L, 1);
    return 2;
}

void cluabridge_track_coroutines(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"resume", resume}, {"wrap", wrap}, {"close", close_thread}, {NULL, NULL},
    };
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, LUA_COLIBNAME);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 2);
}
