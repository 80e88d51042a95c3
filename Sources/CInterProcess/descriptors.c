#define _GNU_SOURCE
#include "CInterProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int ip_socket_pair(int descriptors[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, descriptors) == 0 ? 0 : -errno;
}

typedef union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * IP_DESCRIPTORS_MAX)];
} descriptor_control;

ssize_t ip_send(int socket, const struct iovec *parts, size_t count, const int *fds, size_t fd_count) {
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = count};
    descriptor_control control;
    if (fd_count > 0) {
        if (fd_count > IP_DESCRIPTORS_MAX) return -EINVAL;
        size_t size = sizeof *fds * fd_count;
        memset(&control, 0, CMSG_SPACE(size));
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(size);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(header), fds, size);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

ssize_t ip_peek(int socket, void *bytes, size_t length) {
    ssize_t seen;
    do seen = recv(socket, bytes, length, MSG_PEEK | MSG_DONTWAIT);
    while (seen < 0 && errno == EINTR);
    return seen < 0 ? -errno : seen;
}

ssize_t ip_receive(int socket, const struct iovec *parts, size_t count, ip_received_descriptors *received) {
    descriptor_control control;
    struct msghdr message = {
        .msg_iov = (struct iovec *)parts, .msg_iovlen = count,
        .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    received->count = 0;
    received->incomplete = false;
    ssize_t taken;
    do taken = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (taken < 0 && errno == EINTR);
    if (taken < 0) return -errno;
    received->incomplete = (message.msg_flags & MSG_CTRUNC) != 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t size = header->cmsg_len - CMSG_LEN(0);
        memcpy(received->fds, CMSG_DATA(header), size);
        received->count = size / sizeof(int);
    }
    return taken;
}

static socklen_t abstract_address(struct sockaddr_un *address, const char *name, size_t length) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (length > sizeof address->sun_path - 1) length = sizeof address->sun_path - 1;
    memcpy(address->sun_path + 1, name, length);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
}

int ip_bind_datagram(const char *name, size_t length) {
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    struct sockaddr_un address;
    socklen_t size = abstract_address(&address, name, length);
    if (bind(fd, (struct sockaddr *)&address, size) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

int ip_send_datagram(int socket, const char *name, size_t length) {
    struct sockaddr_un address;
    socklen_t size = abstract_address(&address, name, length);
    char byte = 0;
    return sendto(socket, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address, size) == 1 ? 0 : -errno;
}
