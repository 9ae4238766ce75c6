/*
 * The C library's syscall function, through which programs make the calls that it has no function
 * for, and prctl: with them a program may also install a seccomp filter that kills calls it does
 * not expect. From then on the shim does nothing in that process, and is not passed on to the next.
 */
#define _GNU_SOURCE
#include "hook.h"
#include "syscall.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>

/* Where a call keeps the flags that say how it uses its path. */
enum flags_kind {
    FLAGS_NONE,
    FLAGS_OF_OPEN,       /* O_RDONLY and so on */
    FLAGS_OF_HOW,        /* a pointer to struct open_how */
    FLAGS_OF_PERMISSION, /* R_OK and so on */
    FLAGS_AT,            /* AT_SYMLINK_NOFOLLOW and so on */
};

/* How a system call uses one path. Numbers of arguments count from 0. */
struct path_use {
    short number;
    signed char directory; /* argument, or -1: the working directory */
    signed char path;      /* argument */
    unsigned char access;
    unsigned char kind;
    unsigned char flags; /* argument */
};

enum {
    READ_LINK = ACCESS_READ | ACCESS_NOFOLLOW,
    WRITE_LINK = ACCESS_WRITE | ACCESS_NOFOLLOW,
    MAXIMUM_USES = 2,
};

/* A call with two paths stands here twice. */
static const struct path_use path_uses[] = {
    {SYS_openat, 0, 1, ACCESS_READ, FLAGS_OF_OPEN, 2},
    {SYS_openat2, 0, 1, ACCESS_READ, FLAGS_OF_HOW, 2},
    {SYS_newfstatat, 0, 1, ACCESS_READ, FLAGS_AT, 3},
    {SYS_statx, 0, 1, ACCESS_READ, FLAGS_AT, 2},
    {SYS_faccessat, 0, 1, ACCESS_READ, FLAGS_OF_PERMISSION, 2},
    {SYS_faccessat2, 0, 1, ACCESS_READ, FLAGS_OF_PERMISSION, 2},
    {SYS_readlinkat, 0, 1, READ_LINK, FLAGS_NONE, 0},
    {SYS_chdir, -1, 0, ACCESS_READ, FLAGS_NONE, 0},
    {SYS_chroot, -1, 0, ACCESS_READ, FLAGS_NONE, 0},
    {SYS_mkdirat, 0, 1, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_mknodat, 0, 1, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_unlinkat, 0, 1, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_symlinkat, 1, 2, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_truncate, -1, 0, ACCESS_WRITE, FLAGS_NONE, 0},
    {SYS_fchmodat, 0, 1, ACCESS_WRITE, FLAGS_NONE, 0},
    {SYS_fchownat, 0, 1, ACCESS_WRITE, FLAGS_AT, 4},
    {SYS_utimensat, 0, 1, ACCESS_WRITE, FLAGS_AT, 3},
    {SYS_renameat2, 0, 1, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_renameat2, 2, 3, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_linkat, 0, 1, READ_LINK, FLAGS_NONE, 0},
    {SYS_linkat, 2, 3, WRITE_LINK, FLAGS_NONE, 0},
#ifdef SYS_open
    {SYS_open, -1, 0, ACCESS_READ, FLAGS_OF_OPEN, 1},
    {SYS_creat, -1, 0, ACCESS_WRITE, FLAGS_NONE, 0},
    {SYS_stat, -1, 0, ACCESS_READ, FLAGS_NONE, 0},
    {SYS_lstat, -1, 0, READ_LINK, FLAGS_NONE, 0},
    {SYS_readlink, -1, 0, READ_LINK, FLAGS_NONE, 0},
    {SYS_access, -1, 0, ACCESS_READ, FLAGS_OF_PERMISSION, 1},
    {SYS_chmod, -1, 0, ACCESS_WRITE, FLAGS_NONE, 0},
    {SYS_chown, -1, 0, ACCESS_WRITE, FLAGS_NONE, 0},
    {SYS_lchown, -1, 0, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_utime, -1, 0, ACCESS_WRITE, FLAGS_NONE, 0},
    {SYS_utimes, -1, 0, ACCESS_WRITE, FLAGS_NONE, 0},
    {SYS_mkdir, -1, 0, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_mknod, -1, 0, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_rmdir, -1, 0, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_unlink, -1, 0, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_rename, -1, 0, WRITE_LINK, FLAGS_NONE, 0},
    {SYS_rename, -1, 1, WRITE_LINK, FLAGS_NONE, 0},
#endif
};

static unsigned access_of(const struct path_use *use, const long *arguments) {
    const long flags = arguments[use->flags];
    switch (use->kind) {
    case FLAGS_OF_OPEN:
        return access_of_flags((int)flags);
    case FLAGS_OF_HOW:
        return access_of_flags((int)((const struct open_how *)flags)->flags);
    case FLAGS_OF_PERMISSION:
        return access_of_permission((int)flags);
    case FLAGS_AT:
        return access_at(use->access, (int)flags);
    default:
        return use->access;
    }
}

/* Beneath a root of the caller's an absolute path means something else. */
static bool has_own_root(const struct path_use *use, const long *arguments) {
    if (use->kind != FLAGS_OF_HOW)
        return false;
    const struct open_how *const how = (const struct open_how *)arguments[use->flags];
    return how == NULL || (how->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0;
}

/* Tells the paths that a system call takes: how many, at most two. */
static unsigned uses_of(long number, const long *arguments,
                        const struct path_use *uses[MAXIMUM_USES]) {
    unsigned count = 0;
    for (size_t index = 0; index < sizeof path_uses / sizeof path_uses[0]; index++)
        if (path_uses[index].number == number && count < MAXIMUM_USES &&
            !has_own_root(&path_uses[index], arguments))
            uses[count++] = &path_uses[index];
    return count;
}

EXPORTED long hook_syscall(long number, long a, long b, long c, long d, long e,
                           long f) __asm__("syscall");

static inline long real_syscall(long number, long a, long b, long c, long d, long e, long f) {
    static void *_Atomic slot;
    return ((long (*)(long, long, long, long, long, long, long))real_function(&slot, "syscall"))(
        number, a, b, c, d, e, f);
}

static long run(long number, const long *arguments) {
    return real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                        arguments[4], arguments[5]);
}

static int directory_of_use(const struct path_use *use, const long *arguments) {
    return use->directory < 0 ? AT_FDCWD : (int)arguments[use->directory];
}

static const char *path_of_use(const struct path_use *use, const long *arguments) {
    return (const char *)arguments[use->path];
}

static bool needs_closer_look(const struct path_use *const *uses, unsigned count,
                              const long *arguments) {
    bool is_needed = false;
    for (unsigned index = 0; index < count; index++)
        is_needed |= look_first(directory_of_use(uses[index], arguments),
                                path_of_use(uses[index], arguments),
                                access_of(uses[index], arguments)) == LOOK_CLOSER;
    return is_needed;
}

static bool deserves_repetition(const struct path_use *const *uses, unsigned count,
                                const long *arguments) {
    bool is_deserved = false;
    for (unsigned index = 0; index < count; index++)
        is_deserved |=
            look_again(directory_of_use(uses[index], arguments),
                       path_of_use(uses[index], arguments), access_of(uses[index], arguments));
    return is_deserved;
}

static NOINLINE long prepare_and_run(const struct path_use *const *uses, unsigned count,
                                     long number, long *arguments) {
    struct place places[MAXIMUM_USES];
    for (unsigned index = 0; index < count; index++)
        arguments[uses[index]->path] = (long)place_prepare(
            &places[index], directory_of_use(uses[index], arguments),
            path_of_use(uses[index], arguments), access_of(uses[index], arguments));
    const long result = run(number, arguments);
    for (unsigned index = 0; index < count; index++)
        if (places[index].is_denied)
            return result;
    return result == -1 && deserves_repetition(uses, count, arguments) ? run(number, arguments)
                                                                       : result;
}

static NOINLINE long run_with_paths(const struct path_use *const *uses, unsigned count, long number,
                                    long *arguments) {
    if (!needs_closer_look(uses, count, arguments)) {
        const long result = run(number, arguments);
        if (result != -1 || !deserves_repetition(uses, count, arguments))
            return result;
    }
    return prepare_and_run(uses, count, number, arguments);
}

/* Silence before a filter is installed; speech again if it was not. */
static NOINLINE long run_filter(long number, const long *arguments) {
    const enum shim_mode mode = shim_silence();
    const long result = run(number, arguments);
    if (result == -1)
        shim_unsilence(mode);
    return result;
}

static bool installs_filter(long number, const long *arguments) {
    return (number == SYS_seccomp &&
            (arguments[0] == SECCOMP_SET_MODE_STRICT || arguments[0] == SECCOMP_SET_MODE_FILTER)) ||
           (number == SYS_prctl && arguments[0] == PR_SET_SECCOMP);
}

/* Notes what a call has done to this process's view of the files. */
static void note_effects(long number, const long *arguments) {
    const long flags = number == SYS_setns ? arguments[1] : arguments[0];
    const bool is_namespace_call = number == SYS_unshare || number == SYS_setns;
    if (number == SYS_chdir || number == SYS_fchdir)
        directory_changed();
    if (is_namespace_call && (flags & (CLONE_FS | CLONE_NEWUSER | CLONE_NEWNS)) != 0)
        directory_is_volatile();
    if (number == SYS_chroot || number == SYS_pivot_root ||
        (is_namespace_call && (flags & CLONE_NEWNS) != 0) || (number == SYS_setns && flags == 0))
        shim_silence();
}

/* Whether the shim has anything to do with a call that takes no path. The others go straight
 * through, by a jump: a child may come back from one of them, on the same stack. */
static bool is_of_interest(long number) {
    return number == SYS_seccomp || number == SYS_prctl || number == SYS_fchdir ||
           number == SYS_unshare || number == SYS_setns || number == SYS_pivot_root;
}

static NOINLINE long run_of_interest(long number, long *arguments) {
    const struct path_use *uses[MAXIMUM_USES];
    if (installs_filter(number, arguments))
        return run_filter(number, arguments);
    const unsigned count = uses_of(number, arguments, uses);
    const long result = count > 0 && shim_mode() != MODE_OFF
                            ? run_with_paths(uses, count, number, arguments)
                            : run(number, arguments);
    if (result == 0)
        note_effects(number, arguments);
    return result;
}

static NOINLINE bool takes_paths(long number, long a, long b, long c, long d, long e) {
    const struct path_use *uses[MAXIMUM_USES];
    const long arguments[] = {a, b, c, d, e};
    return uses_of(number, arguments, uses) > 0;
}

static NOINLINE long run_closely(long number, long a, long b, long c, long d, long e, long f) {
    long arguments[] = {a, b, c, d, e, f};
    return run_of_interest(number, arguments);
}

long hook_syscall(long number, long a, long b, long c, long d, long e, long f) {
    if (is_of_interest(number) || takes_paths(number, a, b, c, d, e))
        return run_closely(number, a, b, c, d, e, f);
    return real_syscall(number, a, b, c, d, e, f);
}

EXPORTED int hook_prctl(int option, unsigned long a, unsigned long b, unsigned long c,
                        unsigned long d) __asm__("prctl");

int hook_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    static void *_Atomic slot;
    int (*const function)(int, unsigned long, unsigned long, unsigned long, unsigned long) =
        (int (*)(int, unsigned long, unsigned long, unsigned long, unsigned long))real_function(
            &slot, "prctl");
    if (option != PR_SET_SECCOMP)
        return function(option, a, b, c, d);
    const enum shim_mode mode = shim_silence();
    const int result = function(option, a, b, c, d);
    if (result != 0)
        shim_unsilence(mode);
    return result;
}
