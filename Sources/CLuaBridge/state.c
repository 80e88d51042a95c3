// Opening and closing a state.
#include "allocator.h"
#include "frames.h"

#include <stdio.h>
#include <stdlib.h>

/// Lua calls this for an error outside any protected call, and aborts when it returns.
static int panic(lua_State *L) {
    const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "error object is not a string";
    fprintf(stderr, "%s: error outside any protected call: %s\n", cluabridge_state(L)->program_name, message);
    return 0;
}

cluabridge_State *cluabridge_open(const char *program_name) {
    cluabridge_State *state = calloc(1, sizeof *state);
    if (state == NULL) return NULL;
    // luaL_newstate brings the functions behind `warn`, which lauxlib keeps to itself. Its allocator is plain
    // realloc and free, so the blocks that exist already can change hands.
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        free(state);
        return NULL;
    }
    state->main = L;
    state->program_name = program_name;
    state->memory.allocations_left = -1;
    state->memory.on_exhaustion = cluabridge_exhausted;
    state->interrupts.running = L;
    *(cluabridge_State **)lua_getextraspace(L) = state;
    lua_setallocf(L, cluabridge_allocate, state);
    lua_atpanic(L, panic);
    state->knows_frames = cluabridge_try_frames(L);
    // Swift holds the state from here on. Whoever runs Lua code goes through a protected call, which clears
    // the mark.
    state->in_swift = true;
    return state;
}

void cluabridge_close(cluabridge_State *state) {
    // Finalizers are Lua code: each runs in a protected call of its own, inside lua_close.
    state->in_swift = false;
    lua_close(state->main);
    free(state);
}

/// Has Lua's string buffers make the metatable of their boxes. Lua 5.4 makes it when first needed, and should
/// memory run out half-way, never completes it: all large buffers would fail from then on.
static void prepare_string_buffers(lua_State *L) {
    luaL_Buffer buffer;
    luaL_buffinitsize(L, &buffer, sizeof buffer.init + 1);
    luaL_pushresultsize(&buffer, 0);
    lua_pop(L, 1);
}

static int open_libraries(lua_State *L) {
    luaL_checkversion(L);
    if (lua_toboolean(L, 1)) {
        lua_pushboolean(L, 1);
        lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
    }
    luaL_openlibs(L);
    cluabridge_track_coroutines(L);
    prepare_string_buffers(L);
    return 0;
}

int cluabridge_open_libraries(lua_State *L, bool ignoring_environment) {
    lua_pushcfunction(L, open_libraries);
    lua_pushboolean(L, ignoring_environment);
    return cluabridge_protected_call(L, 1, 0, CLUABRIDGE_ERROR_AS_IS);
}
