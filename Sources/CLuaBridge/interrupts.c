// Interrupting Lua code, from a signal handler.
//
// An interrupt is pending from the request until its delivery. The request sets a hook on the running thread,
// which fires at the next instruction, call or return. Should the thread change in between, the new one gets
// the hook too, so that a pending interrupt always has a hook in front of it. A hook that finds nothing
// pending just goes away.
//
// While a shield is up nothing is delivered and the collector, which would run finalizers, stands still. What was asked for meanwhile stays pending, and the end of the last
// shield arms the hook for it.
#include "CLuaBridge.h"

static void deliver(lua_State *L, lua_Debug *event);

/// Async-signal-safe as far as lua_sethook is, which Lua's own interpreter calls from its signal handler as
/// well.
static void arm(cluabridge_Interrupts *interrupts, lua_State *L) {
    if (lua_gethook(L) != deliver) {
        interrupts->hook = lua_gethook(L);
        interrupts->mask = lua_gethookmask(L);
        interrupts->count = lua_gethookcount(L);
    }
    lua_sethook(L, deliver, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

void cluabridge_interrupt(cluabridge_State *state) {
    state->interrupts.pending = 1;
    arm(&state->interrupts, state->interrupts.running);
}

void cluabridge_set_running(cluabridge_State *state, lua_State *L) {
    state->interrupts.running = L;
    // A request before the line above went to the old thread, one after it goes to the new one.
    if (state->interrupts.pending) arm(&state->interrupts, L);
}

void cluabridge_shield(lua_State *L) {
    cluabridge_Interrupts *interrupts = &cluabridge_state(L)->interrupts;
    if (interrupts->shields++ == 0) interrupts->collector_was_running = cluabridge_pause_collector(L);
}

void cluabridge_unshield(lua_State *L) {
    cluabridge_Interrupts *interrupts = &cluabridge_state(L)->interrupts;
    if (interrupts->shields == 0 || --interrupts->shields > 0) return;
    cluabridge_resume_collector(L, interrupts->collector_was_running);
    if (interrupts->pending) arm(interrupts, interrupts->running);
}

bool cluabridge_deliver_interrupt(lua_State *L) {
    cluabridge_Interrupts *interrupts = &cluabridge_state(L)->interrupts;
    if (!interrupts->pending || interrupts->shields > 0) return false;
    interrupts->pending = 0;
    return interrupts->handler != NULL && interrupts->handler(L);
}

static void deliver(lua_State *L, lua_Debug *event) {
    (void)event;
    cluabridge_State *state = cluabridge_state(L);
    // Before `pending` is cleared: a request that comes in between finds this thread armed or arms it again.
    lua_sethook(L, state->interrupts.hook, state->interrupts.mask, state->interrupts.count);

    bool outer = state->in_swift;
    state->in_swift = true;
    bool raise = cluabridge_deliver_interrupt(L);
    state->in_swift = outer;
    if (raise) lua_error(L);
}
