// The first memory of a forked child: nursery.c says why.
#ifndef CLUABRIDGE_NURSERY_H
#define CLUABRIDGE_NURSERY_H

#include "CLuaBridge.h"

enum : size_t { CLUABRIDGE_NURSERY_SIZE = 16 << 10, CLUABRIDGE_NURSERY_UNIT = 16 };

/// Use the functions.
typedef struct {
    /// Whose it is: one state's, and that of the children of its process.
    const cluabridge_State *owner;
    size_t used;
    _Alignas(CLUABRIDGE_NURSERY_UNIT) char blocks[CLUABRIDGE_NURSERY_SIZE - CLUABRIDGE_NURSERY_UNIT];
} cluabridge_Nursery;

extern cluabridge_Nursery cluabridge_nursery;

/// Whether a block comes from there.
static inline bool cluabridge_nursery_holds(const void *block) {
    return (uintptr_t)block - (uintptr_t)&cluabridge_nursery < sizeof cluabridge_nursery;
}

/// A new block, or NULL if not as much is left.
void *cluabridge_nursery_take(size_t size);
/// Frees a block, to be used again if it was the last.
void cluabridge_nursery_return(const void *block, size_t size);
/// Makes a block larger where it is, if it is the last and as much is left.
bool cluabridge_nursery_extend(const void *block, size_t old_size, size_t new_size);

#endif
