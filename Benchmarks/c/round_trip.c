/* A message to another process and back: round_trip COUNT. */
#include "ring.h"

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    uint64_t count = atoll(argv[1]), value = 0;
    struct ring *there = ring_new(8), *back = ring_new(8);

    if (fork() == 0) {
        for (uint64_t i = 0; i <= count; i++) {
            get(there, &value);
            put(back, &value, sizeof value);
        }
        _exit(0);
    }
    put(there, &value, sizeof value); /* the other side is up */
    get(back, &value);
    double started = now();
    for (uint64_t i = 1; i <= count; i++) {
        put(there, &i, sizeof i);
        get(back, &value);
        if (value != i) fail("another message came back");
    }
    report(count, now() - started);
    join_all();
}
