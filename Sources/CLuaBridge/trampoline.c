// From Lua into Swift: what Lua calls is a C function, which runs the body.
//
// A body gets a C function of its own, an entry, while there are any left: for Lua it costs no more than a function
// written in C. A body with upvalues is a closure over a function that all of them share, and looks itself up.
//
// The few bodies with a quick form have entries that try that first.
#include "CLuaBridge.h"
#include "invoke.h"

_Static_assert(sizeof(cluabridge_Body) == sizeof(void *), "a body travels in a light userdata");

/// A body that a C function stands for.
typedef struct {
    cluabridge_Body body;
    cluabridge_QuickBody quick;  ///< NULL = none
} Entry;

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

/// Given out in order, never taken back.
static Entry entries[512], quick_entries[16];

#define ENTER(n) static int enter_##n(lua_State *L) { return invoke(L, entries[0x##n].body); }
#define ENTER_QUICKLY(n) \
    static int enter_quickly_##n(lua_State *L) { \
        int results = quick_entries[0x##n].quick(L); \
        return results >= 0 ? results : invoke_slowly(L, quick_entries[0x##n].body); \
    }
#define NAME(n) enter_##n,
#define NAME_QUICK(n) enter_quickly_##n,

__attribute__((noinline)) static int invoke_slowly(lua_State *L, cluabridge_Body body) { return invoke(L, body); }

ALL(ENTER)
QUICK(ENTER_QUICKLY)
static const lua_CFunction functions[] = {ALL(NAME)}, quick_functions[] = {QUICK(NAME_QUICK)};
enum { ENTRIES = sizeof functions / sizeof *functions, QUICK_ENTRIES = sizeof quick_functions / sizeof *quick_functions };
_Static_assert(ENTRIES == sizeof entries / sizeof *entries, "a function for each entry");
_Static_assert(QUICK_ENTRIES == sizeof quick_entries / sizeof *quick_entries, "a function for each entry");

/// The number of the entry of a body, -1 if all are given to others. Programs with states on several threads share them.
static int entry_of(cluabridge_Body body, cluabridge_QuickBody quick, Entry entries[], int count) {
    for (int i = 0; i < count; i++) {
        cluabridge_Body owner = __atomic_load_n(&entries[i].body, __ATOMIC_RELAXED);
        bool mine = owner == body;
        if (owner == NULL) {
            mine = __atomic_compare_exchange_n(&entries[i].body, &owner, body, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
                   || owner == body;
        }
        if (!mine) continue;
        __atomic_store_n(&entries[i].quick, quick, __ATOMIC_RELAXED);
        return i;
    }
    return -1;
}

void cluabridge_push_quick_function(lua_State *L, cluabridge_QuickBody quick, cluabridge_Body body) {
    int entry = entry_of(body, quick, quick_entries, QUICK_ENTRIES);
    if (entry < 0) {
        cluabridge_push_function(L, body, 0);
        return;
    }
    lua_pushcfunction(L, quick_functions[entry]);
}

static int closure(lua_State *L) {
    return invoke(L, (cluabridge_Body)lua_touserdata(L, lua_upvalueindex(1)));
}

void cluabridge_push_function(lua_State *L, cluabridge_Body body, int upvalues) {
    int entry = upvalues == 0 ? entry_of(body, NULL, entries, ENTRIES) : -1;
    if (entry >= 0) {
        lua_pushcfunction(L, functions[entry]);
        return;
    }
    lua_pushlightuserdata(L, (void *)body);
    lua_insert(L, -(upvalues + 1));
    lua_pushcclosure(L, closure, upvalues + 1);
}
