/*
 * System calls without the C library.
 *
 * The shim lies in front of the C library's functions and is called from anywhere: before
 * constructors ran, in signal handlers, between vfork and exec. So its own work goes straight to
 * the kernel: no hook is entered again, errno is not touched, and no call is a cancellation point.
 *
 * Each function returns what the kernel returned: a result, or a negated errno.
 */
#ifndef STEMJAIL_SYSCALL_H
#define STEMJAIL_SYSCALL_H

#include <linux/openat2.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#if defined(__x86_64__)

static inline long raw_syscall(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)

static inline long raw_syscall(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}

#else
#error "The shim knows the system calls of x86_64 and aarch64"
#endif

static inline long raw_openat(int directory, const char *path, int flags) {
    return raw_syscall(SYS_openat, directory, (long)path, flags, 0, 0, 0);
}

static inline long raw_openat2(int directory, const char *path, const struct open_how *how) {
    return raw_syscall(SYS_openat2, directory, (long)path, (long)how, sizeof *how, 0, 0);
}

static inline long raw_close(int descriptor) {
    return raw_syscall(SYS_close, descriptor, 0, 0, 0, 0, 0);
}

static inline long raw_read(int descriptor, void *buffer, size_t size) {
    return raw_syscall(SYS_read, descriptor, (long)buffer, (long)size, 0, 0, 0);
}

static inline long raw_pread(int descriptor, void *buffer, size_t size, uint64_t offset) {
    return raw_syscall(SYS_pread64, descriptor, (long)buffer, (long)size, (long)offset, 0, 0);
}

static inline long raw_write(int descriptor, const void *buffer, size_t size) {
    return raw_syscall(SYS_write, descriptor, (long)buffer, (long)size, 0, 0, 0);
}

/* Returns the length of the target, which is not terminated by a NUL. */
static inline long raw_readlink(const char *path, char *target, size_t size) {
    return raw_syscall(SYS_readlinkat, -100 /* AT_FDCWD */, (long)path, (long)target, (long)size, 0,
                       0);
}

/* Returns the length of the path, its NUL included. */
static inline long raw_getcwd(char *path, size_t size) {
    return raw_syscall(SYS_getcwd, (long)path, (long)size, 0, 0, 0, 0);
}

static inline long raw_statx(int directory, const char *path, int flags, unsigned mask,
                             struct statx *result) {
    return raw_syscall(SYS_statx, directory, (long)path, flags, mask, (long)result, 0);
}

static inline long raw_faccessat(int directory, const char *path, int mode) {
    return raw_syscall(SYS_faccessat, directory, (long)path, mode, 0, 0, 0);
}

static inline long raw_getpid(void) { return raw_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0); }

static inline void raw_clock_monotonic(struct timespec *now) {
    raw_syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (long)now, 0, 0, 0, 0);
}

/* Returns the address, or a negated errno. */
static inline long raw_mmap(size_t size, int protection, int flags, int descriptor) {
    return raw_syscall(SYS_mmap, 0, (long)size, protection, flags, descriptor, 0);
}

static inline long raw_munmap(const void *address, size_t size) {
    return raw_syscall(SYS_munmap, (long)address, (long)size, 0, 0, 0, 0);
}

static inline long raw_fcntl(int descriptor, int command, long argument) {
    return raw_syscall(SYS_fcntl, descriptor, command, argument, 0, 0, 0);
}

static inline long raw_socket(int family, int type) {
    return raw_syscall(SYS_socket, family, type, 0, 0, 0, 0);
}

static inline long raw_connect(int descriptor, const void *address, size_t size) {
    return raw_syscall(SYS_connect, descriptor, (long)address, (long)size, 0, 0, 0);
}

static inline long raw_setsockopt(int descriptor, int level, int option, const void *value,
                                  size_t size) {
    return raw_syscall(SYS_setsockopt, descriptor, level, option, (long)value, (long)size, 0);
}

static inline long raw_sendmsg(int descriptor, const struct msghdr *message, int flags) {
    return raw_syscall(SYS_sendmsg, descriptor, (long)message, flags, 0, 0, 0);
}

static inline long raw_recvmsg(int descriptor, struct msghdr *message, int flags) {
    return raw_syscall(SYS_recvmsg, descriptor, (long)message, flags, 0, 0, 0);
}

#endif
