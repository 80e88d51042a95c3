/* What the C programs share: a clock, a mapping, a mutex, sleeping and waking.
 *
 * This is the bare mechanism that mprun builds on, without names, handles, types or a way to wait with a timeout:
 * the floor under anything in shared memory that survives the death of a process.
 */
#ifndef SHARED_H
#define SHARED_H

#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
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

enum { SPINS = 2000 };

static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static inline _Noreturn void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline void report(double operations, double seconds) {
    printf("operations=%.0f seconds=%.9f\n", operations, seconds);
}

static inline void *share(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) fail("cannot map shared memory");
    return p;
}

static inline sem_t *semaphore_new(void) {
    sem_t *semaphore = share(sizeof *semaphore);
    sem_init(semaphore, 1, 0);
    return semaphore;
}

/* Waits for the children; each must have ended well. */
static inline void join_all(void) {
    int status;
    while (wait(&status) > 0)
        if (status) fail("a child failed");
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
#elif defined(__aarch64__)
    __asm__ volatile("isb");
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

/* *word has just been changed: wakes up to `count` of those who wait for that. */
static inline void wake(_Atomic uint32_t *word, _Atomic uint32_t *sleepers, int count) {
    if (atomic_load(sleepers)) syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}

#endif
