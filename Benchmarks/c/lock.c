/* A pair of acquire and release: lock NAME COUNT PROCESSES. */
#include "shared.h"

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int count = atoi(argv[2]), processes = atoi(argv[3]);
    pthread_mutex_t *mutex = share(sizeof *mutex);
    mutex_init(mutex);

    lock(mutex); /* holds everybody back until all are there */
    for (int p = 0; p < processes; p++) {
        if (fork()) continue;
        for (int i = 0; i < count; i++) {
            lock(mutex);
            pthread_mutex_unlock(mutex);
        }
        _exit(0);
    }
    usleep(50000);
    double started = now();
    pthread_mutex_unlock(mutex);
    while (wait(NULL) > 0) continue;
    printf("%s %.3f ns\n", argv[1], (now() - started) / count / processes * 1e9);
}
