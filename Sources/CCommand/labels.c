// Labels: the C streams stdout and stderr are replaced by streams that put one in front of each line.
//
// A crash leaves: lines of which a part was written, if a pipe takes them in pieces. The lock goes with its holder.
#define _GNU_SOURCE
#include "command_labels.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CInterProcess.h"

/// A stream with labels.
typedef struct {
    int descriptor;
    /// Who wrote last, and whether the line was left open. The line of a parent is not continued.
    pid_t writer;
    bool in_line;
} labelled;

static FILE *plain_stdout;
static size_t (*make_label)(int descriptor, char *text, size_t size);
static labelled output = {.descriptor = STDOUT_FILENO}, errors = {.descriptor = STDERR_FILENO};

/// A file that is nobody's, to be locked while lines are written: a pipe takes more than PIPE_BUF bytes in pieces. The
/// kernel gives the lock back if its holder dies.
static int turn = -1;

static void take_turn(short type) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_len = 1};
    while (turn >= 0 && fcntl(turn, F_SETLKW, &lock) != 0 && errno == EINTR) {}
}

/// Where the line that begins at `bytes` ends: behind its newline, or behind a carriage return, which begins it anew.
static size_t line_length(const char *bytes, size_t size, bool *is_open) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n' || (bytes[i] == '\r' && i + 1 < size && bytes[i + 1] != '\n')) {
            *is_open = false;
            return i + 1;
        }
    }
    *is_open = true;
    return size;
}

static size_t write_labelled(labelled *stream, const char *bytes, size_t size) {
    if (size == 0) return 0;
    char label[256];
    size_t length = make_label(stream->descriptor, label, sizeof label);
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) lines += bytes[i] == '\n' || bytes[i] == '\r';
    char *text = malloc(size + lines * length);
    if (text == NULL) return ip_write_all(stream->descriptor, bytes, size);

    bool in_line = stream->in_line && stream->writer == getpid();
    size_t total = 0;
    for (size_t at = 0; at < size;) {
        bool is_open;
        size_t count = line_length(bytes + at, size - at, &is_open);
        // A carriage return alone would be written over it.
        if (!in_line && !(count == 1 && bytes[at] == '\r')) {
            memcpy(text + total, label, length);
            total += length;
        }
        memcpy(text + total, bytes + at, count);
        total += count;
        at += count;
        in_line = is_open;
    }
    stream->in_line = in_line;
    stream->writer = getpid();
    take_turn(F_WRLCK);
    size_t written = ip_write_all(stream->descriptor, text, total);
    take_turn(F_UNLCK);
    free(text);
    return written == total ? size : 0;
}

static ssize_t write_cookie(void *stream, const char *bytes, size_t size) {
    return (ssize_t)write_labelled(stream, bytes, size);
}

static int seek_nowhere(void *stream, off64_t *position, int whence) {
    (void)stream, (void)position, (void)whence;
    errno = ESPIPE;
    return -1;
}

static FILE *open_labelled(labelled *stream) {
    // No function to close it: the descriptor is not the stream's.
    return fopencookie(stream, "w", (cookie_io_functions_t){.write = write_cookie, .seek = seek_nowhere});
}

static void write_error(const void *bytes, size_t size) { write_labelled(&errors, bytes, size); }

FILE *command_plain_stdout(void) { return plain_stdout != NULL ? plain_stdout : stdout; }

void command_label_streams(size_t (*label)(int descriptor, char *text, size_t size)) {
    FILE *new_output = open_labelled(&output), *new_errors = open_labelled(&errors);
    if (new_output == NULL || new_errors == NULL) return;
    make_label = label;
    turn = memfd_create("labels", MFD_CLOEXEC);
    fflush(NULL);
    plain_stdout = stdout;
    stdout = new_output;
    stderr = new_errors;
    ip_replace_error_writer(write_error);
    // Lines that fit stay whole.
    static char room[1 << 16];
    setvbuf(stdout, room, _IOLBF, sizeof room);
    setvbuf(stderr, NULL, _IONBF, 0);
}
