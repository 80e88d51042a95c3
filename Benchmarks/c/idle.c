/* A family that waits: idle COUNT. Says how far it is, and goes on when it is given a line. */
#include "shared.h"

static void pause_at(const char *stage) {
    puts(stage);
    fflush(stdout);
    while (getchar() != '\n') continue;
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    int count = atoi(argv[1]);
    sem_t *ready = semaphore_new(), *never = semaphore_new();
    pause_at("alone");
    for (int i = 0; i < count; i++) {
        if (fork()) continue;
        sem_post(ready);
        sem_wait(never);
        _exit(0);
    }
    for (int i = 0; i < count; i++) sem_wait(ready);
    pause_at("together");
    join_all();
}
