/*
 * The child's side of a new process: everything between clone and exec.
 *
 * The child shares the parent's memory and the parent's thread waits (CLONE_VM | CLONE_VFORK), so
 * no page table is copied, and the child reports a failure by writing to the request. Therefore
 * nothing here may allocate, take a lock, or return from the child's function.
 */
#define _GNU_SOURCE
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_landlock_restrict_self
#define SYS_landlock_restrict_self 446
#endif

enum { STACK_SIZE = 64 * 1024, MAXIMUM_DESCRIPTORS = 16 };

static bool write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    size_t length = strlen(text);
    bool written = write(file, text, length) == (ssize_t)length;
    int error = errno;
    close(file);
    errno = error;
    return written;
}

/* user_namespaces(7): one id mapped to itself needs no privilege once setgroups is denied. */
static bool map_ids(const struct spawn_request *request) {
    char line[64];
    if (!(request->namespaces & CLONE_NEWUSER)) {
        return true;
    }
    if (!write_file("/proc/self/setgroups", "deny")) {
        return false;
    }
    snprintf(line, sizeof line, "%u %u 1", (unsigned)request->uid, (unsigned)request->uid);
    if (!write_file("/proc/self/uid_map", line)) {
        return false;
    }
    snprintf(line, sizeof line, "%u %u 1", (unsigned)request->gid, (unsigned)request->gid);
    return write_file("/proc/self/gid_map", line);
}

static bool set_capabilities(uint64_t permitted, uint64_t inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2];
    for (int half = 0; half < 2; half++) {
        data[half].permitted = data[half].effective = (uint32_t)(permitted >> (32 * half));
        data[half].inheritable = (uint32_t)(inheritable >> (32 * half));
    }
    return syscall(SYS_capset, &header, data) == 0;
}

/* capabilities(7): ambient ones survive the exec of a program without file capabilities. */
static bool raise_ambient(uint64_t capabilities) {
    if (capabilities == 0) {
        return true;
    }
    if (!set_capabilities(capabilities, capabilities)) {
        return false;
    }
    for (unsigned capability = 0; capability < 64; capability++) {
        if ((capabilities >> capability & 1) &&
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) {
            return false;
        }
    }
    return true;
}

/* Signals that the parent ignores would stay ignored across the exec (signal(7)). */
static void reset_signals(bool block) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) {
        sigaction(number, &action, NULL);
    }
    sigset_t mask;
    if (block) {
        sigfillset(&mask);
    } else {
        sigemptyset(&mask);
    }
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

static bool enter_group(const struct spawn_request *request) {
    if ((request->steps & SPAWN_NEW_SESSION) && setsid() < 0) {
        return false;
    }
    return !(request->steps & SPAWN_NEW_GROUP) || setpgid(0, 0) == 0;
}

/* All signals are blocked here, so that taking the foreground raises no SIGTTOU. */
static bool take_foreground(const struct spawn_request *request) {
    if (request->terminal < 0) {
        return true;
    }
    pid_t group = getpid();
    return ioctl((int)request->terminal, TIOCSPGRP, &group) == 0;
}

/* First out of the way of 0, 1, 2, ..., then into place, then nothing else stays open. */
static bool place_descriptors(const struct spawn_request *request) {
    int moved[MAXIMUM_DESCRIPTORS];
    int count = (int)request->descriptor_count;
    if (count > MAXIMUM_DESCRIPTORS) {
        errno = E2BIG;
        return false;
    }
    for (int i = 0; i < count; i++) {
        moved[i] = fcntl(request->descriptors[i], F_DUPFD_CLOEXEC, MAXIMUM_DESCRIPTORS);
        if (moved[i] < 0) {
            return false;
        }
    }
    for (int i = 0; i < count; i++) {
        if (dup2(moved[i], i) < 0) {
            return false;
        }
    }
    return true;
}

static bool change_directory(const struct spawn_request *request) {
    if (request->directory == NULL || chdir(request->directory) == 0) {
        return true;
    }
    return (request->steps & SPAWN_MAY_CHANGE_TO_ROOT) && chdir("/") == 0;
}

static rlim_t smaller(rlim_t left, rlim_t right) { return left < right ? left : right; }

static bool set_limits(const struct spawn_request *request) {
    for (uint64_t i = 0; i < request->limit_count; i++) {
        int resource = (int)request->limits[i].resource;
        struct rlimit limit;
        if (getrlimit(resource, &limit) != 0) {
            return false;
        }
        /* A limit that is tighter already stays: raising a hard one takes a privilege. */
        limit.rlim_max = smaller(limit.rlim_max, request->limits[i].hard);
        limit.rlim_cur = smaller(limit.rlim_max, request->limits[i].soft);
        if (setrlimit(resource, &limit) != 0) {
            return false;
        }
    }
    return true;
}

static bool drop_bounding_set(void) {
    for (unsigned capability = 0;; capability++) {
        int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (held < 0 && errno == EINVAL && capability > CAP_AUDIT_READ) {
            break; /* there is no such capability, and none after it (prctl(2)) */
        }
        if (held < 0 || (held > 0 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)) {
            return false;
        }
    }
    /* For uid 0 an exec is not to mean capabilities, now or later. */
    return prctl(PR_SET_SECUREBITS,
                 SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                     SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
                 0, 0, 0) == 0;
}

static bool install_filter(const struct spawn_request *request) {
    if (request->filter == NULL) {
        return true;
    }
    struct sock_fprog program = {.len = (unsigned short)request->filter_length,
                                 .filter = (struct sock_filter *)request->filter};
    /* Without this flag older kernels slow the process down against speculation attacks. */
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                   &program) == 0;
}

static void fail(struct spawn_request *request, enum spawn_failure step) {
    request->error = errno;
    request->failed_step = step;
    _exit(127);
}

/* The confinement of the application, top to bottom; each step fails alone. */
static void confine(struct spawn_request *request) {
    bool drop = request->steps & SPAWN_DROP_CAPABILITIES;
    if (!set_limits(request)) {
        fail(request, SPAWN_FAILED_LIMITS);
    }
    if ((request->steps & SPAWN_NEW_KEYRING) &&
        syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0) < 0 && errno != ENOSYS) {
        fail(request, SPAWN_FAILED_KEYRING);
    }
    if ((request->steps & SPAWN_NO_NEW_PRIVILEGES) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        fail(request, SPAWN_FAILED_PRIVILEGES);
    }
    if (drop && !drop_bounding_set()) {
        fail(request, SPAWN_FAILED_BOUNDING);
    }
    if (request->ruleset >= 0 &&
        syscall(SYS_landlock_restrict_self, (int)request->ruleset, 0) != 0) {
        fail(request, SPAWN_FAILED_LANDLOCK);
    }
    if (drop && (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
                 !set_capabilities(0, 0))) {
        fail(request, SPAWN_FAILED_CAPABILITIES);
    }
}

static int child(void *argument) {
    struct spawn_request *request = argument;
    if (!map_ids(request)) {
        fail(request, SPAWN_FAILED_ID_MAP);
    }
    if (!raise_ambient(request->ambient)) {
        fail(request, SPAWN_FAILED_AMBIENT);
    }
    if (!enter_group(request)) {
        fail(request, SPAWN_FAILED_SESSION);
    }
    if (!take_foreground(request)) {
        fail(request, SPAWN_FAILED_TERMINAL);
    }
    if (!place_descriptors(request)) {
        fail(request, SPAWN_FAILED_DESCRIPTORS);
    }
    confine(request);
    if (syscall(SYS_close_range, (unsigned)request->descriptor_count, ~0U, 0) != 0) {
        fail(request, SPAWN_FAILED_DESCRIPTORS);
    }
    if (!change_directory(request)) {
        fail(request, SPAWN_FAILED_DIRECTORY);
    }
    if (request->file_mask >= 0) {
        umask((mode_t)request->file_mask);
    }
    reset_signals(request->steps & SPAWN_BLOCK_SIGNALS);
    if (!install_filter(request)) {
        fail(request, SPAWN_FAILED_SECCOMP);
    }
    execve(request->file, request->arguments, request->environment);
    fail(request, SPAWN_FAILED_EXEC);
    return 0;
}

static int start(struct spawn_request *request, char *stack) {
    sigset_t all, before;
    int pidfd = -1;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int flags = (int)request->namespaces | CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
    pid_t pid = clone(child, stack + STACK_SIZE, flags, request, &pidfd);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) {
        request->failed_step = SPAWN_FAILED_CLONE;
        request->error = error;
        return -1;
    }
    if (request->failed_step != 0) {
        waitpid(pid, NULL, 0);
        close(pidfd);
        return -1;
    }
    request->pid = pid;
    request->pidfd = pidfd;
    return 0;
}

int stemjail_spawn(struct spawn_request *request) {
    char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) {
        request->failed_step = SPAWN_FAILED_CLONE;
        request->error = errno;
        return -1;
    }
    request->failed_step = 0;
    int result = start(request, stack);
    munmap(stack, STACK_SIZE);
    return result;
}
