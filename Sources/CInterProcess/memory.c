#define _GNU_SOURCE
#include "CInterProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

int ip_memory_file(const char *name, uint64_t size) {
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -errno;
    // A limit on file sizes comes as a signal, by default a deadly one, before it comes as EFBIG.
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGXFSZ, &ignore, &before);
    int resized = ftruncate(fd, (off_t)size);
    int resize_error = errno;
    sigaction(SIGXFSZ, &before, NULL);
    errno = resize_error;
    if (resized != 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}
