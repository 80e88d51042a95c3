// The C half of the bridge between Lua and Swift.
//
// Lua raises errors with longjmp. A longjmp over a Swift frame is undefined behaviour: releases, `defer`
// blocks and exclusivity records are skipped. So everything that raises lives here, in C, and runs while no
// Swift frame stands between the raise and the protected call that catches it:
//
//     cluabridge_state.h         the record kept beside each Lua state
//     cluabridge_unavailable.h   what Swift may not call, enforced by the compiler
//     cluabridge_calls.h         functions into Swift, protected calls out of it, operations that run metamethods
//     cluabridge_objects.h       userdata classes: creation, type check, finalisation
//     cluabridge_frames.h        what a call looks like in memory, for functions of some nanoseconds
//     cluabridge_services.h      opening, loading, collector, interruption, positions
//
// Swift may freely call the rest of Lua's API, functions that fail only for want of memory included:
// allocator.c says why that is safe.
#ifndef CLUABRIDGE_H
#define CLUABRIDGE_H

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>

#include "cluabridge_state.h"
#include "cluabridge_unavailable.h"
#include "cluabridge_calls.h"
#include "cluabridge_objects.h"
#include "cluabridge_frames.h"
#include "cluabridge_services.h"

#endif
