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

/// Writes to a descriptor, going on after signals. Returns how much was written, less than `size` only after an error.
size_t ip_write_all(int descriptor, const char *bytes, size_t size);

/// Writes a message to descriptor 2, all at once, after everything that was printed before. Errors are ignored.
void ip_write_error(const void *bytes, size_t size);

/// For programs that show messages in another way: `writer` writes them from now on.
void ip_replace_error_writer(void (*writer)(const void *bytes, size_t size));

#endif
