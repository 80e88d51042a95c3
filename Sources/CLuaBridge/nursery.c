// The first memory of a forked child.
//
// What the C library has to give lies here and there in pages that a child shares with its parent, each of which it would have
// to copy, most often out of another processor's cache. So a child gets its first blocks from pages that its parent has never
// touched, one after the other; as most children live for a moment, that is often all they need. What is freed is used again only
// if it was the last.
#include "nursery.h"

// The books lie with the blocks, so that they are no page of their own.
_Alignas(4096) cluabridge_Nursery cluabridge_nursery;

static size_t rounded(size_t size) { return (size + CLUABRIDGE_NURSERY_UNIT - 1) & ~(CLUABRIDGE_NURSERY_UNIT - 1); }

static size_t left(void) { return sizeof cluabridge_nursery.blocks - cluabridge_nursery.used; }

static bool is_last(const char *block, size_t size) {
    return block + rounded(size) == cluabridge_nursery.blocks + cluabridge_nursery.used;
}

void *cluabridge_nursery_take(size_t size) {
    if (size > left()) return NULL;
    void *block = cluabridge_nursery.blocks + cluabridge_nursery.used;
    cluabridge_nursery.used += rounded(size);
    return block;
}

void cluabridge_nursery_return(const void *block, size_t size) {
    if (is_last(block, size)) cluabridge_nursery.used -= rounded(size);
}

bool cluabridge_nursery_extend(const void *block, size_t old_size, size_t new_size) {
    if (!is_last(block, old_size) || rounded(new_size) - rounded(old_size) > left()) return false;
    cluabridge_nursery.used += rounded(new_size) - rounded(old_size);
    return true;
}

void cluabridge_begin_nursery(cluabridge_State *state) {
    if (cluabridge_nursery.owner != NULL) return;
    cluabridge_nursery.owner = state;
    state->memory.has_nursery = true;
}
