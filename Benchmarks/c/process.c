/* A bare fork and wait: process NAME COUNT. */
#include "shared.h"

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int count = atoi(argv[2]);
    double started = now();
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0) _exit(0);
        waitpid(pid, NULL, 0);
    }
    printf("%s %.2f us\n", argv[1], (now() - started) / count * 1e6);
}
