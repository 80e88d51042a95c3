// What a C function's call looks like in memory, for functions of some nanoseconds.
//
// Lua's interface costs the call of a function for each look at an argument, and there is none for the instruction that the
// caller is at. All releases of Lua 5.4 have what follows at the same place. Whether this one has is tried out when a state is
// opened (frames.c); if not, nothing is ever found here, and who looks goes the long way, through the interface. Nothing
// of Lua's is written to.
#ifndef CLUABRIDGE_FRAMES_H
#define CLUABRIDGE_FRAMES_H

#include "cluabridge_objects.h"

#pragma clang assume_nonnull begin

/// A value on the stack (TValue in Lua's lobject.h).
typedef struct {
    union {
        const struct cluabridge_Userdata *userdata;
        int64_t integer;
    };
    uint8_t tag;
} cluabridge_Value;

enum {
    CLUABRIDGE_TAG_INTEGER = LUA_TNUMBER,
    CLUABRIDGE_TAG_USERDATA = LUA_TUSERDATA | 1 << 6,  ///< full, hence subject to collection
};

/// A full userdata without user values (Udata0 in lobject.h). Its memory comes next.
typedef struct cluabridge_Userdata {
    const void *next;
    uint8_t type, marks;
    uint16_t user_values;
    size_t size;
    const void *metatable;
} cluabridge_Userdata;

/// The beginning of the record of a call (CallInfo in lstate.h). The arguments come after the function.
typedef struct cluabridge_Frame {
    const cluabridge_Value *function;
    const cluabridge_Value *top;
    const struct cluabridge_Frame *_Nullable previous;
    const struct cluabridge_Frame *_Nullable next;
    const void *_Nullable next_instruction;  ///< of a function written in Lua; in others there may be anything
    uint64_t own[2];
    int32_t transient;
    int16_t wanted_results;
    uint16_t status;
} cluabridge_Frame;

enum { CLUABRIDGE_FRAME_IS_C = 1 << 1 };

/// The beginning of a thread (lua_State in lstate.h).
typedef struct {
    uint64_t header[2];
    const cluabridge_Value *top;
    const void *global;
    const cluabridge_Frame *frame;
} cluabridge_Thread;

#define CLUABRIDGE_INLINE static inline __attribute__((always_inline))

/// How many arguments the running C function has, before it pushes anything; -1 if that cannot be told here.
CLUABRIDGE_INLINE int cluabridge_frame_arguments(lua_State *L) {
    const cluabridge_Thread *thread = (const void *)L;
    return cluabridge_state(L)->knows_frames ? (int)(thread->top - thread->frame->function) - 1 : -1;
}

/// As ``cluabridge_object``, for the first argument of the running C function and classes without user values. NULL also if
/// that cannot be told here.
CLUABRIDGE_INLINE void *_Nullable cluabridge_frame_object(lua_State *L, int class_index) {
    if (cluabridge_frame_arguments(L) < 1) return NULL;
    const cluabridge_Class *class = &cluabridge_state(L)->classes[class_index];
    const cluabridge_Value *value = ((const cluabridge_Thread *)(const void *)L)->frame->function + 1;
    if (value->tag != CLUABRIDGE_TAG_USERDATA) return NULL;
    const cluabridge_Userdata *userdata = value->userdata;
    if (userdata->size != sizeof(cluabridge_Header) + class->size || userdata->user_values != 0) return NULL;
    cluabridge_Header *header = (cluabridge_Header *)(uintptr_t)(userdata + 1);
    return header->owner == class ? header + 1 : NULL;
}

/// The instruction after the call of the running C function, which no other place in a script has. NULL if the caller is not
/// written in Lua, or that cannot be told here.
CLUABRIDGE_INLINE const void *_Nullable cluabridge_frame_return(lua_State *L) {
    if (!cluabridge_state(L)->knows_frames) return NULL;
    const cluabridge_Frame *caller = ((const cluabridge_Thread *)(const void *)L)->frame->previous;
    return caller == NULL || caller->status & CLUABRIDGE_FRAME_IS_C ? NULL : caller->next_instruction;
}

// Call sites: what has been found out about the place that a call comes from, for whoever asks at each call. It is kept by the
// instruction: as long as no block of the state's memory is freed, the same address is the same place of the same function.
// Places that fall on the same entry push each other out; two that are less than 64 instructions apart do not.

CLUABRIDGE_INLINE cluabridge_CallSite *cluabridge_call_site(cluabridge_State *state, const void *_Nullable instruction) {
    return &state->call_sites[(uintptr_t)instruction / 4 % CLUABRIDGE_CALL_SITES];
}

/// What was last noted about the place that called the running C function; 0 if that is nothing, or forgotten.
CLUABRIDGE_INLINE uint64_t cluabridge_call_site_note(lua_State *L) {
    cluabridge_State *state = cluabridge_state(L);
    const void *instruction = cluabridge_frame_return(L);
    const cluabridge_CallSite *site = cluabridge_call_site(state, instruction);
    bool is_known = instruction != NULL && site->instruction == instruction && site->frees == state->memory.frees;
    return is_known ? site->note : 0;
}

/// Notes something about the place that called the running C function. Does nothing where that cannot be told.
CLUABRIDGE_INLINE void cluabridge_note_call_site(lua_State *L, uint64_t note) {
    cluabridge_State *state = cluabridge_state(L);
    const void *instruction = cluabridge_frame_return(L);
    if (instruction == NULL) return;
    *cluabridge_call_site(state, instruction) = (cluabridge_CallSite){instruction, state->memory.frees, note};
}

#pragma clang assume_nonnull end

#endif
