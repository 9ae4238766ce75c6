/* The working directory, the root, and what makes a process lose the jail's view of either. */
#define _GNU_SOURCE
#include "hook.h"

#include <sched.h>

EXPORTED int hook_chdir(const char *path) __asm__("chdir");

static int real_chdir(const char *path) {
    static void *_Atomic slot;
    int (*const function)(const char *) = (int (*)(const char *))real_function(&slot, "chdir");
    const int result = function(path);
    directory_changed();
    return result;
}

HOOK_BODY(int, chdir, P(const char *path), P(path), AT_FDCWD, path, ACCESS_READ)

REAL(int, fchdir, P(int descriptor), P(descriptor))

int hook_fchdir(int descriptor) {
    const int result = real_fchdir(descriptor);
    directory_changed();
    return result;
}

/* In another root, or another mount namespace, the policy table speaks of other files. */
static int lose_view(int result) {
    if (result == 0)
        shim_silence();
    return result;
}

REAL(int, chroot, P(const char *path), P(path))

int hook_chroot(const char *path) {
    look_through(AT_FDCWD, path, ACCESS_READ);
    return lose_view(real_chroot(path));
}

REAL(int, pivot_root, P(const char *path, const char *old), P(path, old))

int hook_pivot_root(const char *path, const char *old) {
    return lose_view(real_pivot_root(path, old));
}

REAL(int, unshare, P(int flags), P(flags))

int hook_unshare(int flags) {
    const int result = real_unshare(flags);
    if ((flags & (CLONE_FS | CLONE_NEWUSER)) != 0)
        directory_is_volatile();
    return (flags & CLONE_NEWNS) != 0 ? lose_view(result) : result;
}

REAL(int, setns, P(int descriptor, int type), P(descriptor, type))

int hook_setns(int descriptor, int type) {
    const int result = real_setns(descriptor, type);
    return type == 0 || (type & CLONE_NEWNS) != 0 ? lose_view(result) : result;
}

/* A child has a working directory of its own from here on. */
#define HOOK_OF_FORK(name)                                                                         \
    REAL(int, name, void, )                                                                        \
    int hook_##name(void) {                                                                        \
        const int result = real_##name();                                                          \
        if (result == 0)                                                                           \
            directory_forked();                                                                    \
        return result;                                                                             \
    }

HOOK_OF_FORK(fork)
HOOK_OF_FORK(__fork)
HOOK_OF_FORK(_Fork)
