/* A pair of acquire and release, COUNT in all, and between them one is added: lock COUNT PROCESSES. */
#include "shared.h"

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    long count = atol(argv[1]), processes = atol(argv[2]), share_of_process = count / processes;
    struct {
        pthread_mutex_t mutex;
        long number;
    } *counter = share(sizeof *counter);
    sem_t *ready = semaphore_new(), *done = semaphore_new();
    mutex_init(&counter->mutex);

    lock(&counter->mutex); /* holds everybody back until all are there */
    for (long p = 0; p < processes; p++) {
        if (fork()) continue;
        sem_post(ready);
        for (long i = 0; i < share_of_process; i++) {
            lock(&counter->mutex);
            counter->number++;
            pthread_mutex_unlock(&counter->mutex);
        }
        sem_post(done);
        _exit(0);
    }
    for (long p = 0; p < processes; p++) sem_wait(ready);
    usleep(20000);
    double started = now();
    pthread_mutex_unlock(&counter->mutex);
    for (long p = 0; p < processes; p++) sem_wait(done);
    report(count, now() - started);
    join_all();
    if (counter->number != share_of_process * processes) fail("the lock did not exclude");
}
