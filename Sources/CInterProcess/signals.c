// Signal handlers: they note what arrived, make this process look up from its sleep, and nothing else.
#define _GNU_SOURCE
#include "CInterProcess.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t pending_interrupts;
/// Bit n: signal n has arrived.
static uint64_t pending_signals;
static uint32_t *wake_word;
static void (*interrupt_hook)(void);
static void (*signal_hook)(void);

static void stop_catching_termination(void);

void ip_signals_wake(uint32_t *word) {
    wake_word = word;
    stop_catching_termination();
    pending_interrupts = 0;
    __atomic_store_n(&pending_signals, 0, __ATOMIC_SEQ_CST);
}

/// Ends the sleep of this process, or keeps it from starting.
static void look_up(void) {
    if (wake_word == NULL) return;
    __atomic_fetch_add(wake_word, 1, __ATOMIC_SEQ_CST);
    ip_futex_wake(wake_word, 1);
}

static void set_action(int number, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(number, &action, NULL);
}

bool ip_signal_pending(void) {
    return pending_interrupts != 0 || __atomic_load_n(&pending_signals, __ATOMIC_ACQUIRE) != 0;
}

// ---- Ctrl-C

static void on_interrupt(int number) {
    (void)number;
    int saved = errno;
    pending_interrupts++;
    look_up();
    if (interrupt_hook != NULL) interrupt_hook();
    errno = saved;
}

void ip_catch_interrupts(void (*hook)(void)) {
    interrupt_hook = hook;
    // No SA_RESTART: a blocked read or poll must return so that the interrupt is seen.
    set_action(SIGINT, hook == NULL ? SIG_DFL : on_interrupt, 0);
}

// ---- SIGTERM, in a main process

static bool catches_termination;
static volatile sig_atomic_t was_terminated;

static void on_termination(int number) {
    was_terminated = 1;
    on_interrupt(number);
}

void ip_catch_termination(void) {
    struct sigaction now;
    // Whoever started this program may want it to be ignored.
    if (sigaction(SIGTERM, NULL, &now) != 0 || now.sa_handler == SIG_IGN) return;
    set_action(SIGTERM, on_termination, 0);
    catches_termination = true;
}

bool ip_was_terminated(void) { return was_terminated != 0; }

/// A process that is forked ends by SIGTERM as any other, unless the script handles it.
static void stop_catching_termination(void) {
    was_terminated = 0;
    if (!catches_termination) return;
    catches_termination = false;
    struct sigaction now;
    if (sigaction(SIGTERM, NULL, &now) == 0 && now.sa_handler == on_termination) set_action(SIGTERM, SIG_DFL, 0);
}

int ip_pending_interrupts(void) { return pending_interrupts; }

void ip_clear_interrupts(void) { pending_interrupts = 0; }

// ---- signals of the user's

static void on_signal(int number) {
    int saved = errno;
    __atomic_fetch_or(&pending_signals, UINT64_C(1) << number, __ATOMIC_SEQ_CST);
    look_up();
    if (signal_hook != NULL) signal_hook();
    errno = saved;
}

// ---- requests of other processes

static void (*request_hook)(void);

static void on_request(int number) {
    (void)number;
    int saved = errno;
    look_up();
    if (request_hook != NULL) request_hook();
    errno = saved;
}

int ip_request_signal(void) { return SIGURG; }

void ip_catch_requests(void (*hook)(void)) {
    request_hook = hook;
    set_action(SIGURG, on_request, SA_RESTART);
}

// ---- Ctrl-\\: a program that shows the family. It is a process of its own, so that it works whatever this one is in.

static char *quit_arguments[4];
static char quit_pid[16];
static pid_t quit_owner;
static pid_t last_shower;

static void on_quit(int number) {
    (void)number;
    if (getpid() != quit_owner) return;
    int saved = errno;
    if (last_shower > 0) waitpid(last_shower, NULL, WNOHANG);
    last_shower = _Fork();
    if (last_shower == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execv("/proc/self/exe", quit_arguments);
        _exit(127);
    }
    errno = saved;
}

void ip_show_on_quit(const char *program, const char *option) {
    snprintf(quit_pid, sizeof quit_pid, "%d", (int)getpid());
    quit_arguments[0] = (char *)program;
    quit_arguments[1] = (char *)option;
    quit_arguments[2] = quit_pid;
    quit_owner = getpid();
    set_action(SIGQUIT, on_quit, SA_RESTART);
}

void ip_show_on_quit_again(void) {
    if (quit_owner != 0) set_action(SIGQUIT, on_quit, SA_RESTART);
}

bool ip_can_catch(int number) {
    switch (number) {
        case SIGURG:  // requests
        case SIGKILL: case SIGSTOP:  // the system's
        case SIGILL: case SIGTRAP: case SIGABRT: case SIGBUS: case SIGFPE: case SIGSEGV:  // faults: they would repeat
        case SIGCHLD:  // reading and waiting would be disturbed at each child's end
        case SIGALRM:  // the grace timer's
            return false;
        default:
            // 32 and 33 belong to the C library.
            return number > 0 && number < 64 && number != 32 && number != 33;
    }
}

void ip_catch_signal(int number, void (*hook)(void)) {
    signal_hook = hook;
    // Whoever reads a file meanwhile goes on reading: an error there would be the script's to understand.
    set_action(number, on_signal, SA_RESTART);
}

void ip_default_signal(int number) {
    set_action(number, SIG_DFL, 0);
    __atomic_fetch_and(&pending_signals, ~(UINT64_C(1) << number), __ATOMIC_SEQ_CST);
}

ip_signal_set ip_block_signals(void) {
    sigset_t all;
    ip_signal_set before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before.set);
    return before;
}

void ip_restore_signals(const ip_signal_set *before) { sigprocmask(SIG_SETMASK, &before->set, NULL); }

void ip_put_signals_back(uint64_t signals) {
    if (signals == 0) return;
    __atomic_fetch_or(&pending_signals, signals, __ATOMIC_SEQ_CST);
    if (signal_hook != NULL) signal_hook();
}

uint64_t ip_take_signals(void) { return __atomic_exchange_n(&pending_signals, 0, __ATOMIC_SEQ_CST); }

// ---- waiting

int ip_poll(struct pollfd *descriptors, unsigned count, uint64_t ns) {
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    struct timespec timeout = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    int result = ip_signal_pending() || ip_attention_is_wanted() ? 0 : ppoll(descriptors, count, &timeout, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return result;
}

// ---- the end

static void (*grace_handler)(void);

static void on_grace_over(int number) {
    (void)number;
    if (grace_handler != NULL) grace_handler();
}

void ip_start_grace_timer(int seconds, void (*handler)(void)) {
    if (grace_handler == NULL) {
        grace_handler = handler;
        set_action(SIGALRM, on_grace_over, 0);
    }
    alarm((unsigned)seconds);
}

void ip_stop_grace_timer(void) {
    if (grace_handler != NULL) alarm(0);
}

void ip_end_in(double seconds) {
    struct itimerval timer;
    memset(&timer, 0, sizeof timer);
    if (seconds > 0 && seconds < 1e9) {
        timer.it_value.tv_sec = (time_t)seconds;
        timer.it_value.tv_usec = (suseconds_t)((seconds - (double)timer.it_value.tv_sec) * 1e6);
        if (timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0) timer.it_value.tv_usec = 1;
    }
    set_action(SIGALRM, SIG_DFL, 0);
    setitimer(ITIMER_REAL, &timer, NULL);
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
