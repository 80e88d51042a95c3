#define _GNU_SOURCE
#include "ip_streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/// Returns how much was written, less than `size` only after an error.
static size_t write_all(int descriptor, const char *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t count = write(descriptor, bytes + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        done += (size_t)count;
    }
    return done;
}

// ---- prompts

static FILE *unlabelled_stdout;

void *ip_terminal_output(void) { return unlabelled_stdout != NULL ? unlabelled_stdout : stdout; }

void ip_show(const void *bytes, size_t size) {
    FILE *output = ip_terminal_output();
    fwrite(bytes, 1, size, output);
    fflush(output);
}

int ip_read_byte(void) {
    int byte = getc(stdin);
    if (byte != EOF) return byte;
    // An error may be left from an earlier read.
    bool interrupted = !feof(stdin) && errno == EINTR;
    clearerr(stdin);
    return interrupted ? IP_INTERRUPTED : IP_END_OF_INPUT;
}

// ---- labels

/// A stream with labels.
typedef struct {
    int descriptor;
    /// Who wrote last, and whether the line was left open. The line of a parent is not continued.
    pid_t writer;
    bool in_line;
} labelled;

static size_t (*make_label)(int descriptor, char *text, size_t size);
static labelled output = {.descriptor = STDOUT_FILENO}, errors = {.descriptor = STDERR_FILENO};

static size_t write_labelled(labelled *stream, const char *bytes, size_t size) {
    if (size == 0) return 0;
    char label[256];
    size_t length = make_label(stream->descriptor, label, sizeof label);
    size_t lines = 1;
    for (const char *end = bytes; (end = memchr(end, '\n', size - (size_t)(end - bytes))) != NULL; end++) lines++;
    char *text = malloc(size + lines * length);
    if (text == NULL) return write_all(stream->descriptor, bytes, size);

    bool in_line = stream->in_line && stream->writer == getpid();
    size_t total = 0;
    for (size_t at = 0; at < size;) {
        const char *end = memchr(bytes + at, '\n', size - at);
        size_t count = end == NULL ? size - at : (size_t)(end - (bytes + at)) + 1;
        if (!in_line) {
            memcpy(text + total, label, length);
            total += length;
        }
        memcpy(text + total, bytes + at, count);
        total += count;
        at += count;
        in_line = end == NULL;
    }
    stream->in_line = in_line;
    stream->writer = getpid();
    size_t written = write_all(stream->descriptor, text, total);
    free(text);
    return written == total ? size : 0;
}

static ssize_t write_cookie(void *stream, const char *bytes, size_t size) {
    return (ssize_t)write_labelled(stream, bytes, size);
}

static FILE *open_labelled(labelled *stream) {
    // No function to close it: the descriptor is not the stream's.
    return fopencookie(stream, "w", (cookie_io_functions_t){.write = write_cookie});
}

void ip_label_streams(size_t (*label)(int descriptor, char *text, size_t size)) {
    FILE *new_output = open_labelled(&output), *new_errors = open_labelled(&errors);
    if (new_output == NULL || new_errors == NULL) return;
    make_label = label;
    fflush(NULL);
    unlabelled_stdout = stdout;
    stdout = new_output;
    stderr = new_errors;
    // Lines that fit stay whole.
    static char room[1 << 16];
    setvbuf(stdout, room, _IOLBF, sizeof room);
    setvbuf(stderr, NULL, _IONBF, 0);
}

void ip_write_error(const void *bytes, size_t size) {
    fflush(NULL);
    if (make_label != NULL) {
        write_labelled(&errors, bytes, size);
    } else {
        write_all(STDERR_FILENO, bytes, size);
    }
}
