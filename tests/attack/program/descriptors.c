/* A61: descriptors and credentials sent along with requests. */
#include "attacker.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST_DESCRIPTORS = 253, ROUNDS = 100, DEPTH = 8 };

/* Sends a request with control data; the answer. */
static int exchange_with(int connection, const char *path, void *control, size_t length) {
    unsigned char request[REQUEST_HEADER + MAXIMUM_PATH], reply[64];
    struct iovec vector = {request, make_access(request, path, false)};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = length};
    if (sendmsg(connection, &message, MSG_NOSIGNAL) < 0)
        return ANSWER_UNSENDABLE;
    ssize_t received = recv(connection, reply, sizeof reply, 0);
    return received < 5 ? ANSWER_CLOSED : reply[4];
}

static size_t rights(unsigned char *control, const int *descriptors, size_t count) {
    struct cmsghdr *header = (struct cmsghdr *)control;
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    return CMSG_SPACE(count * sizeof(int));
}

static void send_many(const char *granted) {
    static unsigned char control[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))]
        __attribute__((aligned(8)));
    int descriptors[MOST_DESCRIPTORS];
    size_t answered = 0;
    int connection = monitor_connect();
    for (size_t at = 0; at < MOST_DESCRIPTORS; at++)
        descriptors[at] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t length = rights(control, descriptors, MOST_DESCRIPTORS);
        answered += exchange_with(connection, granted, control, length) == 0;
    }
    judge("A61", "many-descriptors", answered != ROUNDS, "%zu-answered", answered);
    for (size_t at = 0; at < MOST_DESCRIPTORS; at++)
        close(descriptors[at]);
    close(connection);
}

/* Sockets in whose queues other sockets wait, which only the kernel's collector finds. */
static void send_nested(const char *granted) {
    unsigned char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
    size_t answered = 0;
    int connection = monitor_connect();
    for (size_t round = 0; round < ROUNDS; round++) {
        int inner[2], outer[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, inner) != 0)
            fail("socketpair");
        for (size_t depth = 0; depth < DEPTH; depth++) {
            struct iovec vector = {"x", 1};
            struct msghdr message = {.msg_iov = &vector,
                                     .msg_iovlen = 1,
                                     .msg_control = control,
                                     .msg_controllen = rights(control, inner, 1)};
            if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, outer) != 0)
                fail("socketpair");
            sendmsg(outer[0], &message, MSG_NOSIGNAL);
            close(inner[0]);
            close(inner[1]);
            memcpy(inner, outer, sizeof inner);
        }
        size_t length = rights(control, inner, 1);
        answered += exchange_with(connection, granted, control, length) == 0;
        close(inner[0]);
        close(inner[1]);
    }
    judge("A61", "nested-sockets", answered != ROUNDS, "%zu-answered", answered);
    close(connection);
}

static void forge_credentials(const char *granted) {
    unsigned char control[CMSG_SPACE(sizeof(struct ucred))] __attribute__((aligned(8)));
    struct cmsghdr *header = (struct cmsghdr *)control;
    const struct ucred forged = {.pid = 1, .uid = getuid(), .gid = getgid()};
    int connection = monitor_connect();
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    header->cmsg_len = CMSG_LEN(sizeof forged);
    memcpy(CMSG_DATA(header), &forged, sizeof forged);
    int answer = exchange_with(connection, granted, control, sizeof control);
    judge("A61", "forged-credentials", answer != ANSWER_UNSENDABLE || errno != EPERM, "%s",
          strerrorname_np(errno));
    close(connection);
}

static void send_urgent(void) {
    int connection = monitor_connect();
    bool sent = send(connection, "!", 1, MSG_OOB | MSG_NOSIGNAL) >= 0;
    judge("A61", "urgent-data", sent, "%s", sent ? "sent" : strerrorname_np(errno));
    close(connection);
}

/* descriptors GRANTED */
int send_descriptors(int count, char **arguments) {
    if (count != 1)
        return 2;
    raise_descriptor_limit();
    send_many(arguments[0]);
    send_nested(arguments[0]);
    forge_credentials(arguments[0]);
    send_urgent();
    judge("A61", "still-answers", ask(arguments[0], false) != 0, "asked");
    return 0;
}
