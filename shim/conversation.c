#define _GNU_SOURCE
#include "conversation.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/un.h>

enum {
    HIGH_DESCRIPTOR = 900, /* below the usual limit of 1024 */
    MICROSECONDS = 1000000,
    NANOSECONDS = 1000000000,
};

static int64_t now(void) {
    struct timespec time = {0, 0};
    raw_clock_monotonic(&time);
    return time.tv_sec * (int64_t)NANOSECONDS + time.tv_nsec;
}

/* Lets the calls on the socket end at the deadline. Returns false if it has passed. */
static bool limit_time(const struct conversation *conversation, int option) {
    const int64_t left = conversation->deadline - now();
    const int64_t microseconds = left / 1000 + 1; /* a limit of zero would be none */
    const struct timeval limit = {microseconds / MICROSECONDS, microseconds % MICROSECONDS};
    return left > 0 &&
           raw_setsockopt(conversation->descriptor, SOL_SOCKET, option, &limit, sizeof limit) == 0;
}

/* Moves the descriptor out of the way of programs that count on the lowest free number, or close
 * all the low ones in another thread meanwhile. */
static int move_high(int descriptor) {
    const long high = raw_fcntl(descriptor, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
    if (high < 0)
        return descriptor;
    raw_close(descriptor);
    return (int)high;
}

bool conversation_open(struct conversation *conversation, unsigned limit) {
    static const struct sockaddr_un address = {AF_UNIX, STEMJAIL_SOCKET_PATH};
    const long descriptor = raw_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC);
    if (descriptor < 0)
        return false;
    conversation->descriptor = move_high((int)descriptor);
    conversation->deadline = now() + limit * (int64_t)NANOSECONDS;
    long result = -EINTR;
    while (result == -EINTR && limit_time(conversation, SO_SNDTIMEO))
        result = raw_connect(conversation->descriptor, &address, sizeof address);
    if (result == 0)
        return true;
    conversation_close(conversation);
    return false;
}

void conversation_close(const struct conversation *conversation) {
    raw_close(conversation->descriptor);
}

bool conversation_send(const struct conversation *conversation, enum request_kind kind,
                       unsigned flags, const char *text, size_t length) {
    struct request request = {PROTOCOL_MAGIC, (uint8_t)kind, (uint8_t)flags, (uint16_t)length};
    struct iovec parts[] = {{&request, sizeof request}, {(void *)text, length}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (length == 0 || length > PROTOCOL_MAXIMUM_TEXT)
        return false;
    long sent = -EINTR;
    while (sent == -EINTR && limit_time(conversation, SO_SNDTIMEO))
        sent = raw_sendmsg(conversation->descriptor, &message, MSG_NOSIGNAL);
    return sent == (long)(sizeof request + length);
}

bool reply_is_valid(const struct reply *reply, size_t size, enum request_kind kind) {
    return size >= sizeof *reply && reply->magic == PROTOCOL_MAGIC && reply->kind == kind &&
           reply->verdict <= REPLY_MALFORMED && reply->length == size - sizeof *reply;
}

bool conversation_receive(const struct conversation *conversation, enum request_kind kind,
                          struct reply *reply, char *text, size_t capacity) {
    struct iovec parts[] = {{reply, sizeof *reply}, {text, capacity}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    long received = -EINTR;
    /* With MSG_TRUNC the kernel tells the whole length of a message that is too long. */
    while (received == -EINTR && limit_time(conversation, SO_RCVTIMEO))
        received = raw_recvmsg(conversation->descriptor, &message, MSG_TRUNC);
    return received > 0 && reply_is_valid(reply, (size_t)received, kind);
}
