#define _GNU_SOURCE
#include "command_terminal.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/// Those that end a process, unless it is their nature to leave things as they are (SIGKILL, faults).
static const int deadly[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE, SIGXCPU, SIGXFSZ,
                             SIGVTALRM, SIGPROF};
enum { deadly_count = sizeof deadly / sizeof deadly[0] };

static struct termios guarded;
static bool is_guarded[deadly_count];

static void put_back_and_die(int number) {
    tcsetattr(STDIN_FILENO, TCSANOW, &guarded);
    // Delivered when this handler returns.
    signal(number, SIG_DFL);
    kill(getpid(), number);
}

static void set_action(int number, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = handler;
    sigaction(number, &action, NULL);
}

void command_guard_terminal(const struct termios *settings) {
    guarded = *settings;
    for (int i = 0; i < deadly_count; i++) {
        struct sigaction now;
        is_guarded[i] = sigaction(deadly[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL;
        if (is_guarded[i]) set_action(deadly[i], put_back_and_die);
    }
}

void command_unguard_terminal(void) {
    for (int i = 0; i < deadly_count; i++) {
        struct sigaction now;
        // Meanwhile somebody may have begun to handle it.
        bool is_ours = sigaction(deadly[i], NULL, &now) == 0 && now.sa_handler == put_back_and_die;
        if (is_guarded[i] && is_ours) set_action(deadly[i], SIG_DFL);
        is_guarded[i] = false;
    }
}
