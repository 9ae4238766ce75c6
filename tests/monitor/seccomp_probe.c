/*
 * Installs the filter of a file, or none, and makes calls that it judges: one line "NAME ANSWER"
 * each, where ANSWER is "ok" or the name of an errno. The arguments are such that the kernel itself
 * would answer something else than the filter.
 *
 * Usage: seccomp_probe [FILTER]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH_BIT (1L << 32)

struct call {
    const char *name;
    long number;
    long arguments[5];
};

static const struct call calls[] = {
    {"getppid", SYS_getppid, {0}},
    {"keyctl", SYS_keyctl, {KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1}},
    {"add_key", SYS_add_key, {0}},
    {"request_key", SYS_request_key, {0}},
    {"bpf", SYS_bpf, {-1, 0, 0}},
    {"perf_event_open", SYS_perf_event_open, {0, 0, -1, -1, 0}},
    {"userfaultfd", SYS_userfaultfd, {0x7fffffff}},
    {"io_setup", SYS_io_setup, {0, 0}},
    {"io_uring_setup", SYS_io_uring_setup, {1, 0}},
    {"io_uring_enter", SYS_io_uring_enter, {-1, 0, 0, 0, 0}},
    {"io_uring_register", SYS_io_uring_register, {-1, 0, 0, 0}},
    {"setscheduler-first", SYS_sched_setscheduler, {HIGH_BIT | 1, -1, 0}},
    {"setpriority-all", SYS_setpriority, {2, 0, 0}},
    {"open_by_handle_at", SYS_open_by_handle_at, {-1, 0, 0}},
    {"name_to_handle_at", SYS_name_to_handle_at, {-1, 0, 0, 0, 0x7fffffff}},
    {"setns", SYS_setns, {-1, 0}},
    {"unshare-user", SYS_unshare, {CLONE_NEWUSER}},
    {"unshare-time", SYS_unshare, {CLONE_NEWUSER | 0x80}},
    {"unshare-fs", SYS_unshare, {CLONE_FS}},
    {"clone3", SYS_clone3, {0, 0}},
    {"fsopen", SYS_fsopen, {0, -1}},
    {"open_tree", SYS_open_tree, {-1, 0, 0x7fffffff}},
    {"move_mount", SYS_move_mount, {-1, 0, -1, 0, 0x7fffffff}},
    {"mount_setattr", SYS_mount_setattr, {-1, 0, 0x7fffffff, 0, 0}},
    {"ioctl-tiocsti", SYS_ioctl, {-1, 0x5412, 0}},
    {"ioctl-tiocsti-high", SYS_ioctl, {-1, HIGH_BIT | 0x5412, 0}},
    {"ioctl-tioclinux", SYS_ioctl, {-1, HIGH_BIT | 0x541c, 0}},
    {"ioctl-tiocsetd", SYS_ioctl, {-1, 0x5423, 0}},
    {"ioctl-tiocgwinsz", SYS_ioctl, {-1, 0x5413, 0}},
    {"fcntl-lease", SYS_fcntl, {-1, 1024, 0}},
    {"fcntl-lease-high", SYS_fcntl, {-1, HIGH_BIT | 1024, 0}},
    {"fcntl-getfd", SYS_fcntl, {-1, 1, 0}},
    {"prlimit-own", SYS_prlimit64, {0, 7, 0, 0}},
    {"prlimit-other", SYS_prlimit64, {1, 7, 0, 0}},
    {"personality-query", SYS_personality, {0xffffffff}},
    {"personality-no-aslr", SYS_personality, {0x40000}},
    {"personality-read-exec", SYS_personality, {0x400000}},
    {"personality-read-exec-high", SYS_personality, {HIGH_BIT | 0x400000}},
#ifdef SYS_ustat
    {"ustat", SYS_ustat, {-1, 0}},
#endif
    {"syslog", SYS_syslog, {10, 0, 0}},
    {"socket-unix", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
    {"socket-inet", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    {"socket-inet6", SYS_socket, {AF_INET6, SOCK_DGRAM, 0}},
    {"socket-inet-packet", SYS_socket, {AF_INET, SOCK_PACKET, 0}},
    {"socket-sctp", SYS_socket, {AF_INET6, SOCK_RAW, HIGH_BIT | IPPROTO_SCTP}},
    {"socket-route", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
    {"socket-route-high", SYS_socket, {HIGH_BIT | AF_NETLINK, SOCK_RAW, HIGH_BIT}},
    {"socket-netfilter", SYS_socket, {AF_NETLINK, SOCK_RAW, 12}},
    {"socket-packet", SYS_socket, {AF_PACKET, SOCK_RAW, 0}},
    {"socket-packet-high", SYS_socket, {HIGH_BIT | AF_PACKET, SOCK_RAW, 0}},
    {"socket-vsock", SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}},
    {"socket-alg", SYS_socket, {AF_ALG, SOCK_SEQPACKET, 0}},
    {"unknown-call", 1000, {0}},
#ifdef __x86_64__
    {"x32-getpid", 0x40000000 | SYS_getpid, {0}},
#endif
};

#ifdef __x86_64__
static const struct call calls_i386[] = {
    {"i386-getppid", 64, {0}},
    {"i386-keyctl", 288, {KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1}},
    {"i386-io_uring_setup", 425, {1, 0}},
    {"i386-unshare-user", 310, {CLONE_NEWUSER}},
    {"i386-socketcall-socket", 102, {1, 0}},
    {"i386-socketcall-bind", 102, {2, 0}},
    {"i386-socket-vsock", 359, {AF_VSOCK, SOCK_STREAM, 0}},
    {"i386-socket-unix", 359, {AF_UNIX, SOCK_STREAM, 0}},
    {"i386-ioctl-tiocsti", 54, {-1, 0x5412, 0}},
    {"i386-clone3", 435, {0, 0}},
};

/* The 32-bit interface is open to a 64-bit program through its old gate. */
static long call_i386(const struct call *call) {
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(call->number), "b"(call->arguments[0]), "c"(call->arguments[1]),
                       "d"(call->arguments[2]), "S"(call->arguments[3]), "D"(call->arguments[4])
                     : "memory", "r8", "r9", "r10", "r11");
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    return result;
}
#endif

static long call_native(const struct call *call) {
    const long *a = call->arguments;
    return syscall(call->number, a[0], a[1], a[2], a[3], a[4]);
}

/* In a child of its own, since some calls change the caller. */
static void report(const struct call *call, long (*make)(const struct call *)) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        long result = make(call);
        printf("%s %s\n", call->name, result < 0 ? strerrorname_np(errno) : "ok");
        fflush(stdout);
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (!WIFEXITED(status)) {
        printf("%s signal-%d\n", call->name, WTERMSIG(status));
    }
}

static void install(const char *path) {
    static struct sock_filter filter[BPF_MAXINSNS];
    int file = open(path, O_RDONLY);
    ssize_t size = file < 0 ? -1 : read(file, filter, sizeof filter);
    if (size <= 0) {
        perror(path);
        exit(2);
    }
    close(file);
    struct sock_fprog program = {.len = (unsigned short)((size_t)size / sizeof *filter),
                                 .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
        perror("seccomp");
        exit(2);
    }
}

static void *start(void *argument) { return argument; }

int main(int argc, char **argv) {
    pthread_t thread;
    if (argc > 1) {
        install(argv[1]);
    }
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        report(&calls[i], call_native);
    }
#ifdef __x86_64__
    for (size_t i = 0; i < sizeof calls_i386 / sizeof *calls_i386; i++) {
        report(&calls_i386[i], call_i386);
    }
#endif
    int error = pthread_create(&thread, NULL, start, NULL);
    printf("thread %s\n", error == 0 ? "ok" : strerrorname_np(error));
    return error == 0 ? pthread_join(thread, NULL) : 0;
}
