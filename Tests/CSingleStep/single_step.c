#include "CSingleStep.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

void ss_begin(void) {
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
}

void ss_end(void) { raise(SIGSTOP); }

/// Waits until the child stops; false if it does not within a tenth of a second.
static int next_stop(pid_t child, int *status) {
    for (int i = 0; i < 20000; i++) {
        pid_t found = waitpid(child, status, WNOHANG);
        if (found != 0) return found == child;
    }
    for (int i = 0; i < 100; i++) {
        pid_t found = waitpid(child, status, WNOHANG);
        if (found != 0) return found == child;
        usleep(1000);
    }
    return 0;
}

long ss_step(pid_t child, long most, int *how) {
    int status;
    *how = SS_FAILED;
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) return 0;
    for (long done = 0; done < most; done++) {
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0) return done;
        if (!next_stop(child, &status)) {
            *how = SS_ASLEEP;
            return done;
        }
        if (!WIFSTOPPED(status)) return done;
        if (WSTOPSIG(status) == SIGSTOP) {
            *how = SS_ENDED;
            return done;
        }
    }
    *how = SS_STEPPED;
    return most;
}
