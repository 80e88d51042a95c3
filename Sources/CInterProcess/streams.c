// The standard streams: what is left in their buffers where processes part, and messages that are whole.
#define _GNU_SOURCE
#include "CInterProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <sys/syscall.h>
#include <unistd.h>

int ip_detach_stdin(void) {
    __fpurge(stdin);
    // By number: a child uses nothing else from where the C library has its own functions for these, and each such group
    // of pages takes a few microseconds of its life.
    int fd = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
    if (fd < 0) return -errno;
    if (fd == STDIN_FILENO) return 0;
    int result = syscall(SYS_dup3, fd, STDIN_FILENO, 0) < 0 ? -errno : 0;
    syscall(SYS_close, fd);
    return result;
}

void ip_flush_streams(void) { fflush(NULL); }

void ip_line_buffer_stdout(void) {
    static bool done;
    if (!done) setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    done = true;
}

size_t ip_write_all(int descriptor, const char *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t count = write(descriptor, bytes + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        done += (size_t)count;
    }
    return done;
}

static void (*error_writer)(const void *bytes, size_t size);

void ip_replace_error_writer(void (*writer)(const void *bytes, size_t size)) { error_writer = writer; }

void ip_write_error(const void *bytes, size_t size) {
    fflush(NULL);
    if (error_writer != NULL) {
        error_writer(bytes, size);
    } else {
        ip_write_all(STDERR_FILENO, bytes, size);
    }
}
