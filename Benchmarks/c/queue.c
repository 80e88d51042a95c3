/* Throughput of a queue from one process to another: queue NAME SIZE COUNT. */
#include "shared.h"

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    uint32_t size = atoi(argv[2]), count = atoi(argv[3]);
    struct ring *items = ring_new(), *replies = ring_new();
    char *message = malloc(size);
    memset(message, 'x', size);

    if (fork() == 0) {
        put(replies, "r", 1);
        for (uint32_t i = 0; i < count; i++) get(items, message);
        put(replies, "d", 1);
        _exit(0);
    }
    char reply;
    get(replies, &reply); /* the consumer is ready */
    double started = now();
    for (uint32_t i = 0; i < count; i++) put(items, message, size);
    get(replies, &reply); /* the consumer has them all */
    printf("%s %.1f /s\n", argv[1], count / (now() - started));
    wait(NULL);
}
