/* Time from fork to the end of another program: start COUNT COMMAND… */
#include "shared.h"

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    int count = atoi(argv[1]);
    double started = now();
    for (int i = 0; i < count; i++) {
        pid_t pid = vfork();
        if (pid == 0) {
            execvp(argv[2], argv + 2);
            _exit(127);
        }
        int status;
        waitpid(pid, &status, 0);
        if (status) fail("the command failed");
    }
    report(count, now() - started);
}
