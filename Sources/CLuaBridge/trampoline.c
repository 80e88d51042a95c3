// From Lua into Swift: what Lua calls is a C function, which runs the body.
//
// A body gets a C function of its own, an entry, while there are any left: for Lua it costs no more than a function
// written in C. A body with upvalues is a closure over a function that all of them share, and looks itself up.
#include "CLuaBridge.h"
#include "invoke.h"

_Static_assert(sizeof(cluabridge_Body) == sizeof(void *), "a body travels in a light userdata");

/// The body of each entry, given out in order, never taken back.
static cluabridge_Body bodies[512];

#define ENTRY(n) static int entry_##n(lua_State *L) { return invoke(L, bodies[0x##n]); }
#define NAME(n) entry_##n,
#define SIXTEEN(do, n) \
    do(n##0) do(n##1) do(n##2) do(n##3) do(n##4) do(n##5) do(n##6) do(n##7) \
    do(n##8) do(n##9) do(n##a) do(n##b) do(n##c) do(n##d) do(n##e) do(n##f)
#define ALL(do) \
    SIXTEEN(do, 00) SIXTEEN(do, 01) SIXTEEN(do, 02) SIXTEEN(do, 03) SIXTEEN(do, 04) SIXTEEN(do, 05) SIXTEEN(do, 06) \
    SIXTEEN(do, 07) SIXTEEN(do, 08) SIXTEEN(do, 09) SIXTEEN(do, 0a) SIXTEEN(do, 0b) SIXTEEN(do, 0c) SIXTEEN(do, 0d) \
    SIXTEEN(do, 0e) SIXTEEN(do, 0f) SIXTEEN(do, 10) SIXTEEN(do, 11) SIXTEEN(do, 12) SIXTEEN(do, 13) SIXTEEN(do, 14) \
    SIXTEEN(do, 15) SIXTEEN(do, 16) SIXTEEN(do, 17) SIXTEEN(do, 18) SIXTEEN(do, 19) SIXTEEN(do, 1a) SIXTEEN(do, 1b) \
    SIXTEEN(do, 1c) SIXTEEN(do, 1d) SIXTEEN(do, 1e) SIXTEEN(do, 1f)

ALL(ENTRY)
static const lua_CFunction entries[] = {ALL(NAME)};
enum { ENTRIES = sizeof entries / sizeof *entries };
_Static_assert(ENTRIES == sizeof bodies / sizeof *bodies, "an entry for each body");

/// The entry of a body, NULL if all are given to others. Programs with states on several threads share them.
static lua_CFunction entry_of(cluabridge_Body body) {
    for (int i = 0; i < ENTRIES; i++) {
        cluabridge_Body owner = __atomic_load_n(&bodies[i], __ATOMIC_RELAXED);
        bool mine = owner == body;
        if (owner == NULL) {
            mine = __atomic_compare_exchange_n(&bodies[i], &owner, body, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
                   || owner == body;
        }
        if (mine) return entries[i];
    }
    return NULL;
}

static int closure(lua_State *L) {
    return invoke(L, (cluabridge_Body)lua_touserdata(L, lua_upvalueindex(1)));
}

void cluabridge_push_function(lua_State *L, cluabridge_Body body, int upvalues) {
    lua_CFunction entry = upvalues == 0 ? entry_of(body) : NULL;
    if (entry != NULL) {
        lua_pushcfunction(L, entry);
        return;
    }
    lua_pushlightuserdata(L, (void *)body);
    lua_insert(L, -(upvalues + 1));
    lua_pushcclosure(L, closure, upvalues + 1);
}
