// Opening and closing a state, loading code, the collector, interruption, positions.
#ifndef CLUABRIDGE_SERVICES_H
#define CLUABRIDGE_SERVICES_H

#include "cluabridge_state.h"

#pragma clang assume_nonnull begin

/// Opens an empty Lua state with its record, or returns NULL if there is no memory.
/// `program_name` begins the bridge's own messages on stderr; it must outlive the state.
cluabridge_State *_Nullable cluabridge_open(const char *program_name);

/// Closes the state, running all pending finalizers, and frees its record.
void cluabridge_close(cluabridge_State *state);

/// Opens the standard libraries and puts in place the tracked coroutine functions. Returns a Lua status, with
/// the error value on the stack if it is not LUA_OK. `ignoring_environment` keeps LUA_PATH and LUA_CPATH out
/// of `package`.
int cluabridge_open_libraries(lua_State *L, bool ignoring_environment);

/// From now on the process's heap is kept in huge pages as far as it is large, which makes fork cheap. Changes how the C
/// library allocates, so it is for programs that are there for Lua. Once a process, before other threads.
void cluabridge_use_huge_pages(void);
/// In a forked child: no more huge pages than it has inherited.
void cluabridge_inherit_huge_pages(void);

/// In a forked child: from now on the state gets its memory, while it lasts, from where its parent has touched nothing, so that
/// fewer pages need be copied. Only one state of a process can have that.
void cluabridge_begin_nursery(cluabridge_State *state);

// Loading. Each pushes the compiled chunk or an error message and returns a Lua status. [-0, +1]

/// Compiles `size` bytes. `mode` is "t", "b" or "bt".
int cluabridge_load(lua_State *L, const void *_Nullable bytes, size_t size, const char *name, const char *mode);
/// Compiles a file, or stdin if `path` is NULL.
int cluabridge_load_file(lua_State *L, const char *_Nullable path, const char *_Nullable mode);

// The collector. (lua_gc takes variable arguments, which Swift cannot pass.)

/// Whether collections happen by themselves.
bool cluabridge_collector_is_running(lua_State *L);
/// Keeps the collector from running; returns whether it was running, to be handed to
/// cluabridge_resume_collector.
bool cluabridge_pause_collector(lua_State *L);
/// Undoes cluabridge_pause_collector.
void cluabridge_resume_collector(lua_State *L, bool was_running);
/// Runs a full collection.
void cluabridge_collect(lua_State *L);
/// Switches to generational collection, as the `lua` program does.
void cluabridge_use_generational_collector(lua_State *L);
/// Tells the collector of `bytes` held outside Lua's heap by an object that it could free.
void cluabridge_charge_collector(lua_State *L, size_t bytes);

// Advice.

/// Whether the value at `index` is the table of a loaded module.
bool cluabridge_is_module(lua_State *L, int index);

/// Writes what to tell a beginner about an error message of Lua's own to `advice`. Returns false if there is nothing to
/// tell. `path` is the file of a syntax error. It must not use Lua.
typedef bool (*cluabridge_Adviser)(
    const char *message, const char *_Nullable path, char *advice, size_t capacity);

enum { CLUABRIDGE_ADVICE_SIZE = 240 };

/// From now on messages that get a traceback, and syntax errors of files, get the advice too, on a line of its own.
void cluabridge_set_adviser(cluabridge_Adviser _Nullable adviser);
/// Pushes the advice on a message, as a line. False, with nothing pushed, if there is none.
bool cluabridge_push_advice(lua_State *L, const char *_Nullable message, const char *_Nullable path);

// Memory.

/// Limits the heap to `limit` bytes (0 = no limit) and, for tests, to so many more allocations (negative = no limit).
void cluabridge_limit_memory(cluabridge_State *state, size_t limit, int64_t allocations);
/// The size of Lua's heap.
size_t cluabridge_bytes_in_use(const cluabridge_State *state);

// Interruption.

/// Asks for an interrupt: the thread that runs Lua code calls the handler at its next instruction.
/// Async-signal-safe.
void cluabridge_interrupt(cluabridge_State *state);
/// Delivers a pending interrupt now. Returns true if the handler left an error value on the stack.
/// Call it with the mark set, that is from Swift.
bool cluabridge_deliver_interrupt(lua_State *L);
/// Puts off the delivery of interrupts, and the collector, until the matching ``cluabridge_unshield``.
void cluabridge_shield(lua_State *L);
void cluabridge_unshield(lua_State *L);
/// Records that `L` is the thread that runs; passes a pending interrupt on to it.
void cluabridge_set_running(cluabridge_State *state, lua_State *L);
/// Replaces `coroutine.resume`, `wrap` and `close` by functions that keep track of the running thread.
/// Raises.
void cluabridge_track_coroutines(lua_State *L);

// Positions.

/// A place in a Lua source.
typedef struct {
    const char *_Nullable source;    ///< the chunk's name; valid while the function that runs is
    int line;
    char short_source[LUA_IDSIZE];   ///< printable form of the name, terminated by zero
} cluabridge_Position;

/// Pushes `script.lua:7: ` for the caller of the running function, as luaL_where does, but passes over internal chunks,
/// those named like `=[module]`. [-0, +1]
void cluabridge_push_caller(lua_State *L);

enum { CLUABRIDGE_NAME_SIZE = 40 };

/// How a method written in Lua was called.
typedef struct {
    char name[CLUABRIDGE_NAME_SIZE];
    bool as_method;  ///< with a colon, or perhaps so
} cluabridge_Call;

/// Whether the running C function was called by Lua code that belongs to a module (see above); if so, fills in `call`.
bool cluabridge_internal_caller(lua_State *L, cluabridge_Call *call);
/// The position of the function at `level` (0 = the running function). False for C functions and beyond the
/// stack.
bool cluabridge_position_at(lua_State *L, int level, cluabridge_Position *position);
/// The position of the innermost Lua function. False if there is none.
bool cluabridge_position(lua_State *L, cluabridge_Position *position);
/// The line that called the running C function, if it is of the source with that printable name; else 0.
int cluabridge_line_in(lua_State *L, const char *short_source);
/// How the running function was called by its caller: its name, or NULL, and whether by `object:name`.
const char *_Nullable cluabridge_called_as(lua_State *L, bool *as_method);

#pragma clang assume_nonnull end

#endif
