/* A message through a pair of sockets and back, framed as a Connection does: pipe COUNT. */
#include "shared.h"

#include <arpa/inet.h>
#include <sys/socket.h>

struct message {
    uint32_t size;
    char bytes[9]; /* as an integer of 64 bits is encoded */
} __attribute__((packed));

static void send_message(int fd, const struct message *message) {
    if (write(fd, message, sizeof *message) != sizeof *message) fail("cannot write");
}

/* First the size, then the bytes: a receiver does not know how long a message is. */
static void receive_message(int fd, struct message *message) {
    if (read(fd, &message->size, sizeof message->size) != sizeof message->size) fail("cannot read a size");
    if (ntohl(message->size) != sizeof message->bytes) fail("a message of another size");
    if (read(fd, message->bytes, sizeof message->bytes) != sizeof message->bytes) fail("cannot read a message");
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    uint64_t count = atoll(argv[1]), back = 0;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) fail("no sockets");
    struct message message = {htonl(sizeof message.bytes), "i"};

    if (fork() == 0) {
        for (uint64_t i = 0; i <= count; i++) {
            receive_message(ends[1], &message);
            send_message(ends[1], &message);
        }
        _exit(0);
    }
    send_message(ends[0], &message); /* the other side is up */
    receive_message(ends[0], &message);
    double started = now();
    for (uint64_t i = 1; i <= count; i++) {
        memcpy(message.bytes + 1, &i, sizeof i);
        send_message(ends[0], &message);
        receive_message(ends[0], &message);
        memcpy(&back, message.bytes + 1, sizeof back);
        if (back != i) fail("another message came back");
    }
    report(count, now() - started);
    join_all();
}
