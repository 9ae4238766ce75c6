/*
 * Memory for JavaScript that may call this library, and nothing else: with `--allow-ffi=PATH` Deno
 * refuses every operation on pointers, so addresses are numbers here and never leave ffi/.
 */
#define _GNU_SOURCE
#include "native.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

int stemjail_errno(void) { return errno; }

uintptr_t stemjail_address(const void *buffer) { return (uintptr_t)buffer; }

void stemjail_copy(uintptr_t to, const void *from, uint64_t length) {
    memcpy((void *)to, from, length);
}

void stemjail_store(uintptr_t to, uint32_t value) {
    atomic_store_explicit((_Atomic uint32_t *)to, value, memory_order_seq_cst);
    /* On arm64 a later plain write may overtake even this store; here it may not. */
    atomic_thread_fence(memory_order_seq_cst);
}

int64_t stemjail_send(int socket, const void *bytes, uint64_t length, const void *control,
                      uint64_t control_length) {
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (control_length > 0) {
        message.msg_control = (void *)control;
        message.msg_controllen = control_length;
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

int64_t stemjail_receive(int socket, void *bytes, uint64_t length, void *control,
                         uint64_t control_size, uint32_t *out) {
    struct iovec vector = {.iov_base = bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (control_size > 0) {
        message.msg_control = control;
        message.msg_controllen = control_size;
    }
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    *out = (uint32_t)message.msg_controllen;
    return received;
}
