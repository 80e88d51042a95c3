#ifndef CLUABRIDGE_TRACEBACK_H
#define CLUABRIDGE_TRACEBACK_H

#include "CLuaBridge.h"

#pragma clang assume_nonnull begin

/// As luaL_traceback for the running thread, but functions of modules are shown as if they were written in C.
void push_traceback(lua_State *L, const char *_Nullable message, int level);

#pragma clang assume_nonnull end

#endif
