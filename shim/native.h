/*
 * What the executable needs in C: what JavaScript cannot do.
 *
 * native.c    memory that other processes read, messages, and errno
 * spawn.c     everything between a new process and its exec (V8 marks its heap MADV_DONTFORK,
 *             and a vfork child may not return to its caller anyway)
 * follow.c    a path through its links, where each component would be a call of its own
 * landlock.c  a rule for each place that a jail can be granted, in one call
 * exchange.c  a client's request and its answer, in one call
 * relay.c     the client's wait: bytes between two terminals, and signals, which reach any thread
 * borrowed.c  the user's terminal meanwhile
 *
 * All are called through Deno's FFI. The structures are arrays of 64-bit words, so that
 * ffi/spawn.ts, ffi/exchange.ts and ffi/relay.ts can state the same layout without padding rules.
 */
#ifndef STEMJAIL_NATIVE_H
#define STEMJAIL_NATIVE_H

#include <stdint.h>

#define STEMJAIL_EXPORT __attribute__((visibility("default")))

/* errno of the calling thread, to be read right after the call that set it. */
STEMJAIL_EXPORT int stemjail_errno(void);

/* The address of a buffer, valid as long as its owner keeps it. */
STEMJAIL_EXPORT uintptr_t stemjail_address(const void *buffer);

/*
 * sendmsg(2) and recvmsg(2) of one buffer and one control buffer. They are here because a message's
 * header holds pointers: only a buffer that is itself an argument is kept by the engine until the
 * call returns, and one that a number points at may be freed before it.
 *
 * stemjail_receive writes msg_controllen to `out`.
 */
STEMJAIL_EXPORT int64_t stemjail_send(int socket, const void *bytes, uint64_t length,
                                      const void *control, uint64_t control_length);
STEMJAIL_EXPORT int64_t stemjail_receive(int socket, void *bytes, uint64_t length, void *control,
                                         uint64_t control_size, uint32_t *out);

/*
 * Follows a path, and every symbolic link on it, but none past `root`/proc.
 *
 * `path` is absolute; it and what its links say are taken from `root`. At most so many `links` are
 * followed and so many `steps` made, each a name of the path or of a link.
 *
 * `trail` gets absolute paths, each with a NUL, without links but at their ends: of every link that
 * was followed, of every directory that was left through "..", unless it leads to the one before,
 * and last of where the walk ended, be that there or not: empty for the root. A walk ends where it
 * leads nowhere, at a limit, or where `size` leaves no more room; PATH_MAX is the least.
 *
 * Returns the number of bytes, or -1 with errno.
 */
STEMJAIL_EXPORT int64_t stemjail_follow(int root, const char *path, char *trail, uint64_t size,
                                        uint64_t links, uint64_t steps);

/* One rule: the rights that a path below `root` has. */
struct path_rule {
    uint64_t access;       /* LANDLOCK_ACCESS_FS_* */
    uint64_t root;         /* a directory's descriptor */
    uint64_t is_directory; /* or else it can be anything */
};

/*
 * Adds rules to a Landlock ruleset, in the order of `paths`: one after the other, each relative to
 * its root and closed by NUL, `length` bytes in all. No link is followed and no root is left.
 *
 * A path that is gone gets no rule and a 1 in `missing`, which has a byte for each.
 *
 * Returns how many were handled; if not all, the next one failed with errno.
 */
STEMJAIL_EXPORT uint64_t stemjail_allow_paths(int ruleset, const char *paths, uint64_t length,
                                              const struct path_rule *rules, uint64_t count,
                                              uint8_t *missing);

/* Copies bytes to an address. */
STEMJAIL_EXPORT void stemjail_copy(uintptr_t to, const void *from, uint64_t length);

/* Stores an aligned word so that whoever sees it sees all that was copied before. */
STEMJAIL_EXPORT void stemjail_store(uintptr_t to, uint32_t value);

/* Bits of spawn_request.steps. */
enum spawn_step_bit {
    SPAWN_NEW_SESSION = 1 << 0, /* setsid(2) */
    SPAWN_NEW_GROUP = 1 << 1,   /* setpgid(0, 0), in the foreground of `terminal` if there is one */
    SPAWN_DROP_CAPABILITIES = 1 << 2, /* no capability, empty bounding set, locked securebits */
    SPAWN_NO_NEW_PRIVILEGES = 1 << 3, /* prctl(PR_SET_NO_NEW_PRIVS) */
    SPAWN_NEW_KEYRING = 1 << 4,       /* keyctl(KEYCTL_JOIN_SESSION_KEYRING) */
    SPAWN_BLOCK_SIGNALS = 1 << 5,     /* exec with every signal blocked, for a reader of signalfd */
    SPAWN_MAY_CHANGE_TO_ROOT = 1 << 6 /* where `directory` is not to be had, start in / */
};

struct spawn_limit {
    uint64_t resource; /* RLIMIT_* */
    uint64_t soft;
    uint64_t hard;
};

struct spawn_request {
    /* in */
    uint64_t namespaces;        /* CLONE_NEW* flags */
    const char *file;           /* what to execute: an absolute path */
    char *const *arguments;     /* argv, closed by NULL */
    char *const *environment;   /* envp, closed by NULL */
    const char *directory;      /* working directory, or NULL to keep it */
    const int32_t *descriptors; /* become 0, 1, 2, ...; every other one is closed */
    uint64_t descriptor_count;
    uint64_t steps; /* enum spawn_step_bit */
    uint64_t uid;   /* mapped to itself when CLONE_NEWUSER is asked for */
    uint64_t gid;
    uint64_t ambient; /* capabilities to keep across the exec, one bit each */
    int64_t terminal; /* slave of the pseudoterminal whose foreground to take, or -1 */
    const struct spawn_limit *limits;
    uint64_t limit_count;
    int64_t ruleset;        /* Landlock ruleset, or -1 */
    const void *filter;     /* struct sock_filter[], or NULL */
    uint64_t filter_length; /* instructions */
    int64_t file_mask;      /* umask(2), or -1 to keep it */
    /* out */
    int64_t pid;
    int64_t pidfd;
    int64_t failed_step; /* enum spawn_failure, 0 when the exec has happened */
    int64_t error;       /* errno of that step */
};

/* Which step failed; ffi/spawn.ts has the words. */
enum spawn_failure {
    SPAWN_FAILED_CLONE = 1,
    SPAWN_FAILED_ID_MAP,
    SPAWN_FAILED_AMBIENT,
    SPAWN_FAILED_SESSION,
    SPAWN_FAILED_TERMINAL,
    SPAWN_FAILED_DESCRIPTORS,
    SPAWN_FAILED_DIRECTORY,
    SPAWN_FAILED_LIMITS,
    SPAWN_FAILED_KEYRING,
    SPAWN_FAILED_PRIVILEGES,
    SPAWN_FAILED_BOUNDING,
    SPAWN_FAILED_LANDLOCK,
    SPAWN_FAILED_CAPABILITIES,
    SPAWN_FAILED_SECCOMP,
    SPAWN_FAILED_EXEC
};

/* Starts a process. Returns 0 with pid and pidfd set, or -1 with failed_step and error set. */
STEMJAIL_EXPORT int stemjail_spawn(struct spawn_request *request);

/* Before each frame: 24 bits of length and 8 of descriptors (src/protocol/frame.ts). */
enum { FRAME_HEADER_BYTES = 4, EXCHANGE_DESCRIPTORS = 4 };

/*
 * A request, followed by the address of the socket and the message; the answer takes their place.
 * The memory after the structure is as large as both, and as `room`.
 */
struct exchange_request {
    /* in */
    int64_t keep_signals;     /* 1: keep signals for the application from here on; see relay.c */
    int64_t address_length;   /* bytes of a struct sockaddr_un */
    int64_t message_length;   /* bytes, at least one */
    int64_t room;             /* bytes that the answer may take */
    int64_t descriptor_count; /* how many of `descriptors` to send; out: how many came */
    int64_t descriptors[EXCHANGE_DESCRIPTORS];
    /* out */
    int64_t socket;      /* the connection, close-on-exec, or -1 */
    int64_t received;    /* bytes of the answer: all of the frame that `room` has room for, or
                          * fewer when the other end closed first */
    int64_t failed_step; /* enum exchange_failure */
    int64_t error;       /* errno of that step */
    uint8_t bytes[];
};

/* Which step failed; ffi/exchange.ts has the names. */
enum exchange_failure {
    EXCHANGE_FAILED_SIGNALS = 1,
    EXCHANGE_FAILED_SOCKET,
    EXCHANGE_FAILED_CONNECT,
    EXCHANGE_FAILED_SEND,
    EXCHANGE_FAILED_RECEIVE
};

/* Connects, sends a message, and receives the frame that answers it. Returns 0; or -1, with
 * failed_step and error set and the connection closed. It blocks. */
STEMJAIL_EXPORT int stemjail_exchange(struct exchange_request *request);

struct relay_request {
    int64_t connection; /* stream socket to the monitor */
    int64_t master;     /* the jail's pseudoterminal, or -1 */
    int64_t input;      /* the user's terminal to read, or -1 */
    int64_t output;     /* where the pseudoterminal's output goes, or -1 */
    int64_t raw;        /* 1: put `input` into raw mode meanwhile */
    int64_t shared;     /* 1: others may be reading it, so only once the application wants to */
};

/* One record of the connection once the application runs, in both directions. */
struct relay_record {
    uint32_t type; /* enum relay_type */
    int32_t value;
};

enum relay_type {
    RELAY_EXITED = 1,  /* monitor to client: wait status */
    RELAY_STOPPED = 2, /* monitor to client: the signal that stopped the application */
    RELAY_SIGNAL = 3,  /* client to monitor: deliver this signal */
    RELAY_KEYBOARD = 4 /* monitor to client: the application waits for the keyboard; the other way
                          round: it is the application's */
};

/*
 * From here on signals are kept for the application, which may run before the relay does. One that
 * would end the process still does if no relay begins within a second. Returns 0, or -1. Once is
 * enough for the process, so the second call does nothing.
 */
int stemjail_relay_prepare(void);

/*
 * Carries bytes and signals, those kept since stemjail_relay_prepare among them, until the
 * application ends; then it ends this process, with the application's status as a shell gives it.
 * Nothing is left for the runtime to do, and its own way out takes a millisecond and a half. It
 * returns, -1, only when the monitor went away first.
 */
STEMJAIL_EXPORT int stemjail_relay(const struct relay_request *request);

#endif
