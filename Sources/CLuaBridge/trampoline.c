// From Lua into Swift: what Lua calls is a C function, which runs the body.
//
// A body gets a C function of its own, an entry, while there are any left: for Lua it costs no more than a function
// written in C. A body with upvalues is a closure over a function that all of them share, and looks itself up.
//
// The few bodies with a quick form have entries that try that first.
#include "CLuaBridge.h"
#include "invoke.h"

_Static_assert(sizeof(cluabridge_Body) == sizeof(void *), "a body travels in a light userdata");

#define SIXTEEN(do, n) \
    do(n##0) do(n##1) do(n##2) do(n##3) do(n##4) do(n##5) do(n##6) do(n##7) \
    do(n##8) do(n##9) do(n##a) do(n##b) do(n##c) do(n##d) do(n##e) do(n##f)
#define ALL(do) \
    SIXTEEN(do, 00) SIXTEEN(do, 01) SIXTEEN(do, 02) SIXTEEN(do, 03) SIXTEEN(do, 04) SIXTEEN(do, 05) SIXTEEN(do, 06) \
    SIXTEEN(do, 07) SIXTEEN(do, 08) SIXTEEN(do, 09) SIXTEEN(do, 0a) SIXTEEN(do, 0b) SIXTEEN(do, 0c) SIXTEEN(do, 0d) \
    SIXTEEN(do, 0e) SIXTEEN(do, 0f) SIXTEEN(do, 10) SIXTEEN(do, 11) SIXTEEN(do, 12) SIXTEEN(do, 13) SIXTEEN(do, 14) \
    SIXTEEN(do, 15) SIXTEEN(do, 16) SIXTEEN(do, 17) SIXTEEN(do, 18) SIXTEEN(do, 19) SIXTEEN(do, 1a) SIXTEEN(do, 1b) \
    SIXTEEN(do, 1c) SIXTEEN(do, 1d) SIXTEEN(do, 1e) SIXTEEN(do, 1f)
#define QUICK(do) SIXTEEN(do, 0)

/// The body of each entry, given out in order, never taken back.
static cluabridge_Body bodies[512];
/// The same for bodies with a quick form.
static struct {
    cluabridge_QuickBody quick;
    cluabridge_Body body;
} quick_bodies[16];

#define ENTER(n) static int enter_##n(lua_State *L) { return invoke(L, bodies[0x##n]); }
#define ENTER_QUICKLY(n) \
    static int enter_quickly_##n(lua_State *L) { \
        int results = quick_bodies[0x##n].quick(L); \
        return results >= 0 ? results : invoke_slowly(L, quick_bodies[0x##n].body); \
    }
#define NAME(n) enter_##n,
#define NAME_QUICK(n) enter_quickly_##n,

/// Not inlined, so that the quick way saves no registers for it.
__attribute__((noinline)) static int invoke_slowly(lua_State *L, cluabridge_Body body) { return invoke(L, body); }

ALL(ENTER)
QUICK(ENTER_QUICKLY)
static const lua_CFunction entries[] = {ALL(NAME)}, quick_entries[] = {QUICK(NAME_QUICK)};
enum { ENTRIES = sizeof entries / sizeof *entries, QUICK_ENTRIES = sizeof quick_entries / sizeof *quick_entries };
_Static_assert(ENTRIES == sizeof bodies / sizeof *bodies, "an entry for each body");
_Static_assert(QUICK_ENTRIES == sizeof quick_bodies / sizeof *quick_bodies, "an entry for each body");

/// Makes `*place` the function's, unless it is another's already. Programs with states on several threads share the entries.
static bool claim(lua_CFunction *place, lua_CFunction function) {
    lua_CFunction owner = __atomic_load_n(place, __ATOMIC_RELAXED);
    if (owner != NULL) return owner == function;
    return __atomic_compare_exchange_n(place, &owner, function, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
           || owner == function;
}

/// The entry of a body, NULL if all are given to others.
static lua_CFunction entry_of(cluabridge_Body body) {
    for (int i = 0; i < ENTRIES; i++) {
        if (claim(&bodies[i], body)) return entries[i];
    }
    return NULL;
}

/// The entry of a body and its quick form. Nobody calls it before both are there; who has the same quick form for another
/// body goes on to the next entry.
static lua_CFunction quick_entry_of(cluabridge_QuickBody quick, cluabridge_Body body) {
    for (int i = 0; i < QUICK_ENTRIES; i++) {
        if (claim(&quick_bodies[i].quick, quick) && claim(&quick_bodies[i].body, body)) return quick_entries[i];
    }
    return NULL;
}

void cluabridge_push_quick_function(lua_State *L, cluabridge_QuickBody quick, cluabridge_Body body) {
    lua_CFunction entry = quick_entry_of(quick, body);
    if (entry != NULL) {
        lua_pushcfunction(L, entry);
    } else {
        cluabridge_push_function(L, body, 0);
    }
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

/// Its errors name the function that was called, as it runs in the frame of this one.
static int preceded(lua_State *L) {
    ((void (*)(void))lua_touserdata(L, lua_upvalueindex(1)))();
    return lua_tocfunction(L, lua_upvalueindex(2))(L);
}

void cluabridge_precede(lua_State *L, void (*before)(void)) {
    if (!lua_iscfunction(L, -1)) return;
    if (lua_getupvalue(L, -1, 1) != NULL) {
        lua_pop(L, 1);
        return;
    }
    lua_pushlightuserdata(L, (void *)before);
    lua_insert(L, -2);
    lua_pushcclosure(L, preceded, 2);
}
