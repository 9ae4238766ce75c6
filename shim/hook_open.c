/* Opening files and directories. */
#define _GNU_SOURCE
#include "hook.h"
#include "syscall.h"

#define PROTOTYPES_OPEN
#include "prototypes.h"

/* Up to its version 2.41 glibc has no openat2: then the real call is the kernel's. */
static int real_openat2_at_large(int directory, const char *path, const struct open_how *how,
                                 size_t size) {
    static void *_Atomic slot;
    int (*const function)(int, const char *, const struct open_how *, size_t) =
        (int (*)(int, const char *, const struct open_how *, size_t))real_function(&slot,
                                                                                   "openat2");
    if (function != NULL)
        return function(directory, path, how, size);
    const long result =
        raw_syscall(SYS_openat2, directory, (long)path, (long)how, (long)size, 0, 0);
    if (result < 0)
        errno = (int)-result;
    return result < 0 ? -1 : (int)result;
}

static int hook_openat2_at_large(int directory, const char *path, const struct open_how *how,
                                 size_t size);

HOOK_BODY(int, openat2_at_large,
          P(int directory, const char *path, const struct open_how *how, size_t size),
          P(directory, path, how, size), directory, path, access_of_flags((int)how->flags))

EXPORTED int hook_openat2(int directory, const char *path, const struct open_how *how,
                          size_t size) __asm__("openat2");

/* Beneath a root of the caller's an absolute path means something else: the kernel answers alone.
 */
int hook_openat2(int directory, const char *path, const struct open_how *how, size_t size) {
    if (how == NULL || (how->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0)
        return real_openat2_at_large(directory, path, how, size);
    return hook_openat2_at_large(directory, path, how, size);
}
