// The standard streams of the C library.
#ifndef IP_STREAMS_H
#define IP_STREAMS_H

#include <stddef.h>

/// Drops what is buffered but unread on stdin and replaces descriptor 0 by /dev/null.
int ip_detach_stdin(void);

/// Flushes all C output streams; failure is ignored (a closed stdout is no error).
void ip_flush_streams(void);

/// Makes stdout line-buffered from now on.
void ip_line_buffer_stdout(void);

/// Writes a message to descriptor 2, all at once, after everything that was printed before. Errors are ignored.
void ip_write_error(const void *bytes, size_t size);

// ---- prompts

/// What ip_read_byte returns at the end of the input.
#define IP_END_OF_INPUT (-1)
/// What ip_read_byte returns if this process is wanted before there is a byte.
#define IP_INTERRUPTED (-2)

/// The next byte of stdin.
int ip_read_byte(void);

/// Writes to stdout as it was before it was labelled, at once.
void ip_show(const void *bytes, size_t size);

/// The stream that ip_show writes to, a FILE *.
void *ip_terminal_output(void);

// ---- labels

/// Puts a label in front of each line that this process, and those that are forked from it, write to stdout and stderr.
/// To be called before anybody keeps these streams. `label` writes the label for lines on a descriptor to `text`, at most
/// `size` bytes, and returns its length.
///
/// Lines stay whole: what is written at once, of stdout up to its last line's end, reaches the descriptor by one call.
/// What other programs write there has no label.
void ip_label_streams(size_t (*label)(int descriptor, char *text, size_t size));

#endif
