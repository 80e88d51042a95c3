// What an interactive session needs of the C library's streams.
#ifndef COMMAND_PROMPT_H
#define COMMAND_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

/// Writes to stdout, at once and without a label.
void command_show(const void *bytes, size_t size);

/// Sleeps until descriptor 0 can be read. False if this process is wanted first: by a signal, or by its family.
bool command_wait_for_input(void);

/// What command_read_byte returns at the end of the input.
#define COMMAND_END_OF_INPUT (-1)
/// What command_read_byte returns if this process is wanted before there is a byte.
#define COMMAND_WANTED (-2)

/// The next byte of stdin.
int command_read_byte(void);

#endif
