// What Swift may not call.
//
// These functions raise Lua errors for reasons other than memory, or run Lua code without first clearing the
// "in Swift" mark. Declaring them again with this attribute leaves C untouched and makes every use in Swift a
// compile-time error.
#ifndef CLUABRIDGE_UNAVAILABLE_H
#define CLUABRIDGE_UNAVAILABLE_H

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>

// Lua's own headers, whose signatures are repeated here, carry no nullability.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

#define CLUABRIDGE_UNAVAILABLE(advice) __attribute__((availability(swift, unavailable, message = advice)))

// Raising.
#define RAISES CLUABRIDGE_UNAVAILABLE("raises over Swift frames; throw a LuaFault instead")
int lua_error(lua_State *L) RAISES;
int luaL_error(lua_State *L, const char *fmt, ...) RAISES;
int luaL_argerror(lua_State *L, int arg, const char *extramsg) RAISES;
int luaL_typeerror(lua_State *L, int arg, const char *tname) RAISES;
#undef RAISES

// Argument checks.
#define CHECKS CLUABRIDGE_UNAVAILABLE("raises over Swift frames; use the checks of Lua, Parameters or LuaClass")
void luaL_checkversion_(lua_State *L, lua_Number ver, size_t sz) CHECKS;
const char *luaL_checklstring(lua_State *L, int arg, size_t *l) CHECKS;
const char *luaL_optlstring(lua_State *L, int arg, const char *def, size_t *l) CHECKS;
lua_Number luaL_checknumber(lua_State *L, int arg) CHECKS;
lua_Number luaL_optnumber(lua_State *L, int arg, lua_Number def) CHECKS;
lua_Integer luaL_checkinteger(lua_State *L, int arg) CHECKS;
lua_Integer luaL_optinteger(lua_State *L, int arg, lua_Integer def) CHECKS;
void luaL_checkstack(lua_State *L, int sz, const char *msg) CHECKS;
void luaL_checktype(lua_State *L, int arg, int t) CHECKS;
void luaL_checkany(lua_State *L, int arg) CHECKS;
int luaL_checkoption(lua_State *L, int arg, const char *def, const char *const lst[]) CHECKS;
void *luaL_checkudata(lua_State *L, int ud, const char *tname) CHECKS;
void *luaL_testudata(lua_State *L, int ud, const char *tname) CHECKS;
#undef CHECKS

// Operations that may run metamethods.
#define METAMETHODS CLUABRIDGE_UNAVAILABLE("may run a metamethod; use the raw or the protected operation of Lua")
int lua_getglobal(lua_State *L, const char *name) METAMETHODS;
void lua_setglobal(lua_State *L, const char *name) METAMETHODS;
int lua_gettable(lua_State *L, int idx) METAMETHODS;
void lua_settable(lua_State *L, int idx) METAMETHODS;
int lua_getfield(lua_State *L, int idx, const char *k) METAMETHODS;
void lua_setfield(lua_State *L, int idx, const char *k) METAMETHODS;
int lua_geti(lua_State *L, int idx, lua_Integer n) METAMETHODS;
void lua_seti(lua_State *L, int idx, lua_Integer n) METAMETHODS;
void lua_arith(lua_State *L, int op) METAMETHODS;
int lua_compare(lua_State *L, int idx1, int idx2, int op) METAMETHODS;
void lua_concat(lua_State *L, int n) METAMETHODS;
void lua_len(lua_State *L, int idx) METAMETHODS;
lua_Integer luaL_len(lua_State *L, int idx) METAMETHODS;
const char *luaL_tolstring(lua_State *L, int idx, size_t *len) METAMETHODS;
int luaL_callmeta(lua_State *L, int obj, const char *e) METAMETHODS;
int luaL_newmetatable(lua_State *L, const char *tname) METAMETHODS;
void luaL_setmetatable(lua_State *L, const char *tname) METAMETHODS;
void luaL_setfuncs(lua_State *L, const luaL_Reg *l, int nup) METAMETHODS;
int luaL_getsubtable(lua_State *L, int idx, const char *fname) METAMETHODS;
void luaL_traceback(lua_State *L, lua_State *L1, const char *msg, int level) METAMETHODS;
#undef METAMETHODS

// Raw operations that raise on a bad key.
#define KEYS CLUABRIDGE_UNAVAILABLE("raises on a bad key; use rawSet(at:) or next(at:) of Lua")
void lua_rawset(lua_State *L, int idx) KEYS;
int lua_next(lua_State *L, int idx) KEYS;
#undef KEYS

// Calls, coroutines and variables to be closed.
#define CALLS CLUABRIDGE_UNAVAILABLE("runs Lua code; use protectedCall or call of Lua")
void lua_callk(lua_State *L, int nargs, int nresults, lua_KContext ctx, lua_KFunction k) CALLS;
int lua_pcallk(lua_State *L, int nargs, int nresults, int errfunc, lua_KContext ctx, lua_KFunction k) CALLS;
int lua_resume(lua_State *L, lua_State *from, int narg, int *nres) CALLS;
int lua_resetthread(lua_State *L) CALLS;
int lua_yieldk(lua_State *L, int nresults, lua_KContext ctx, lua_KFunction k) CALLS;
void lua_toclose(lua_State *L, int idx) CALLS;
void lua_closeslot(lua_State *L, int idx) CALLS;
#undef CALLS

// Loading, opening and closing.
#define LOADS CLUABRIDGE_UNAVAILABLE("use load of Lua, or LuaRuntime")
int lua_load(lua_State *L, lua_Reader reader, void *dt, const char *chunkname, const char *mode) LOADS;
int luaL_loadfilex(lua_State *L, const char *filename, const char *mode) LOADS;
int luaL_loadbufferx(lua_State *L, const char *buff, size_t sz, const char *name, const char *mode) LOADS;
int luaL_loadstring(lua_State *L, const char *s) LOADS;
lua_State *lua_newstate(lua_Alloc f, void *ud) LOADS;
lua_State *luaL_newstate(void) LOADS;
void lua_close(lua_State *L) LOADS;
void luaL_requiref(lua_State *L, const char *modname, lua_CFunction openf, int glb) LOADS;
void luaL_openlibs(lua_State *L) LOADS;
int luaopen_base(lua_State *L) LOADS;
int luaopen_coroutine(lua_State *L) LOADS;
int luaopen_table(lua_State *L) LOADS;
int luaopen_io(lua_State *L) LOADS;
int luaopen_os(lua_State *L) LOADS;
int luaopen_string(lua_State *L) LOADS;
int luaopen_utf8(lua_State *L) LOADS;
int luaopen_math(lua_State *L) LOADS;
int luaopen_debug(lua_State *L) LOADS;
int luaopen_package(lua_State *L) LOADS;
#undef LOADS

// Lua's string buffers, which raise when they grow.
#define BUFFERS CLUABRIDGE_UNAVAILABLE("raises over Swift frames; build the bytes in Swift")
void luaL_buffinit(lua_State *L, luaL_Buffer *B) BUFFERS;
char *luaL_prepbuffsize(luaL_Buffer *B, size_t sz) BUFFERS;
void luaL_addlstring(luaL_Buffer *B, const char *s, size_t l) BUFFERS;
void luaL_addstring(luaL_Buffer *B, const char *s) BUFFERS;
void luaL_addvalue(luaL_Buffer *B) BUFFERS;
void luaL_pushresult(luaL_Buffer *B) BUFFERS;
void luaL_pushresultsize(luaL_Buffer *B, size_t sz) BUFFERS;
char *luaL_buffinitsize(lua_State *L, luaL_Buffer *B, size_t sz) BUFFERS;
void luaL_addgsub(luaL_Buffer *B, const char *s, const char *p, const char *r) BUFFERS;
const char *luaL_gsub(lua_State *L, const char *s, const char *p, const char *r) BUFFERS;
#undef BUFFERS

#pragma clang diagnostic pop

#endif
