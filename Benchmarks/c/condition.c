/* Two processes take turns by a condition variable, COUNT hand-offs: condition COUNT. */
#include "shared.h"

struct table {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    long turn, hand_offs;
};

static void play(struct table *table, long me, long count) {
    lock(&table->mutex);
    for (long i = 0; i < count; i++) {
        while (table->turn != me) pthread_cond_wait(&table->changed, &table->mutex);
        table->turn = !me;
        table->hand_offs++;
        pthread_cond_signal(&table->changed);
    }
    pthread_mutex_unlock(&table->mutex);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    long count = atol(argv[1]) / 2;
    struct table *table = share(sizeof *table);
    sem_t *ready = semaphore_new();
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&table->changed, &attributes);
    mutex_init(&table->mutex);

    if (fork() == 0) {
        sem_post(ready);
        play(table, 1, count);
        sem_post(ready);
        _exit(0);
    }
    sem_wait(ready);
    double started = now();
    play(table, 0, count);
    sem_wait(ready);
    report(2 * count, now() - started);
    join_all();
    if (table->hand_offs != 2 * count) fail("a turn got lost");
}
