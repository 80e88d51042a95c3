// Trying out whether calls look in memory as cluabridge_frames.h says.
#ifndef CLUABRIDGE_TRY_FRAMES_H
#define CLUABRIDGE_TRY_FRAMES_H

#include "CLuaBridge.h"

/// Whether they do. For a new state; leaves its stack empty.
bool cluabridge_try_frames(lua_State *L);

#endif
