/* Messages through one queue, from PRODUCERS to CONSUMERS: throughput SIZE PRODUCERS CONSUMERS COUNT.
 *
 * The first eight bytes of a message are its number, which the consumers add up.
 */
#include "ring.h"

static void fill(char *message, uint32_t size, uint64_t number) {
    memset(message, 'x', size);
    memcpy(message, &number, sizeof number);
}

static void produce(struct ring *items, uint32_t size, uint64_t count) {
    char *message = malloc(size);
    fill(message, size, 0);
    for (uint64_t i = 1; i <= count; i++) {
        memcpy(message, &i, sizeof i);
        put(items, message, size);
    }
    free(message);
}

static int consume(struct ring *items, struct ring *replies, uint32_t size, uint64_t count) {
    char *message = malloc(size), *expected = malloc(size);
    uint64_t sum = 0, number = 0;
    put(replies, &sum, sizeof sum); /* ready */
    for (uint64_t i = 0; i < count; i++) {
        if (get(items, message) != size) fail("a message of another size");
        memcpy(&number, message, sizeof number);
        sum += number;
    }
    put(replies, &sum, sizeof sum);
    fill(expected, size, number);
    return memcmp(message, expected, size) != 0;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    uint32_t size = atoi(argv[1]);
    uint64_t producers = atoi(argv[2]), consumers = atoi(argv[3]), count = atoll(argv[4]);
    uint64_t share_of_producer = count / producers, share_of_consumer = count / consumers;
    struct ring *items = ring_new(size), *replies = ring_new(8);
    sem_t *ready = semaphore_new(), *go = semaphore_new();

    for (uint64_t i = 0; i < consumers; i++)
        if (fork() == 0) _exit(consume(items, replies, size, share_of_consumer));
    for (uint64_t i = 1; i < producers; i++) {
        if (fork()) continue;
        sem_post(ready);
        sem_wait(go);
        produce(items, size, share_of_producer);
        _exit(0);
    }
    uint64_t sum, total = 0;
    for (uint64_t i = 0; i < consumers; i++) get(replies, &sum);
    for (uint64_t i = 1; i < producers; i++) sem_wait(ready);

    double started = now();
    for (uint64_t i = 1; i < producers; i++) sem_post(go);
    produce(items, size, share_of_producer);
    for (uint64_t i = 0; i < consumers; i++, total += sum) get(replies, &sum);
    report(count, now() - started);
    join_all();
    if (total != producers * (share_of_producer * (share_of_producer + 1) / 2)) fail("messages got lost");
}
