// The collector.
#include "CLuaBridge.h"

/// Bytes to be charged before the collector is told: often enough to matter, rarely enough not to be felt.
enum { CHARGE_QUANTUM = 16 * 1024 };

/// How far ahead of its allocations the collector is told to be while it is paused, in KiB: more than any
/// heap holds.
enum { HEAD_START = 1 << 30 };

bool cluabridge_collector_is_running(lua_State *L) {
    return lua_gc(L, LUA_GCISRUNNING) == 1;
}

// LUA_GCSTOP and LUA_GCRESTART would do, but restarting forgets how far the next collection was away and so
// brings it on at once: ruinous for pauses as short as a message. A step of negative size puts the collection
// off, the same step with the sign turned brings it back to where it was, plus what was allocated in between.

bool cluabridge_pause_collector(lua_State *L) {
    bool was_running = cluabridge_collector_is_running(L);
    if (was_running) lua_gc(L, LUA_GCSTEP, -HEAD_START);
    return was_running;
}

void cluabridge_resume_collector(lua_State *L, bool was_running) {
    if (was_running) lua_gc(L, LUA_GCSTEP, HEAD_START);
}

void cluabridge_collect(lua_State *L) {
    lua_gc(L, LUA_GCCOLLECT);
}

void cluabridge_use_generational_collector(lua_State *L) {
    lua_gc(L, LUA_GCGEN, 0, 0);
}

void cluabridge_charge_collector(lua_State *L, size_t bytes) {
    cluabridge_State *state = cluabridge_state(L);
    state->collector_debt += bytes;
    if (state->collector_debt < CHARGE_QUANTUM) return;
    // No single charge may look like more than a step can take; what is lost to the cap is lost to accuracy
    // only.
    size_t kilobytes = state->collector_debt / 1024;
    state->collector_debt %= 1024;
    if (kilobytes > HEAD_START) kilobytes = HEAD_START;
    if (cluabridge_collector_is_running(L)) lua_gc(L, LUA_GCSTEP, (int)kilobytes);
}
