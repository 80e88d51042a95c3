// Why Swift may call functions that fail for want of memory.
//
// When the allocator returns NULL, Lua collects garbage, asks once more, and then raises. Raising is right
// while Lua code or C runs, wrong while Swift frames are in between. The mark `in_swift` tells which:
// trampolines set it, protected calls clear it. With the mark set, the second refusal of the same request
// does not return NULL but ends the process with a clear message. The first one does return NULL, so that the
// emergency collection gets its chance.
//
// The collector itself may be refused memory without Lua asking again. It never raises then: it keeps what it
// has.
#include "allocator.h"
#include "heap.h"
#include "nursery.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *text) {
    // Nothing can be done if stderr does not take it.
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

void cluabridge_exhausted(void *record) {
    const cluabridge_State *state = record;
    say(state->program_name);
    say(": not enough memory\n");
    _exit(EXIT_FAILURE);
}

/// Whether the limits allow one more growth by `bytes`; counts it.
static bool admit(cluabridge_Memory *memory, size_t bytes) {
    if (memory->limit != 0 && (bytes > memory->limit || memory->bytes_in_use > memory->limit - bytes)) return false;
    if (memory->allocations_left == 0) return false;
    if (memory->allocations_left > 0) memory->allocations_left--;
    return true;
}

static void *new_block(const cluabridge_Memory *memory, size_t size) {
    void *block = memory->has_nursery ? cluabridge_nursery_take(size) : NULL;
    return block != NULL ? block : malloc(size);
}

static void free_block(cluabridge_Memory *memory, void *block, size_t size) {
    if (block == NULL) return;
    memory->frees++;
    if (cluabridge_nursery_holds(block)) {
        cluabridge_nursery_return(block, size);
        return;
    }
    free(block);
    cluabridge_heap_note_freed(size);
}

static void *resize_block(const cluabridge_Memory *memory, void *block, size_t old_size, size_t new_size) {
    if (!cluabridge_nursery_holds(block)) return realloc(block, new_size);
    if (new_size <= old_size || cluabridge_nursery_extend(block, old_size, new_size)) return block;
    void *moved = new_block(memory, new_size);
    if (moved == NULL) return NULL;
    memcpy(moved, block, old_size);
    cluabridge_nursery_return(block, old_size);
    return moved;
}

static void *grow(cluabridge_State *state, void *block, size_t old_size, size_t new_size) {
    cluabridge_Memory *memory = &state->memory;
    for (;;) {
        size_t growth = new_size - old_size;
        void *grown = NULL;
        if (admit(memory, growth)) {
            grown = block == NULL ? new_block(memory, new_size) : resize_block(memory, block, old_size, new_size);
        }
        if (grown != NULL) {
            memory->bytes_in_use += growth;
            memory->refused_size = 0;
            return grown;
        }
        bool repeated = memory->refused_size == new_size && memory->refused_block == block;
        if (!state->in_swift || !repeated) {
            memory->refused_block = block;
            memory->refused_size = state->in_swift ? new_size : 0;
            return NULL;
        }
        memory->on_exhaustion(state);
    }
}

/// With limits in force: keeps the books.
static void *allocate_within_limits(cluabridge_State *state, void *block, size_t old_size, size_t new_size) {
    cluabridge_Memory *memory = &state->memory;
    if (block == NULL) old_size = 0;  // for a new block, Lua passes its kind instead
    if (new_size > old_size) return grow(state, block, old_size, new_size);

    memory->bytes_in_use -= old_size - new_size;
    if (new_size == 0) {
        free_block(memory, block, old_size);
        return NULL;
    }
    // Lua relies on shrinking to succeed; a block that is too large serves as well.
    void *shrunk = resize_block(memory, block, old_size, new_size);
    return shrunk != NULL ? shrunk : block;
}

void *cluabridge_allocate(void *record, void *block, size_t old_size, size_t new_size) {
    cluabridge_State *state = record;
    cluabridge_Memory *memory = &state->memory;
    // Nearly every program allocates here, and often: without limits there is nothing to count.
    if (!memory->is_limited) {
        if (new_size == 0) {
            free_block(memory, block, old_size);
            return NULL;
        }
        void *allocated =
            block == NULL ? new_block(memory, new_size) : resize_block(memory, block, old_size, new_size);
        if (allocated != NULL) {
            memory->refused_size = 0;
            cluabridge_heap_note(allocated, new_size);
            return allocated;
        }
    }
    return allocate_within_limits(state, block, old_size, new_size);
}

void cluabridge_limit_memory(cluabridge_State *state, size_t limit, int64_t allocations) {
    cluabridge_Memory *memory = &state->memory;
    memory->limit = limit;
    memory->allocations_left = allocations;
    memory->is_limited = limit != 0 || allocations >= 0;
    memory->bytes_in_use = cluabridge_bytes_in_use(state);
}

size_t cluabridge_bytes_in_use(const cluabridge_State *state) {
    return (size_t)lua_gc(state->main, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(state->main, LUA_GCCOUNTB);
}
