#define _GNU_SOURCE
#include "CInterProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

pid_t ip_fork(void) {
    pid_t pid = fork();
    return pid < 0 ? -errno : pid;
}

int ip_thread_count(void) {
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

int ip_detach_stdin(void) {
    __fpurge(stdin);
    int fd = open("/dev/null", O_RDONLY);
    if (fd < 0) return -errno;
    if (fd == STDIN_FILENO) return 0;
    int result = dup2(fd, STDIN_FILENO) < 0 ? -errno : 0;
    close(fd);
    return result;
}

void ip_flush_streams(void) { fflush(NULL); }

void ip_line_buffer_stdout(void) {
    static bool done;
    if (!done) setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    done = true;
}

int ip_exit_code(int wait_status) {
    return WIFSIGNALED(wait_status) ? -WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

// ---- signals

static volatile sig_atomic_t pending_interrupts;
static uint32_t *interrupt_wake_word;
static void (*interrupt_hook)(void);

static void on_interrupt(int signal) {
    (void)signal;
    int saved = errno;
    pending_interrupts++;
    if (interrupt_wake_word != NULL) {
        __atomic_fetch_add(interrupt_wake_word, 1, __ATOMIC_SEQ_CST);
        ip_futex_wake(interrupt_wake_word, 1);
    }
    if (interrupt_hook != NULL) interrupt_hook();
    errno = saved;
}

void ip_catch_interrupts(uint32_t *wake_word, void (*hook)(void)) {
    interrupt_wake_word = wake_word;
    interrupt_hook = hook;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    // No SA_RESTART: a blocked read or poll must return so that the interrupt is seen.
    action.sa_handler = hook == NULL ? SIG_DFL : on_interrupt;
    sigaction(SIGINT, &action, NULL);
}

int ip_pending_interrupts(void) { return pending_interrupts; }
int ip_poll(struct pollfd *descriptors, unsigned count, uint64_t ns) {
    sigset_t interrupt, before;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, &before);
    struct timespec timeout = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    int result = pending_interrupts != 0 ? 0 : ppoll(descriptors, count, &timeout, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return result;
}

void ip_clear_interrupts(void) { pending_interrupts = 0; }

static void (*grace_handler)(void);

static void on_grace_over(int signal) {
    (void)signal;
    if (grace_handler != NULL) grace_handler();
}

void ip_start_grace_timer(int seconds, void (*handler)(void)) {
    if (grace_handler == NULL) {
        grace_handler = handler;
        struct sigaction action;
        memset(&action, 0, sizeof action);
        sigemptyset(&action.sa_mask);
        action.sa_handler = on_grace_over;
        sigaction(SIGALRM, &action, NULL);
    }
    alarm((unsigned)seconds);
}

void ip_stop_grace_timer(void) {
    if (grace_handler != NULL) alarm(0);
}

void ip_write_line(const char *text) {
    // A closed stderr is nobody's fault here.
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    written = write(STDERR_FILENO, "\n", 1);
    (void)written;
}

void ip_die_by_signal(int number) {
    signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    kill(getpid(), number);
    _exit(128 + number);
}
