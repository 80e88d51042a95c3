/* Integers through one queue, many under one lock: batches BATCH COUNT. */
#include "ring.h"

/* Puts all of them; those that do not fit wait. */
static void put_many(struct ring *ring, const uint64_t *numbers, uint32_t count) {
    while (count) {
        uint32_t seen = atomic_load(&ring->gets), done = 0;
        lock(&ring->mutex);
        while (done < count && append(ring, numbers + done, sizeof *numbers)) done++;
        pthread_mutex_unlock(&ring->mutex);
        if (done) {
            atomic_fetch_add(&ring->puts, 1);
            wake(&ring->puts, &ring->readers, done);
        } else {
            wait_while(&ring->gets, seen, &ring->writers);
        }
        numbers += done;
        count -= done;
    }
}

/* Takes at least one. */
static uint32_t get_many(struct ring *ring, uint64_t *numbers, uint32_t most) {
    uint32_t done = 0, size;
    for (;;) {
        uint32_t seen = atomic_load(&ring->puts);
        lock(&ring->mutex);
        while (done < most && take(ring, numbers + done, &size)) done++;
        pthread_mutex_unlock(&ring->mutex);
        if (done) break;
        wait_while(&ring->puts, seen, &ring->readers);
    }
    atomic_fetch_add(&ring->gets, 1);
    wake(&ring->gets, &ring->writers, INT_MAX);
    return done;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    uint32_t batch = atoi(argv[1]);
    uint64_t count = atoll(argv[2]), numbers[batch], total = 0;
    struct ring *items = ring_new(8), *replies = ring_new(8);

    if (fork() == 0) {
        uint64_t got[batch], sum = 0;
        put(replies, &sum, sizeof sum); /* ready */
        for (uint64_t left = count; left;) {
            uint32_t n = get_many(items, got, batch);
            for (uint32_t i = 0; i < n; i++) sum += got[i];
            left -= n;
        }
        put(replies, &sum, sizeof sum);
        _exit(0);
    }
    for (uint32_t i = 0; i < batch; i++) numbers[i] = i + 1;
    get(replies, &total);
    double started = now();
    for (uint64_t i = 0; i < count / batch; i++) put_many(items, numbers, batch);
    get(replies, &total);
    report(count, now() - started);
    join_all();
    if (total != count / batch * (batch * (batch + 1ull) / 2)) fail("messages got lost");
}
