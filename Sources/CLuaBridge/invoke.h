// The step from C into a body written in Swift.
#ifndef CLUABRIDGE_INVOKE_H
#define CLUABRIDGE_INVOKE_H

#include "CLuaBridge.h"

/// Raises the fault that a body reported by returning `code`.
int cluabridge_raise_fault(lua_State *L, int code);

/// Runs `body` in the C function that is executing. The body has returned before anything is raised, so a longjmp from
/// here crosses no Swift frame.
static inline int invoke(lua_State *L, cluabridge_Body body) {
    cluabridge_State *state = cluabridge_state(L);
    // A finalizer can bring us here from an allocation that Swift made: then the mark has to stay set.
    bool outer = state->in_swift;
    state->in_swift = true;
    int results = body(L);
    state->in_swift = outer;
    return results >= 0 ? results : cluabridge_raise_fault(L, results);
}

#endif
