/* A45, A46: parts of the kernel that only an attacker misses. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

static void attack_interfaces(void) {
    struct io_uring_params ring = {0};
    attack("A45", "io_uring_setup", syscall(SYS_io_uring_setup, 4, &ring));
    aio_context_t context = 0;
    attack("A45", "io_setup", syscall(SYS_io_setup, 1, &context));
    union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4};
    map.max_entries = 1;
    attack("A45", "bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map));
    struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event};
    event.config = PERF_COUNT_SW_CPU_CLOCK;
    event.exclude_kernel = event.exclude_hv = 1;
    attack("A45", "perf_event_open", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
    attack("A45", "userfaultfd", syscall(SYS_userfaultfd, 0));
    attack("A45", "userfaultfd-user", syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY));
    attack("A45", "personality", personality(READ_IMPLIES_EXEC));
}

/* A key that was put into the session keyring outside, with the description `key`. */
static void attack_keys(void) {
    const char *description = setting("key", "stemjail-escape");
    char secret[64];
    attack("A45", "keyctl",
           syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
    attack("A45", "add_key",
           syscall(SYS_add_key, "user", "probe", "x", 1, KEY_SPEC_PROCESS_KEYRING));
    long key = syscall(SYS_request_key, "user", description, NULL, 0);
    attack("A46", "request_key", key);
    key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", description, 0);
    attack("A46", "keyctl-search", key);
    attack("A46", "keyctl-read",
           key < 0 ? -1 : syscall(SYS_keyctl, KEYCTL_READ, key, secret, sizeof secret));
}

#ifdef __x86_64__
/* The same calls through the 32-bit gate, where a filter for one interface does not look. */
static long call_i386(long number, long first, long second, long third) {
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(first), "c"(second), "d"(third)
                     : "memory", "r8", "r9", "r10", "r11");
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

static void attack_by_i386(void) {
    long ring = call_i386(425, 1, 0, 0);
    /* No parameters at that address: EFAULT means that the call was made. */
    attack("A45", "i386-io_uring_setup", ring < 0 && errno == EFAULT ? 0 : ring);
    attack("A45", "i386-keyctl", call_i386(288, KEYCTL_GET_KEYRING_ID, -2, 1));
    attack("A45", "i386-socket-vsock", call_i386(359, AF_VSOCK, SOCK_STREAM, 0));
    tolerate("A34", "i386-unshare-user", call_i386(310, 0x10000000, 0, 0));
}
#endif

void attack_kernel(void) {
    attack_interfaces();
    attack_keys();
#ifdef __x86_64__
    in_child(attack_by_i386);
#endif
}
