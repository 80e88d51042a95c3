// The terminal while its settings are not those it was found with.
#ifndef COMMAND_TERMINAL_H
#define COMMAND_TERMINAL_H

#include <termios.h>

/// From now on a signal that would end this process puts the terminal's settings back first. Signals that somebody
/// handles or ignores are left alone.
void command_guard_terminal(const struct termios *settings);

/// Signals end this process as they did before command_guard_terminal.
void command_unguard_terminal(void);

#endif
