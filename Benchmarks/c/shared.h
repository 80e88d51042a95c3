/* What the C programs share: a mapping, a mutex, sleeping and waking, a ring of messages between two processes.
 *
 * This is the bare mechanism that mprun builds on, without names, handles, types or a way to wait with a timeout:
 * the floor under any queue in shared memory that survives the death of a process.
 */
#ifndef SHARED_H
#define SHARED_H

#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SPINS = 2000, RING_BYTES = 8 << 20 /* fits a cache */ };

static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static inline void *share(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return p;
}

static inline void mutex_init(pthread_mutex_t *mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attributes);
}

static inline void lock(pthread_mutex_t *mutex) {
    if (pthread_mutex_lock(mutex) == EOWNERDEAD) pthread_mutex_consistent(mutex);
}

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Sleeps until *word is no longer `old`: spins first, since a wake-up through the kernel costs 50 microseconds. */
static inline void wait_while(_Atomic uint32_t *word, uint32_t old, _Atomic uint32_t *sleepers) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(word, memory_order_acquire) != old) return;
        relax();
    }
    atomic_fetch_add(sleepers, 1);
    while (atomic_load(word) == old) syscall(SYS_futex, word, FUTEX_WAIT, old, NULL, NULL, 0);
    atomic_fetch_sub(sleepers, 1);
}

static inline void change(_Atomic uint32_t *word, _Atomic uint32_t *sleepers) {
    atomic_fetch_add(word, 1);
    if (atomic_load(sleepers)) syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* A ring of messages {size, bytes}: positions only grow, the buffer is indexed modulo its size. */
struct ring {
    pthread_mutex_t mutex;
    _Atomic uint32_t puts, gets, readers, writers;
    uint64_t head, tail;
    char bytes[RING_BYTES];
};

static inline struct ring *ring_new(void) {
    struct ring *ring = share(sizeof *ring);
    mutex_init(&ring->mutex);
    return ring;
}

static inline void copy_in(struct ring *ring, uint64_t at, const void *data, size_t size) {
    size_t offset = at % RING_BYTES, first = RING_BYTES - offset < size ? RING_BYTES - offset : size;
    memcpy(ring->bytes + offset, data, first);
    memcpy(ring->bytes, (const char *)data + first, size - first);
}

static inline void copy_out(struct ring *ring, uint64_t at, void *data, size_t size) {
    size_t offset = at % RING_BYTES, first = RING_BYTES - offset < size ? RING_BYTES - offset : size;
    memcpy(data, ring->bytes + offset, first);
    memcpy((char *)data + first, ring->bytes, size - first);
}

static inline void put(struct ring *ring, const void *data, uint32_t size) {
    for (;;) {
        uint32_t seen = atomic_load(&ring->gets);
        lock(&ring->mutex);
        bool fits = RING_BYTES - (ring->tail - ring->head) >= sizeof size + size;
        if (fits) {
            copy_in(ring, ring->tail, &size, sizeof size);
            copy_in(ring, ring->tail + sizeof size, data, size);
            ring->tail += sizeof size + size;
        }
        pthread_mutex_unlock(&ring->mutex);
        if (fits) break;
        wait_while(&ring->gets, seen, &ring->writers);
    }
    change(&ring->puts, &ring->readers);
}

static inline uint32_t get(struct ring *ring, void *data) {
    uint32_t size = 0;
    for (;;) {
        uint32_t seen = atomic_load(&ring->puts);
        lock(&ring->mutex);
        bool any = ring->tail != ring->head;
        if (any) {
            copy_out(ring, ring->head, &size, sizeof size);
            copy_out(ring, ring->head + sizeof size, data, size);
            ring->head += sizeof size + size;
        }
        pthread_mutex_unlock(&ring->mutex);
        if (any) break;
        wait_while(&ring->puts, seen, &ring->readers);
    }
    change(&ring->gets, &ring->writers);
    return size;
}

#endif
