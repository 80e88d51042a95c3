// From Lua into Swift, and the only place that raises a fault of Swift's.
//
// A body written in Swift returns before anything is raised, so a longjmp from here crosses no Swift frame.
#include "CLuaBridge.h"

_Static_assert(sizeof(cluabridge_Body) == sizeof(void *), "a body travels in a light userdata");

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

static int raise_fault(lua_State *L, const cluabridge_State *state, int code) {
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
            return raise_argument(L, position, lua_tostring(L, -1));
        default:
            push_text(L, &state->fault);
            cluabridge_push_caller(L);
            lua_insert(L, -2);
            lua_concat(L, 2);
            break;
    }
    return lua_error(L);
}

int cluabridge_invoke(lua_State *L, cluabridge_Body body) {
    cluabridge_State *state = cluabridge_state(L);
    // A finalizer can bring us here from an allocation that Swift made: then the mark has to stay set.
    bool outer = state->in_swift;
    state->in_swift = true;
    int results = body(L);
    state->in_swift = outer;
    return results >= 0 ? results : raise_fault(L, state, results);
}

static int trampoline(lua_State *L) {
    return cluabridge_invoke(L, (cluabridge_Body)lua_touserdata(L, lua_upvalueindex(1)));
}

void cluabridge_push_function(lua_State *L, cluabridge_Body body, int upvalues) {
    lua_pushlightuserdata(L, (void *)body);
    lua_insert(L, -(upvalues + 1));
    lua_pushcclosure(L, trampoline, upvalues + 1);
}
