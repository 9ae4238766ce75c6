/*
 * A client's whole conversation with the portal before it waits: connect, ask, hear the answer.
 *
 * It is one call because each function that JavaScript binds costs a launch a quarter of a
 * millisecond, and socket, connect, sendmsg and recvmsg would be four of them.
 */
#define _GNU_SOURCE
#include "native.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Room for the control message of the most descriptors there can be. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * EXCHANGE_DESCRIPTORS)];
};

static int fail(struct exchange_request *request, enum exchange_failure step) {
    request->error = errno;
    request->failed_step = step;
    if (request->socket >= 0)
        close((int)request->socket);
    request->socket = -1;
    return -1;
}

static void put_descriptors(const struct exchange_request *request, struct msghdr *message,
                            union control *control) {
    size_t size = sizeof(int) * (size_t)request->descriptor_count;
    if (size == 0)
        return;
    memset(control, 0, sizeof *control);
    message->msg_control = control;
    message->msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    int descriptors[EXCHANGE_DESCRIPTORS];
    for (int64_t i = 0; i < request->descriptor_count; i++)
        descriptors[i] = (int)request->descriptors[i];
    memcpy(CMSG_DATA(header), descriptors, size);
}

/* The whole message; the descriptors travel with its first byte. */
static bool send_all(struct exchange_request *request) {
    union control control;
    struct iovec rest = {.iov_base = request->bytes + request->address_length,
                         .iov_len = (size_t)request->message_length};
    struct msghdr message = {.msg_iov = &rest, .msg_iovlen = 1};
    put_descriptors(request, &message, &control);
    while (rest.iov_len > 0) {
        ssize_t sent = sendmsg((int)request->socket, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return false;
        rest.iov_base = (char *)rest.iov_base + sent;
        rest.iov_len -= (size_t)sent;
        message.msg_control = NULL;
        message.msg_controllen = 0;
    }
    return true;
}

static void take_descriptors(struct exchange_request *request, struct msghdr *message) {
    request->descriptor_count = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        int descriptors[EXCHANGE_DESCRIPTORS];
        if (count > EXCHANGE_DESCRIPTORS)
            count = EXCHANGE_DESCRIPTORS; /* the kernel dropped those that had no room */
        memcpy(descriptors, CMSG_DATA(header), count * sizeof(int));
        for (size_t i = 0; i < count; i++)
            request->descriptors[i] = descriptors[i];
        request->descriptor_count = (int64_t)count;
    }
}

/* Receives exactly `length` bytes, behind those that are here; fewer when the other end closes. */
static bool receive(struct exchange_request *request, size_t length, struct msghdr *message) {
    struct iovec rest = {.iov_base = request->bytes + request->received, .iov_len = length};
    message->msg_iov = &rest;
    message->msg_iovlen = 1;
    while (rest.iov_len > 0) {
        ssize_t count = recvmsg((int)request->socket, message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count == 0;
        rest.iov_base = (char *)rest.iov_base + count;
        rest.iov_len -= (size_t)count;
        request->received += count;
    }
    return true;
}

/* Not a byte more than the frame, since what follows it is for the relay. */
static bool receive_frame(struct exchange_request *request) {
    union control control;
    struct msghdr with_descriptors = {.msg_control = &control, .msg_controllen = sizeof control};
    struct msghdr plain = {0};
    if (!receive(request, FRAME_HEADER_BYTES, &with_descriptors))
        return false;
    take_descriptors(request, &with_descriptors);
    if (request->received < FRAME_HEADER_BYTES)
        return true;
    const uint8_t *header = request->bytes;
    size_t length = header[0] | (size_t)header[1] << 8 | (size_t)header[2] << 16;
    size_t room = (size_t)request->room - FRAME_HEADER_BYTES;
    return receive(request, length < room ? length : room, &plain);
}

/* After a failure to send: who does not want to hear us may have said why, and closed. */
static bool is_answered(struct exchange_request *request) {
    const int error = errno;
    if (error != EPIPE && error != ECONNRESET)
        return false;
    const bool is_whole = receive_frame(request) && request->received > 0;
    errno = error;
    return is_whole;
}

int stemjail_exchange(struct exchange_request *request) {
    request->socket = -1;
    request->received = 0;
    if (request->keep_signals && stemjail_relay_prepare() != 0)
        return fail(request, EXCHANGE_FAILED_SIGNALS);
    request->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (request->socket < 0)
        return fail(request, EXCHANGE_FAILED_SOCKET);
    if (connect((int)request->socket, (const struct sockaddr *)request->bytes,
                (socklen_t)request->address_length) != 0)
        return fail(request, EXCHANGE_FAILED_CONNECT);
    if (!send_all(request) && !is_answered(request))
        return fail(request, EXCHANGE_FAILED_SEND);
    if (request->received > 0)
        return 0;
    if (!receive_frame(request))
        return fail(request, EXCHANGE_FAILED_RECEIVE);
    return 0;
}
