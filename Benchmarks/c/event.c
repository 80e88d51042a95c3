/* Two processes wake each other by two events, COUNT hand-offs: event COUNT. */
#include "shared.h"

struct event {
    _Atomic uint32_t flag, sleepers;
};

static void set(struct event *event) {
    atomic_store(&event->flag, 1);
    wake(&event->flag, &event->sleepers, INT_MAX);
}

static void wait_and_clear(struct event *event) {
    wait_while(&event->flag, 0, &event->sleepers);
    atomic_store(&event->flag, 0);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    long count = atol(argv[1]) / 2;
    struct event *ping = share(sizeof *ping), *pong = share(sizeof *pong);

    if (fork() == 0) {
        for (long i = 0; i <= count; i++) {
            wait_and_clear(ping);
            set(pong);
        }
        _exit(0);
    }
    set(ping); /* the other side is up */
    wait_and_clear(pong);
    double started = now();
    for (long i = 0; i < count; i++) {
        set(ping);
        wait_and_clear(pong);
    }
    report(2 * count, now() - started);
    join_all();
}
