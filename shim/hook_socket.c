/* Sockets that have a path. To connect to one is to read it: the kernel wants write permission of
 * the socket itself, but no writable mount. */
#define _GNU_SOURCE
#include "hook.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { SOCKET_PATH_CAPACITY = sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1 };

/* Copies the path of an address, which need not end with a NUL. Returns false if it has none. */
static bool take_path(const void *address, size_t size, char path[SOCKET_PATH_CAPACITY]) {
    const struct sockaddr_un *const local = address;
    const size_t start = offsetof(struct sockaddr_un, sun_path);
    if (address == NULL || size <= start || size > sizeof *local || local->sun_family != AF_UNIX)
        return false;
    size_t length = 0;
    for (; length < size - start && local->sun_path[length] != '\0'; length++)
        path[length] = local->sun_path[length];
    path[length] = '\0';
    return length > 0;
}

static NOINLINE void prepare(const char *path, unsigned access) {
    struct place place;
    place_prepare(&place, AT_FDCWD, path, access);
}

#define HOOK_OF_ADDRESS(type, name, parameters, arguments, address, size, access)                  \
    REAL(type, name, P(parameters), P(arguments))                                                  \
    type hook_##name(parameters) {                                                                 \
        char path[SOCKET_PATH_CAPACITY];                                                           \
        if (!take_path(address, size, path) || shim_mode() != MODE_ON)                             \
            return real_##name(arguments);                                                         \
        if (look_first(AT_FDCWD, path, access) == LOOK_CLOSER)                                     \
            prepare(path, access);                                                                 \
        type result = real_##name(arguments);                                                      \
        if (HAS_FAILED(result) && look_again(AT_FDCWD, path, access))                              \
            result = real_##name(arguments);                                                       \
        return result;                                                                             \
    }

HOOK_OF_ADDRESS(int, connect, P(int descriptor, const void *address, unsigned size),
                P(descriptor, address, size), address, size, ACCESS_READ)
HOOK_OF_ADDRESS(int, __connect, P(int descriptor, const void *address, unsigned size),
                P(descriptor, address, size), address, size, ACCESS_READ)
HOOK_OF_ADDRESS(int, bind, P(int descriptor, const void *address, unsigned size),
                P(descriptor, address, size), address, size, ACCESS_WRITE | ACCESS_NOFOLLOW)
HOOK_OF_ADDRESS(long, sendto,
                P(int descriptor, const void *data, size_t length, int flags, const void *address,
                  unsigned size),
                P(descriptor, data, length, flags, address, size), address, size, ACCESS_READ)
HOOK_OF_ADDRESS(long, sendmsg, P(int descriptor, const struct msghdr *message, int flags),
                P(descriptor, message, flags), message->msg_name, message->msg_namelen, ACCESS_READ)

static void look_at_messages(const struct mmsghdr *messages, unsigned count) {
    char path[SOCKET_PATH_CAPACITY];
    for (unsigned index = 0; index < count; index++)
        if (take_path(messages[index].msg_hdr.msg_name, messages[index].msg_hdr.msg_namelen, path))
            look_through(AT_FDCWD, path, ACCESS_READ);
}

#define HOOK_OF_MESSAGES(name)                                                                     \
    REAL(int, name, P(int descriptor, struct mmsghdr *messages, unsigned count, int flags),        \
         P(descriptor, messages, count, flags))                                                    \
    int hook_##name(int descriptor, struct mmsghdr *messages, unsigned count, int flags) {         \
        if (shim_mode() == MODE_ON)                                                                \
            look_at_messages(messages, count);                                                     \
        return real_##name(descriptor, messages, count, flags);                                    \
    }

HOOK_OF_MESSAGES(sendmmsg)
HOOK_OF_MESSAGES(__sendmmsg)
