// Where Lua code is.
#include "CLuaBridge.h"

#include <string.h>

/// Lua code that belongs to a module written in Swift is loaded under a name like `=[module]`. Users do not know it:
/// positions are those of its callers.
static bool is_internal(const lua_Debug *frame) { return frame->currentline > 0 && strncmp(frame->source, "=[", 2) == 0; }

void cluabridge_push_caller(lua_State *L) {
    lua_Debug frame;
    int level = 1;
    // Behind such code, functions written in C are what it called itself with, as pcall.
    for (; lua_getstack(L, level, &frame) && lua_getinfo(L, "Sl", &frame); level++) {
        bool is_c = *frame.what == 'C';
        if (!is_internal(&frame) && !(is_c && level > 1)) break;
    }
    luaL_where(L, level);
}

/// The method in `=[class.method]`, written to `name`.
static void name_method(const char *source, char name[static CLUABRIDGE_NAME_SIZE]) {
    const char *dot = strchr(source, '.');
    const char *start = dot == NULL ? source + 2 : dot + 1;
    size_t length = strcspn(start, "]");
    if (length >= CLUABRIDGE_NAME_SIZE) length = CLUABRIDGE_NAME_SIZE - 1;
    memcpy(name, start, length);
    name[length] = 0;
}

bool cluabridge_internal_caller(lua_State *L, cluabridge_Call *call) {
    lua_Debug frame;
    if (!lua_getstack(L, 1, &frame) || !lua_getinfo(L, "Sln", &frame) || !is_internal(&frame)) return false;
    call->as_method = frame.name == NULL || strcmp(frame.namewhat, "method") == 0;
    // A tail call has lost the name: it is in that of the chunk.
    name_method(frame.source, call->name);
    return true;
}

/// Fills in the position of the function in `frame`, if it is Lua code with line information.
static bool locate(lua_State *L, lua_Debug *frame, cluabridge_Position *position) {
    if (!lua_getinfo(L, "Sl", frame) || frame->currentline <= 0 || is_internal(frame)) return false;
    position->source = frame->source;
    position->line = frame->currentline;
    memcpy(position->short_source, frame->short_src, sizeof position->short_source);
    return true;
}

bool cluabridge_position_at(lua_State *L, int level, cluabridge_Position *position) {
    lua_Debug frame;
    return lua_getstack(L, level, &frame) && locate(L, &frame, position);
}

bool cluabridge_position(lua_State *L, cluabridge_Position *position) {
    lua_Debug frame;
    for (int level = 0; lua_getstack(L, level, &frame); level++) {
        if (locate(L, &frame, position)) return true;
    }
    return false;
}

int cluabridge_line_in(lua_State *L, const char *short_source) {
    lua_Debug frame;
    if (!lua_getstack(L, 1, &frame) || !lua_getinfo(L, "Sl", &frame)) return 0;
    return strcmp(frame.short_src, short_source) == 0 ? frame.currentline : 0;
}

const char *cluabridge_called_as(lua_State *L, bool *as_method) {
    static char internal_name[CLUABRIDGE_NAME_SIZE];
    lua_Debug frame;
    cluabridge_Call call;
    *as_method = false;
    if (cluabridge_internal_caller(L, &call)) {
        *as_method = call.as_method;
        memcpy(internal_name, call.name, sizeof internal_name);
        return internal_name;
    }
    if (!lua_getstack(L, 0, &frame) || !lua_getinfo(L, "n", &frame)) return NULL;
    *as_method = strcmp(frame.namewhat, "method") == 0;
    return frame.name;
}
