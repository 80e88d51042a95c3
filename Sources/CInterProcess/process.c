#define _GNU_SOURCE
#include "CInterProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/// How many KiB a process may have had whose memory nobody waits for.
enum { LITTLE_MEMORY = 32 << 10 };

// What a child runs begins with the functions of this file, what it writes to with its variables: see scripts/build.
#ifdef IP_CHILD_CODE_ALIGNMENT
#define FIRST_OF_CODE __attribute__((aligned(IP_CHILD_CODE_ALIGNMENT)))
#define FIRST_OF_DATA __attribute__((aligned(4096)))
#else
#define FIRST_OF_CODE
#define FIRST_OF_DATA
#endif

static uint64_t no_attention;
FIRST_OF_DATA uint64_t *ip_attention_word = &no_attention;

void ip_set_attention_word(uint64_t *word) { ip_attention_word = word; }

FIRST_OF_CODE pid_t ip_fork(void) {
    pid_t pid = fork();
    return pid < 0 ? -errno : pid;
}

int ip_thread_count(void) {
    // Never more than one, as far as the C library knows, which makes them.
    if (__libc_single_threaded) return 1;
    // Each thread is a directory below /proc/self/task, whose link count is 2 + threads.
    struct stat status;
    if (stat("/proc/self/task", &status) != 0) return 1;
    return (int)status.st_nlink - 2;
}

int ip_set_parent_death_signal(int signal) {
    return prctl(PR_SET_PDEATHSIG, signal) == 0 ? 0 : -errno;
}

int ip_become_subreaper(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 ? 0 : -errno;
}

int ip_pidfd_open(pid_t pid) {
    long fd = syscall(SYS_pidfd_open, pid, 0);  // always close-on-exec
    return fd < 0 ? -errno : (int)fd;
}

/// Reads /proc/PID/stat and returns what follows the command name: the state letter and the numbers.
static char *read_status(pid_t pid, char *text, size_t size) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    ssize_t length = read(fd, text, size - 1);
    close(fd);
    if (length <= 0) return NULL;
    text[length] = 0;
    // The name, in parentheses, may hold spaces and parentheses: start after the last.
    char *rest = strrchr(text, ')');
    return rest == NULL || rest[1] != ' ' ? NULL : rest + 2;
}

bool ip_runs_same_program(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    struct stat its, mine;
    // A zombie has none.
    if (stat(path, &its) != 0 || stat("/proc/self/exe", &mine) != 0) return false;
    return its.st_dev == mine.st_dev && its.st_ino == mine.st_ino;
}

bool ip_child_has_ended(void) {
    siginfo_t info = {.si_pid = 0};
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

bool ip_is_zombie(pid_t pid) {
    char text[1024];
    char *status = read_status(pid, text, sizeof text);
    return status != NULL && status[0] == 'Z';
}

int ip_dying_status(pid_t pid) {
    char text[1024];
    char *status = read_status(pid, text, sizeof text);
    if (status == NULL) return -ESRCH;
    char *last = strrchr(status, ' ');  // exit_code is the last field
    return last == NULL ? -EIO : (int)strtol(last + 1, NULL, 10);
}

int ip_exit_code(int wait_status) {
    return WIFSIGNALED(wait_status) ? -WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

bool ip_leave_nothing(void) {
    if (!__libc_single_threaded) return false;
    // All that was resident at a time since the fork: any of it may be this process's alone by now. By number, as in streams.c.
    struct rusage usage;
    if (syscall(SYS_getrusage, RUSAGE_SELF, &usage) != 0 || usage.ru_maxrss > LITTLE_MEMORY) return false;
    return syscall(SYS_close_range, 0, ~0U, 0) == 0;
}

bool ip_await_zombie(pid_t pid, int milliseconds) {
    int fd = ip_pidfd_open(pid);
    if (fd < 0) return false;
    poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, milliseconds);
    close(fd);
    return true;
}

bool ip_reap(pid_t pid, int milliseconds) {
    pid_t result = waitpid(pid, NULL, WNOHANG);
    if (result == 0 && milliseconds > 0) {
        ip_await_zombie(pid, milliseconds);
        result = waitpid(pid, NULL, WNOHANG);
    }
    // An error: there is no such child.
    return result != 0;
}
