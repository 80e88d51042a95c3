// From Swift into Lua: the protected call, its message handlers, and operations that may run metamethods.
#include "CLuaBridge.h"
#include "traceback.h"

/// The address is the registry key of the saved traceback.
static char traceback_key;

/// Whether the error value at index 1 is an error object: a table whose metatable has a true `__traceback`.
static bool is_error_object(lua_State *L) {
    if (lua_type(L, 1) != LUA_TTABLE || luaL_getmetafield(L, 1, "__traceback") == LUA_TNIL) return false;
    bool is_one = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is_one;
}

/// Fills in the `traceback` of the error object at index 1, if it has none.
static void fill_in_traceback(lua_State *L) {
    lua_pushliteral(L, "traceback");
    bool absent = lua_rawget(L, 1) == LUA_TNIL;
    lua_pop(L, 1);
    if (!absent) return;
    lua_pushliteral(L, "traceback");
    push_traceback(L, NULL, 1);
    lua_rawset(L, 1);
}

static cluabridge_Adviser adviser;

void cluabridge_set_adviser(cluabridge_Adviser new_adviser) { adviser = new_adviser; }

bool cluabridge_push_advice(lua_State *L, const char *message, const char *path) {
    char advice[CLUABRIDGE_ADVICE_SIZE];
    if (adviser == NULL || message == NULL || !adviser(message, path, advice, sizeof advice)) return false;
    lua_pushfstring(L, "\t(%s)", advice);
    return true;
}

/// As the `lua` program does it, except that error objects stay tables: their fields are what is tested afterwards.
static int append_traceback(lua_State *L) {
    if (is_error_object(L)) {
        fill_in_traceback(L);
        lua_settop(L, 1);
        return 1;
    }
    const char *message = lua_tostring(L, 1);
    if (message == NULL) {
        if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) return 1;
        message = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
    }
    if (cluabridge_push_advice(L, message, NULL)) message = lua_pushfstring(L, "%s\n%s", message, lua_tostring(L, -1));
    push_traceback(L, message, 1);
    return 1;
}

static int save_traceback(lua_State *L) {
    const char *message = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL;
    const char *advice = cluabridge_push_advice(L, message, NULL) ? lua_tostring(L, -1) : NULL;
    push_traceback(L, advice, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
    lua_settop(L, 1);
    return 1;
}

void cluabridge_push_traceback(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
}

/// Puts the handler below the function. Light C functions need no memory.
static int push_handler(lua_State *L, int arguments, int on_error) {
    lua_pushcfunction(L, on_error == CLUABRIDGE_ERROR_TRACEBACK ? append_traceback : save_traceback);
    int handler = lua_gettop(L) - arguments - 1;
    lua_insert(L, handler);
    return handler;
}

int cluabridge_protected_call(lua_State *L, int arguments, int results, int on_error) {
    cluabridge_State *state = cluabridge_state(L);
    if (!lua_checkstack(L, 1)) {
        lua_pop(L, arguments + 1);
        lua_pushliteral(L, "stack overflow");
        return LUA_ERRRUN;
    }
    int handler = on_error == CLUABRIDGE_ERROR_AS_IS ? 0 : push_handler(L, arguments, on_error);

    bool outer_mark = state->in_swift;
    lua_State *outer_thread = state->interrupts.running;
    state->in_swift = false;
    cluabridge_set_running(state, L);
    int status = lua_pcall(L, arguments, results, handler);
    cluabridge_set_running(state, outer_thread);
    state->in_swift = outer_mark;

    if (handler != 0) lua_remove(L, handler);
    return status;
}

static int get(lua_State *L) {
    lua_gettable(L, 1);
    return 1;
}

int cluabridge_get(lua_State *L, int index) {
    index = lua_absindex(L, index);
    lua_pushcfunction(L, get);
    lua_pushvalue(L, index);
    lua_rotate(L, -3, -1);
    return cluabridge_protected_call(L, 2, 1, CLUABRIDGE_ERROR_AS_IS);
}

static int set(lua_State *L) {
    lua_settable(L, 1);
    return 0;
}

int cluabridge_set(lua_State *L, int index) {
    index = lua_absindex(L, index);
    lua_pushcfunction(L, set);
    lua_pushvalue(L, index);
    lua_rotate(L, -4, 2);
    return cluabridge_protected_call(L, 3, 0, CLUABRIDGE_ERROR_AS_IS);
}

static int length(lua_State *L) {
    lua_len(L, 1);
    return 1;
}

static int tostring(lua_State *L) {
    luaL_tolstring(L, 1, NULL);
    return 1;
}

static int next(lua_State *L) {
    lua_settop(L, 2);
    return lua_next(L, 1) ? 2 : 0;
}

static int pairs(lua_State *L) {
    if (luaL_getmetafield(L, 1, "__pairs") == LUA_TNIL) {
        luaL_checktype(L, 1, LUA_TTABLE);
        lua_pushcfunction(L, next);
        lua_pushvalue(L, 1);
        lua_pushnil(L);
    } else {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
    }
    return 3;
}

/// Runs an operation on the value at `index`.
static int apply(lua_State *L, lua_CFunction operation, int index, int results) {
    index = lua_absindex(L, index);
    lua_pushcfunction(L, operation);
    lua_pushvalue(L, index);
    return cluabridge_protected_call(L, 1, results, CLUABRIDGE_ERROR_AS_IS);
}

int cluabridge_length(lua_State *L, int index) { return apply(L, length, index, 1); }
int cluabridge_tostring(lua_State *L, int index) { return apply(L, tostring, index, 1); }
int cluabridge_pairs(lua_State *L, int index) { return apply(L, pairs, index, 3); }

static int compare(lua_State *L) {
    lua_pushboolean(L, lua_compare(L, 1, 2, (int)lua_tointeger(L, 3)));
    return 1;
}

int cluabridge_compare(lua_State *L, int left, int right, int operation) {
    left = lua_absindex(L, left);
    right = lua_absindex(L, right);
    lua_pushcfunction(L, compare);
    lua_pushvalue(L, left);
    lua_pushvalue(L, right);
    lua_pushinteger(L, operation);
    return cluabridge_protected_call(L, 3, 1, CLUABRIDGE_ERROR_AS_IS);
}

static int traceback(lua_State *L) {
    // Levels count from the function that asked: this one and nothing else is in front of it.
    luaL_traceback(L, L, lua_touserdata(L, 1), (int)lua_tointeger(L, 2) + 1);
    return 1;
}

int cluabridge_traceback(lua_State *L, const char *message, int level) {
    lua_pushcfunction(L, traceback);
    lua_pushlightuserdata(L, (void *)message);
    lua_pushinteger(L, level);
    return cluabridge_protected_call(L, 2, 1, CLUABRIDGE_ERROR_AS_IS);
}
