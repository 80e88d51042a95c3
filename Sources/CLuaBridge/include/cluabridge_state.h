// The record kept beside each Lua state.
//
// Lua reserves a pointer of extra space in front of every lua_State and copies it from the main thread into
// each new coroutine. The bridge stores the address of this record there, so any thread of the state finds it
// with one load.
#ifndef CLUABRIDGE_STATE_H
#define CLUABRIDGE_STATE_H

#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A Swift function that Lua can call: returns its number of results, or one of the negative fault codes
/// below.
typedef int (*cluabridge_Body)(lua_State *_Nullable L);

/// What a body does most of the time, without all that its other cases need: returns its number of results, or -1, having
/// changed nothing, if the body has to do it. Not protected by the mark: it allocates nothing in Lua, runs nothing of Lua and
/// does not fail.
typedef int (*cluabridge_QuickBody)(lua_State *_Nullable L);

/// Tidies up a userdata's payload. Runs at most once per object, and must not fail.
typedef void (*cluabridge_Finalizer)(lua_State *L, void *payload);

/// Called at a safe point after an interrupt. Returns false to go on, or true to raise the value it left on
/// the stack.
typedef bool (*cluabridge_InterruptHandler)(lua_State *L);

/// Called when Swift code asked for memory and none was left, even after a full collection.
/// Returning means "try once more"; the default handler prints a message and ends the process.
typedef void (*cluabridge_ExhaustionHandler)(void *state);

/// What a body returns instead of a count when it failed.
enum {
    CLUABRIDGE_FAULT_VALUE = -1,     ///< the error value is on top of the Lua stack
    CLUABRIDGE_FAULT_MESSAGE = -2,   ///< the fault text, with the caller's position in front
    CLUABRIDGE_FAULT_PLAIN = -3,     ///< the fault text as it is
    CLUABRIDGE_FAULT_ARGUMENT = -4,  ///< the fault text, worded by luaL_argerror
};

/// Bytes of fault text kept in the record; a longer text travels on top of the Lua stack.
enum { CLUABRIDGE_FAULT_CAPACITY = 512 };

/// The text of the fault that a body is about to report.
typedef struct {
    int position;     ///< the argument's stack index, for CLUABRIDGE_FAULT_ARGUMENT
    bool on_stack;    ///< the text is the string on top of the Lua stack, not in `text`
    size_t length;
    char text[CLUABRIDGE_FAULT_CAPACITY];
} cluabridge_Fault;

/// The allocator's books and limits.
typedef struct {
    uint64_t frees;                ///< how many blocks have been freed
    bool has_nursery;              ///< nursery.c says what that is
    bool is_limited;               ///< whether one of the limits below is set; else nothing is counted
    size_t bytes_in_use;           ///< only while limited
    size_t limit;                  ///< no growth beyond this many bytes; 0 = no limit
    int64_t allocations_left;      ///< fault injection: how many more may succeed; negative = no limit
    void *_Nullable refused_block; ///< the last request refused while Swift was running:
    size_t refused_size;           ///< Lua repeats it after an emergency collection
    cluabridge_ExhaustionHandler on_exhaustion;
} cluabridge_Memory;

/// What is kept about a place in a script from which a C function was called.
typedef struct {
    const void *_Nullable instruction;        ///< which place, while nothing more has been freed than
    uint64_t frees;
    uint64_t note;
} cluabridge_CallSite;

/// How many places are kept: those that a loop is likely to go through.
enum { CLUABRIDGE_CALL_SITES = 64 };

/// A userdata class as the running state knows it.
typedef struct {
    const void *_Nullable metatable;          ///< lua_topointer of its metatable; NULL = not installed
    size_t size;                              ///< bytes of a payload
    cluabridge_Finalizer _Nullable finalizer;
} cluabridge_Class;

/// How many classes one program can define. The table is part of the record to keep the type check at one
/// load.
enum { CLUABRIDGE_CLASS_LIMIT = 64 };

/// What is needed to deliver an interrupt. The signal handler writes `pending` and the hook of `running`.
typedef struct {
    volatile sig_atomic_t pending;
    int shields;                              ///< how many stretches of code that must not be interrupted are open
    bool collector_was_running;               ///< before the first of them
    lua_State *_Nullable volatile running;    ///< the thread that executes: hooks belong to threads, not to states
    lua_Hook _Nullable hook;                  ///< the user's own hook, put back when the interrupt is delivered
    int mask;
    int count;
    cluabridge_InterruptHandler _Nullable handler;
} cluabridge_Interrupts;

/// The record itself. What is written to most comes last: the state's own memory is next to it, and so often in the same page,
/// which is one to be copied after a fork and not two.
typedef struct {
    lua_State *main;
    const char *program_name;
    void *_Nullable context;                  ///< the embedding program's own object
    cluabridge_Class classes[CLUABRIDGE_CLASS_LIMIT];
    bool knows_frames;                        ///< whether calls look in memory as cluabridge_frames.h says
    cluabridge_CallSite call_sites[CLUABRIDGE_CALL_SITES];
    cluabridge_Fault fault;
    size_t collector_debt;                    ///< bytes charged to the collector and not passed on yet
    cluabridge_Memory memory;
    cluabridge_Interrupts interrupts;
    /// The mark: Swift frames are on the C stack above the nearest protected call, so nothing may raise.
    bool in_swift;
} cluabridge_State;

/// The record of the state that `L` is a thread of.
static inline cluabridge_State *cluabridge_state(lua_State *L) {
    return *(cluabridge_State **)lua_getextraspace(L);
}

/// The record's entry for class number `index`. (Swift sees the array as an unwieldy tuple.)
static inline cluabridge_Class *cluabridge_class(cluabridge_State *state, int index) {
    return &state->classes[index];
}

/// The buffer for fault text.
static inline char *cluabridge_fault_text(cluabridge_State *state) {
    return state->fault.text;
}

#pragma clang assume_nonnull end

#endif
