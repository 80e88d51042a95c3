// The only place that raises a fault of Swift's: what a body reported, after it has returned.
#include "CLuaBridge.h"
#include "invoke.h"

#include <string.h>

/// Pushes the text of the fault. Must come first: whatever allocates may run a finalizer, and with it a body
/// that reports a fault of its own into the same buffer.
static void push_text(lua_State *L, const cluabridge_Fault *fault) {
    if (!fault->on_stack) lua_pushlstring(L, fault->text, fault->length);
}

/// As luaL_argerror. Where Lua code of the module stands between the user and the function that failed, the user called that
/// code, with the same arguments.
static int raise_argument(lua_State *L, int position, const char *text) {
    cluabridge_Call call;
    if (!cluabridge_internal_caller(L, &call)) return luaL_argerror(L, position, text);
    if (call.as_method) position--;
    if (position == 0) {
        lua_pushfstring(L, "calling '%s' on bad self (%s)", call.name, text);
    } else {
        lua_pushfstring(L, "bad argument #%d to '%s' (%s)", position, call.name, text);
    }
    cluabridge_push_caller(L);
    lua_insert(L, -2);
    lua_concat(L, 2);
    return lua_error(L);
}

bool cluabridge_is_module(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TTABLE || !lua_checkstack(L, 5)) return false;
    index = lua_absindex(L, index);
    bool found = false;
    lua_pushliteral(L, LUA_LOADED_TABLE);
    lua_rawget(L, LUA_REGISTRYINDEX);
    lua_pushnil(L);
    while (!found && lua_next(L, -2)) {
        found = lua_rawequal(L, index, -1);
        lua_pop(L, found ? 2 : 1);
    }
    lua_pop(L, 1);
    return found;
}

/// A function of a module that was called as a method of it: `time:sleep(1)`. Raises, if so.
static void refuse_colon(lua_State *L) {
    lua_Debug frame;
    if (!lua_getstack(L, 0, &frame) || !lua_getinfo(L, "n", &frame)) return;
    if (frame.name == NULL || strcmp(frame.namewhat, "method") != 0 || !cluabridge_is_module(L, 1)) return;
    cluabridge_push_caller(L);
    lua_pushfstring(L, "'%s' is a function of a module: call it with a dot, not with a colon", frame.name);
    lua_concat(L, 2);
    lua_error(L);
}

int cluabridge_raise_fault(lua_State *L, int code) {
    const cluabridge_State *state = cluabridge_state(L);
    int position = state->fault.position;
    // The body may have used up the stack that Lua guarantees.
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    switch (code) {
        case CLUABRIDGE_FAULT_VALUE:
            break;
        case CLUABRIDGE_FAULT_PLAIN:
            push_text(L, &state->fault);
            break;
        case CLUABRIDGE_FAULT_ARGUMENT:
            push_text(L, &state->fault);
            refuse_colon(L);
            return raise_argument(L, position, lua_tostring(L, -1));
        default:
            push_text(L, &state->fault);
            refuse_colon(L);
            cluabridge_push_caller(L);
            lua_insert(L, -2);
            lua_concat(L, 2);
            break;
    }
    return lua_error(L);
}
