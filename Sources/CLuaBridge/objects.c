// Userdata classes: creation, properties, finalisation.
#include "CLuaBridge.h"
#include "invoke.h"

int cluabridge_new_class(void) {
    // Programs define their classes in lazily initialised globals, on whichever thread asks first.
    static int count;
    int index = __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
    return index < CLUABRIDGE_CLASS_LIMIT ? index : -1;
}

/// `__gc`. Scripts can reach it through the debug library and call it with anything, at any time.
static int finalize(lua_State *L) {
    int index = (int)lua_tointeger(L, lua_upvalueindex(1));
    void *payload = cluabridge_object(L, 1, index);
    if (payload == NULL) return 0;
    cluabridge_State *state = cluabridge_state(L);
    ((cluabridge_Header *)payload - 1)->owner = NULL;

    bool outer = state->in_swift;
    state->in_swift = true;
    state->classes[index].finalizer(L, payload);
    state->in_swift = outer;
    return 0;
}

void cluabridge_install_class(lua_State *L, int index, size_t size, cluabridge_Finalizer finalizer) {
    cluabridge_Class *class = &cluabridge_state(L)->classes[index];
    if (finalizer != NULL) {
        lua_pushliteral(L, "__gc");
        lua_pushinteger(L, index);
        lua_pushcclosure(L, finalize, 1);
        lua_rawset(L, -3);
    }
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, class);  // keeps the metatable, and with it its address
    class->metatable = lua_topointer(L, -1);
    class->size = size;
    class->finalizer = finalizer;
}

void cluabridge_push_metatable(lua_State *L, int index) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &cluabridge_state(L)->classes[index]);
}

void *cluabridge_new_object(lua_State *L, int index, int user_values) {
    cluabridge_Class *class = &cluabridge_state(L)->classes[index];
    cluabridge_Header *header = lua_newuserdatauv(L, sizeof(cluabridge_Header) + class->size, user_values);
    header->owner = class;
    cluabridge_push_metatable(L, index);
    lua_setmetatable(L, -2);
    return header + 1;
}

bool cluabridge_is_finalized(lua_State *L, int index, int class_index) {
    const cluabridge_Class *class = &cluabridge_state(L)->classes[class_index];
    const cluabridge_Header *header = lua_touserdata(L, index);
    if (header == NULL || lua_rawlen(L, index) != sizeof *header + class->size) return false;
    if (header->owner != NULL || !lua_getmetatable(L, index)) return false;
    bool same = lua_topointer(L, -1) == class->metatable;
    lua_pop(L, 1);
    return same;
}

/// Runs the body in the light userdata on top of the stack, on the `arguments` values at the bottom.
static int invoke_top(lua_State *L, int arguments) {
    cluabridge_Body body = (cluabridge_Body)lua_touserdata(L, -1);
    lua_settop(L, arguments);
    return invoke(L, body);
}

/// `__index`: upvalues are members and the body for other keys, nil if there is none.
static int index_object(lua_State *L) {
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    switch (lua_rawget(L, lua_upvalueindex(1))) {
        case LUA_TLIGHTUSERDATA:
            return invoke_top(L, 2);
        case LUA_TNIL:
            if (lua_isnil(L, lua_upvalueindex(2))) {
                // The members refuse it.
                lua_pushvalue(L, 2);
                lua_gettable(L, lua_upvalueindex(1));
                return 1;
            }
            lua_pushvalue(L, lua_upvalueindex(2));
            return invoke_top(L, 2);
        default:
            return 1;
    }
}

void cluabridge_push_index(lua_State *L) {
    lua_pushcclosure(L, index_object, 2);
}

/// The text on top of the stack becomes an error at the innermost line of a script: a function of Lua's own libraries
/// may stand between that and us, as `table.insert` does.
static int raise_here(lua_State *L) {
    cluabridge_Position position;
    if (cluabridge_position(L, &position)) {
        lua_pushfstring(L, "%s:%d: ", position.short_source, position.line);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/// Says why the key at index 2 cannot be assigned to.
static int refuse_assignment(lua_State *L) {
    const char *class_name = lua_tostring(L, lua_upvalueindex(1));
    if (lua_type(L, 2) != LUA_TSTRING) {
        lua_pushfstring(L, "%s has no numbered fields", class_name);
        return raise_here(L);
    }
    const char *key = lua_tostring(L, 2);
    lua_pushvalue(L, 2);
    switch (lua_rawget(L, lua_upvalueindex(2))) {
        case LUA_TNIL: lua_pushfstring(L, "%s has no property '%s'", class_name, key); break;
        case LUA_TLIGHTUSERDATA: lua_pushfstring(L, "%s: '%s' is read-only", class_name, key); break;
        default: lua_pushfstring(L, "%s: '%s' is a method", class_name, key); break;
    }
    return raise_here(L);
}

/// `__newindex`: upvalues are the class's name, members, setters and the body for other keys.
static int assign_object(lua_State *L) {
    lua_settop(L, 3);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(3)) == LUA_TLIGHTUSERDATA) return invoke_top(L, 3);
    if (lua_isnil(L, lua_upvalueindex(4))) return refuse_assignment(L);
    lua_pushvalue(L, lua_upvalueindex(4));
    return invoke_top(L, 3);
}

void cluabridge_push_newindex(lua_State *L) {
    lua_pushcclosure(L, assign_object, 4);
}
