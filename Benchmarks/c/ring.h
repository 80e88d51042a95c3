/* A ring of messages {size, bytes} between processes: positions only grow, the buffer is indexed modulo its size. */
#ifndef RING_H
#define RING_H

#include "shared.h"

struct ring {
    pthread_mutex_t mutex;
    _Atomic uint32_t puts, gets, readers, writers;
    uint64_t head, tail, capacity;
    char bytes[];
};

/* Room for four of the largest message; 8 MiB otherwise, which fit a cache. */
static inline struct ring *ring_new(uint32_t largest) {
    uint64_t capacity = 8 << 20;
    if (capacity < 4ull * (largest + sizeof largest)) capacity = 4ull * (largest + sizeof largest);
    struct ring *ring = share(sizeof *ring + capacity);
    ring->capacity = capacity;
    mutex_init(&ring->mutex);
    return ring;
}

static inline void copy_in(struct ring *ring, uint64_t at, const void *data, size_t size) {
    size_t offset = at % ring->capacity, first = ring->capacity - offset;
    if (first > size) first = size;
    memcpy(ring->bytes + offset, data, first);
    memcpy(ring->bytes, (const char *)data + first, size - first);
}

static inline void copy_out(struct ring *ring, uint64_t at, void *data, size_t size) {
    size_t offset = at % ring->capacity, first = ring->capacity - offset;
    if (first > size) first = size;
    memcpy(data, ring->bytes + offset, first);
    memcpy((char *)data + first, ring->bytes, size - first);
}

static inline bool append(struct ring *ring, const void *data, uint32_t size) {
    if (ring->capacity - (ring->tail - ring->head) < sizeof size + size) return false;
    copy_in(ring, ring->tail, &size, sizeof size);
    copy_in(ring, ring->tail + sizeof size, data, size);
    ring->tail += sizeof size + size;
    return true;
}

static inline bool take(struct ring *ring, void *data, uint32_t *size) {
    if (ring->tail == ring->head) return false;
    copy_out(ring, ring->head, size, sizeof *size);
    copy_out(ring, ring->head + sizeof *size, data, *size);
    ring->head += sizeof *size + *size;
    return true;
}

static inline void put(struct ring *ring, const void *data, uint32_t size) {
    for (;;) {
        uint32_t seen = atomic_load(&ring->gets);
        lock(&ring->mutex);
        bool done = append(ring, data, size);
        pthread_mutex_unlock(&ring->mutex);
        if (done) break;
        wait_while(&ring->gets, seen, &ring->writers);
    }
    atomic_fetch_add(&ring->puts, 1);
    wake(&ring->puts, &ring->readers, 1);
}

static inline uint32_t get(struct ring *ring, void *data) {
    uint32_t size = 0;
    for (;;) {
        uint32_t seen = atomic_load(&ring->puts);
        lock(&ring->mutex);
        bool done = take(ring, data, &size);
        pthread_mutex_unlock(&ring->mutex);
        if (done) break;
        wait_while(&ring->puts, seen, &ring->readers);
    }
    atomic_fetch_add(&ring->gets, 1);
    wake(&ring->gets, &ring->writers, 1);
    return size;
}

#endif
