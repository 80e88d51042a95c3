// How the allocator tells that the heap has grown.
#ifndef CLUABRIDGE_HEAP_H
#define CLUABRIDGE_HEAP_H

#include "CLuaBridge.h"

enum : uintptr_t {
    /// Larger than any heap, smaller than the distance to what is mapped elsewhere.
    CLUABRIDGE_HEAP_WINDOW = (uintptr_t)1 << 40,
    /// No block is so close to it.
    CLUABRIDGE_HEAP_UNWATCHED = (uintptr_t)1 << 63,
};

enum : size_t {
    /// Where huge pages are in use: from this size on, a block is mapped by itself, and can grow without being copied.
    CLUABRIDGE_LARGE_BLOCK = 8 << 20,
    /// How much is freed before somebody looks whether the heap has shrunk.
    CLUABRIDGE_HEAP_LOOK = 1 << 20,
};

/// A block of the heap that begins here or beyond it is news. Use cluabridge_heap_note.
extern uintptr_t cluabridge_heap_watch;
/// Bytes since somebody looked whether the heap has shrunk. Use cluabridge_heap_note_freed.
extern size_t cluabridge_heap_freed;

/// See cluabridge_heap_note.
void cluabridge_heap_grew(uintptr_t block, size_t size);
/// See cluabridge_heap_note_freed.
void cluabridge_heap_shrank(void);

/// To be called with each new block, and each that has another size.
static inline void cluabridge_heap_note(const void *block, size_t size) {
    if ((uintptr_t)block - cluabridge_heap_watch < CLUABRIDGE_HEAP_WINDOW || size >= CLUABRIDGE_LARGE_BLOCK)
        cluabridge_heap_grew((uintptr_t)block, size);
}

/// To be called for each block that was freed.
static inline void cluabridge_heap_note_freed(size_t size) {
    cluabridge_heap_freed += size;
    if (cluabridge_heap_freed >= CLUABRIDGE_HEAP_LOOK) cluabridge_heap_shrank();
}

#endif
