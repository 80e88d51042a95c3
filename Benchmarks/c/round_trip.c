/* A message to another process and back: round_trip NAME COUNT. */
#include "shared.h"

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    uint32_t count = atoi(argv[2]);
    struct ring *there = ring_new(), *back = ring_new();
    uint64_t value = 0;

    if (fork() == 0) {
        for (uint32_t i = 0; i <= count; i++) {
            get(there, &value);
            put(back, &value, sizeof value);
        }
        _exit(0);
    }
    put(there, &value, sizeof value); /* the other side is up */
    get(back, &value);
    double started = now();
    for (uint32_t i = 0; i < count; i++) {
        put(there, &value, sizeof value);
        get(back, &value);
    }
    printf("%s %.4f us\n", argv[1], (now() - started) / count * 1e6);
    wait(NULL);
}
