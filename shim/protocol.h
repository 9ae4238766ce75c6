/*
 * What the shim and the monitor say to each other. src/protocol/shim.ts states the same for
 * TypeScript, and a test compares the two.
 *
 * A connection is a SOCK_SEQPACKET socket; each request and each reply is one message, in native
 * byte order. A client sends one request and reads its reply before it sends the next.
 */
#ifndef STEMJAIL_PROTOCOL_H
#define STEMJAIL_PROTOCOL_H

#include <stdint.h>

#ifndef STEMJAIL_RUN_DIRECTORY
#define STEMJAIL_RUN_DIRECTORY "/dev/stemjail"
#endif
#define STEMJAIL_TABLE_PATH STEMJAIL_RUN_DIRECTORY "/table"
#define STEMJAIL_SOCKET_PATH STEMJAIL_RUN_DIRECTORY "/socket"
/* "Seccomp_filters:" and how many of them the jail was started under, as in proc_pid_status(5). */
#define STEMJAIL_FILTERS_PATH STEMJAIL_RUN_DIRECTORY "/filters"
#define STEMJAIL_SHIM_PATH STEMJAIL_RUN_DIRECTORY "/stemshim.so"

enum {
    PROTOCOL_MAGIC = 0x314a5453, /* the bytes "STJ1" on a little-endian machine */
    PROTOCOL_MAXIMUM_PATH = 4095,
    PROTOCOL_MAXIMUM_TEXT = 8191,
};

enum request_kind {
    REQUEST_ACCESS = 1, /* text: an absolute path of 1..4095 bytes without NUL */
    REQUEST_LIST = 2,   /* text: the same */
    REQUEST_MOUNT = 3,  /* text: SOURCE NUL DESTINATION, each as above */
};

enum request_flag {
    REQUEST_WRITE = 1 << 0,
    REQUEST_PARENT = 1 << 1,
};

/* Followed by `length` bytes of text, 1..8191. */
struct request {
    uint32_t magic;
    uint8_t kind;
    uint8_t flags;
    uint16_t length;
};

enum reply_verdict {
    REPLY_GRANTED = 0,
    REPLY_DENIED = 1,
    REPLY_REFUSED = 2, /* not in this mode of the portal */
    REPLY_MALFORMED = 3,
};

/* Followed by `length` bytes of text. A list is one message for each entry, its name as text,
 * closed by a message without text. */
struct reply {
    uint32_t magic;
    uint8_t verdict;
    uint8_t kind;
    uint16_t length;
    uint32_t generation; /* of the policy table when the reply was sent */
};

_Static_assert(sizeof(struct request) == 8, "no padding in a request");
_Static_assert(sizeof(struct reply) == 12, "no padding in a reply");

#endif
