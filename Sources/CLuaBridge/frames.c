// Trying out whether calls look in memory as cluabridge_frames.h says. What is read is compared with what Lua's interface tells
// before it is used to read more.
#include "frames.h"

#include <string.h>

enum { SIZE = 24, NUMBER = 7 };

/// Called with a userdata of SIZE bytes and NUMBER. Returns the address of the caller's instruction if all is as expected.
static int look(lua_State *L) {
    const cluabridge_Thread *thread = (const void *)L;
    lua_Debug own, caller;
    if (!lua_getstack(L, 0, &own) || !lua_getstack(L, 1, &caller)) return 0;

    const cluabridge_Frame *frame = thread->frame;
    if (frame != (const void *)own.i_ci || frame->previous != (const void *)caller.i_ci) return 0;
    if (!(frame->status & CLUABRIDGE_FRAME_IS_C) || frame->previous->status & CLUABRIDGE_FRAME_IS_C) return 0;
    const cluabridge_Value *arguments = frame->function + 1;
    if (thread->top - arguments != 2) return 0;
    if (arguments[0].tag != CLUABRIDGE_TAG_USERDATA || arguments[1].tag != CLUABRIDGE_TAG_INTEGER) return 0;
    if (arguments[1].integer != NUMBER || arguments[0].userdata + 1 != lua_touserdata(L, 1)) return 0;
    if (arguments[0].userdata->size != SIZE || arguments[0].userdata->user_values != 0) return 0;

    lua_pushlightuserdata(L, (void *)(uintptr_t)frame->previous->next_instruction);
    return 1;
}

/// Has `look` called twice from one function, and returns whether it found what it should. Protected: it may run out of memory.
static int try_frames(lua_State *L) {
    // Between the calls lie the four instructions of the second, of four bytes each.
    static const char text[] =
        "local look, userdata, number = ... "
        "local first = look(userdata, number) "
        "local second = look(userdata, number) "
        "return first, second";
    if (luaL_loadbuffer(L, text, strlen(text), "=[frames]") != LUA_OK) return lua_error(L);
    lua_pushcfunction(L, look);
    lua_newuserdatauv(L, SIZE, 0);
    lua_pushinteger(L, NUMBER);
    lua_call(L, 3, 2);
    const char *first = lua_touserdata(L, -2), *second = lua_touserdata(L, -1);
    lua_pushboolean(L, first != NULL && second == first + 16);
    return 1;
}

bool cluabridge_try_frames(lua_State *L) {
    if (LUA_VERSION_NUM != 504) return false;
    lua_pushcfunction(L, try_frames);
    bool is_right = lua_pcall(L, 0, 1, 0) == LUA_OK && lua_toboolean(L, -1);
    lua_settop(L, 0);
    return is_right;
}
