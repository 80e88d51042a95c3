// The allocator of every Lua state that the bridge opens.
#ifndef CLUABRIDGE_ALLOCATOR_H
#define CLUABRIDGE_ALLOCATOR_H

#include "CLuaBridge.h"

/// A lua_Alloc; `record` is the state's cluabridge_State.
void *cluabridge_allocate(void *record, void *block, size_t old_size, size_t new_size);

/// The default cluabridge_ExhaustionHandler: says "not enough memory" on stderr and ends the process with status 1.
void cluabridge_exhausted(void *record);

#endif
