// Tracebacks for users: of a module written in Swift they know the functions that they call, not what these call in turn.
#define _GNU_SOURCE
#include "traceback.h"

#include <string.h>

/// A line of a traceback, from its tabulator to the end.
typedef struct {
    const char *start;
    size_t length;
} Line;

static bool begins(Line line, const char *text) {
    return line.length >= strlen(text) && memcmp(line.start, text, strlen(text)) == 0;
}

/// A function written in Lua whose chunk has a name like `=[module]`; see positions.c.
static bool is_internal(Line line) {
    return begins(line, "\t[") && !begins(line, "\t[C]") && !begins(line, "\t[string \"")
           && memmem(line.start, line.length, "]:", 2) != NULL;
}

static void add(luaL_Buffer *buffer, Line line) {
    if (line.start == NULL) return;
    luaL_addchar(buffer, '\n');
    luaL_addlstring(buffer, line.start, line.length);
}

/// Adds a function of a module as one written in C, by the name that its caller knows; nothing if there is none.
static void add_as_c(luaL_Buffer *buffer, Line line) {
    const char *name = line.start == NULL ? NULL : memmem(line.start, line.length, ": in ", 5);
    if (name == NULL || memmem(line.start, line.length, " <[", 3) != NULL) return;
    luaL_addstring(buffer, "\n\t[C]");
    luaL_addlstring(buffer, name, line.length - (size_t)(name - line.start));
}

/// Adds the lines of `text` behind its first one.
static void add_lines(luaL_Buffer *buffer, const char *text) {
    const Line none = {NULL, 0};
    Line internal = none;  // the outermost so far of functions of modules that called each other
    Line c = none;         // a function written in C behind it, which may be between two of those
    for (const char *start = strchr(text, '\n'); start != NULL;) {
        const char *next = strchr(++start, '\n');
        Line line = {start, next == NULL ? strlen(start) : (size_t)(next - start)};
        start = next;
        if (is_internal(line)) {
            internal = line;
            c = none;
            continue;
        }
        if (begins(line, "\t[C]") && c.start == NULL) {
            c = line;
            continue;
        }
        add_as_c(buffer, internal);
        add(buffer, c);
        internal = c = none;
        if (begins(line, "\t[C]")) c = line; else add(buffer, line);
    }
    add_as_c(buffer, internal);
    add(buffer, c);
}

void push_traceback(lua_State *L, const char *message, int level) {
    luaL_traceback(L, L, NULL, level);
    const char *text = lua_tostring(L, -1);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    if (message != NULL) {
        luaL_addstring(&buffer, message);
        luaL_addchar(&buffer, '\n');
    }
    luaL_addlstring(&buffer, text, strcspn(text, "\n"));
    add_lines(&buffer, text);
    luaL_pushresult(&buffer);
    lua_remove(L, -2);
}
