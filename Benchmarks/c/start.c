/* Time from fork to the end of another program: start NAME COUNT COMMAND… */
#include "shared.h"

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    int count = atoi(argv[2]);
    double started = now();
    for (int i = 0; i < count; i++) {
        pid_t pid = vfork();
        if (pid == 0) {
            execvp(argv[3], argv + 3);
            _exit(127);
        }
        int status;
        waitpid(pid, &status, 0);
        if (status) return 1;
    }
    printf("%s %.4f ms\n", argv[1], (now() - started) / count * 1e3);
}
