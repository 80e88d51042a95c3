// Functions into Swift, protected calls out of it.
//
// Stack effects are written as in Lua's manual: [-popped, +pushed].
#ifndef CLUABRIDGE_CALLS_H
#define CLUABRIDGE_CALLS_H

#include "cluabridge_state.h"

#pragma clang assume_nonnull begin

/// Pushes a Lua function that runs `body`. The `upvalues` values on top of the stack become its upvalues 2,
/// 3, … . [-upvalues, +1]
void cluabridge_push_function(lua_State *L, cluabridge_Body body, int upvalues);

/// Pushes a Lua function that runs `quick` and, if that is not enough, `body`. [-0, +1]
void cluabridge_push_quick_function(lua_State *L, cluabridge_QuickBody quick, cluabridge_Body body);

/// Puts a function that calls `before`, and then does what it did, in place of the C function on top of the stack. Leaves
/// alone what is none, and what has upvalues. [-1, +1]
void cluabridge_precede(lua_State *L, void (*before)(void));

/// What a protected call does with an error before it unwinds the stack.
enum {
    CLUABRIDGE_ERROR_AS_IS = 0,          ///< leave the error value alone
    CLUABRIDGE_ERROR_TRACEBACK = 1,      ///< append a traceback to messages, and fill it into error objects
    CLUABRIDGE_ERROR_SAVE_TRACEBACK = 2, ///< leave the value alone, keep the traceback for cluabridge_push_traceback
};

/// Calls the function below `arguments` values. On failure the error value is left in place of the results.
/// Returns a Lua status. [-(arguments + 1), +(results or 1)]
int cluabridge_protected_call(lua_State *L, int arguments, int results, int on_error);

/// Pushes the traceback saved by the last failed call with CLUABRIDGE_ERROR_SAVE_TRACEBACK (nil: none), and
/// forgets it. [-0, +1]
void cluabridge_push_traceback(lua_State *L);

// Operations that may run metamethods, each under one protected call. They return a Lua status; on failure
// the error value stands in place of the result.

/// Replaces the key on top by the value that the object at `index` has for it. [-1, +1]
int cluabridge_get(lua_State *L, int index);
/// Sets the key below the top to the value on top, in the object at `index`. [-2, +(0 or error)]
int cluabridge_set(lua_State *L, int index);
/// Pushes the length of the object at `index`, as the operator # gives it. [-0, +1]
int cluabridge_length(lua_State *L, int index);
/// Pushes the value at `index` as a string, as `tostring` gives it. [-0, +1]
int cluabridge_tostring(lua_State *L, int index);
/// Pushes whether the values at two indices compare by LUA_OPEQ, LUA_OPLT or LUA_OPLE. [-0, +1]
int cluabridge_compare(lua_State *L, int left, int right, int operation);
/// Pushes iterator, state and first control value, as `pairs` gives them. [-0, +3, or +1 on failure]
int cluabridge_pairs(lua_State *L, int index);
/// Pushes the traceback of the running thread from `level` on. [-0, +1]
int cluabridge_traceback(lua_State *L, const char *_Nullable message, int level);

/// How cluabridge_rawset and cluabridge_next can turn out.
enum {
    CLUABRIDGE_RAW_END = 0,      ///< next: no more entries
    CLUABRIDGE_RAW_DONE = 1,
    CLUABRIDGE_RAW_NIL_KEY = 2,
    CLUABRIDGE_RAW_NAN_KEY = 3,
    CLUABRIDGE_RAW_LOST_KEY = 4, ///< next: the key is no longer in the table
};

/// lua_rawset that refuses bad keys instead of raising. [-2, +0]
int cluabridge_rawset(lua_State *L, int index);

/// lua_next that reports a vanished key instead of raising. [-1, +2 if CLUABRIDGE_RAW_DONE]
int cluabridge_next(lua_State *L, int index);
/// lua_next for a key that is certain to be in the table: it raises on any other.
static inline bool cluabridge_next_unchanged(lua_State *L, int index) { return lua_next(L, index) != 0; }

#pragma clang assume_nonnull end

#endif
