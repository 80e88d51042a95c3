#define _GNU_SOURCE
#include "CInterProcess.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef FUTEX_32
#define FUTEX_32 2
#endif

// Older kernel headers lack futex_waitv; the layout is the kernel's ABI.
struct waitv_entry {
    uint64_t value;
    uint64_t address;
    uint32_t flags;
    uint32_t reserved;
};

enum { FALLBACK_SLICE_NS = 20 * 1000 * 1000 };

uint64_t ip_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t ip_coarse_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct timespec timespec_of(uint64_t ns) {
    struct timespec time = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    return time;
}

static int wait_one(const ip_futex *futex, uint64_t deadline_ns) {
    struct timespec deadline = timespec_of(deadline_ns);
    long result = syscall(SYS_futex, futex->word, FUTEX_WAIT_BITSET, futex->expected, &deadline, NULL,
                          FUTEX_BITSET_MATCH_ANY);
    return result == 0 ? 0 : -errno;
}

int ip_futex_wait(const ip_futex *futexes, unsigned count, uint64_t deadline_ns) {
    if (count == 1) return wait_one(futexes, deadline_ns);
    static int unsupported;
    if (!unsupported) {
        struct waitv_entry entries[IP_FUTEX_MAX];
        memset(entries, 0, sizeof entries[0] * count);
        for (unsigned i = 0; i < count; i++) {
            entries[i].value = futexes[i].expected;
            entries[i].address = (uint64_t)(uintptr_t)futexes[i].word;
            entries[i].flags = FUTEX_32;
        }
        struct timespec deadline = timespec_of(deadline_ns);
        long result = syscall(SYS_futex_waitv, entries, count, 0, &deadline, CLOCK_MONOTONIC);
        if (result >= 0) return 0;
        if (errno != ENOSYS && errno != EPERM) return -errno;
        unsupported = 1;
    }
    uint64_t slice = ip_monotonic_ns() + FALLBACK_SLICE_NS;
    int result = wait_one(futexes, slice < deadline_ns ? slice : deadline_ns);
    // The caller revalidates on a spurious wake; only its own deadline is a timeout.
    return result == -ETIMEDOUT && slice < deadline_ns ? 0 : result;
}

int ip_futex_wake(uint32_t *word, int count) {
    return (int)syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}

// ---- lifelines

_Static_assert(sizeof(pthread_mutex_t) <= IP_LIFELINE_SIZE, "a lifeline must fit its place");

void ip_lifeline_prepare(void *lifeline) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(lifeline, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

int ip_lifeline_hold(void *lifeline) {
    pthread_mutex_t *mutex = lifeline;
    int error = pthread_mutex_trylock(mutex);
    // Somebody who came too late for this slot held it and left.
    if (error == EOWNERDEAD) error = pthread_mutex_consistent(mutex);
    if (error == 0) __atomic_fetch_or(ip_lifeline_word(lifeline), FUTEX_WAITERS, __ATOMIC_SEQ_CST);
    return -error;
}
