/*
 * Opens a path in the ways that trouble a preloaded library.
 *
 *     survive WAY PATH
 *
 * Prints `ok` if the file at PATH could be opened in the end, or the name of what went wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *path;

static bool can_open(void) {
    const int descriptor = open(path, O_RDONLY);
    if (descriptor >= 0)
        close(descriptor);
    return descriptor >= 0;
}

static const char *verdict(bool is_good) { return is_good ? "ok" : strerrorname_np(errno); }

static const char *status_of(pid_t child) {
    int status = 0;
    if (waitpid(child, &status, 0) != child)
        return "no child";
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "ok" : "the child failed";
}

/* ---- processes and threads ---- */

static const char *in_fork(void) {
    const pid_t child = fork();
    if (child == 0)
        _exit(!can_open());
    return status_of(child);
}

static const char *in_vfork(void) {
    const pid_t child = vfork();
    if (child == 0)
        _exit(open(path, O_RDONLY) < 0);
    return status_of(child);
}

static int clone_child(void *argument) {
    (void)argument;
    return !can_open();
}

/* Shares the memory, but not the working directory: the parent's must not be mixed up. */
static const char *in_clone(void) {
    static char stack[1 << 17] __attribute__((aligned(16)));
    access("file", F_OK);
    const pid_t child = clone(clone_child, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
    return status_of(child);
}

/* The child's own directory leads to the file, the parent's does not. */
static int child_elsewhere(void *directory) {
    return chdir(directory) != 0 || access("file", F_OK) != 0 || access("./file", F_OK) != 0;
}

static const char *directory_of_clone(void) {
    static char stack[1 << 17] __attribute__((aligned(16)));
    char directory[4096];
    snprintf(directory, sizeof directory, "%s", path);
    *strrchr(directory, '/') = '\0';
    if (access("file", F_OK) == 0)
        return "the test starts in the wrong directory";
    const pid_t child = clone(child_elsewhere, stack + sizeof stack, CLONE_VM | SIGCHLD, directory);
    const char *const status = status_of(child);
    return strcmp(status, "ok") != 0 ? status : access("file", F_OK) == 0 ? "mixed up" : "ok";
}

static void *thread_body(void *argument) {
    pthread_barrier_wait(argument);
    return can_open() ? NULL : argument;
}

static const char *in_threads(void) {
    enum { THREADS = 64 };
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    const char *result = "ok";
    pthread_barrier_init(&start, NULL, THREADS);
    for (int index = 0; index < THREADS; index++)
        if (pthread_create(&threads[index], NULL, thread_body, &start) != 0)
            return "no thread";
    for (int index = 0; index < THREADS; index++) {
        void *failed = NULL;
        pthread_join(threads[index], &failed);
        if (failed != NULL)
            result = "a thread failed";
    }
    return result;
}

static const char *in_processes(void) {
    enum { PROCESSES = 32 };
    pid_t children[PROCESSES];
    int gate[2];
    const char *result = "ok";
    char byte;
    if (pipe(gate) != 0)
        return "no pipe";
    for (int index = 0; index < PROCESSES; index++) {
        children[index] = fork();
        if (children[index] == 0) {
            close(gate[1]);
            _exit(read(gate[0], &byte, 1) != 0 || !can_open());
        }
    }
    close(gate[1]);
    for (int index = 0; index < PROCESSES; index++)
        if (strcmp(status_of(children[index]), "ok") != 0)
            result = "a process failed";
    return result;
}

/* ---- signals and errors ---- */

static volatile bool handler_opened;

static void handler(int signal) {
    (void)signal;
    handler_opened = can_open();
}

static const char *on_signal_stack(void) {
    const size_t size = 16384;
    const stack_t stack = {.ss_sp = malloc(size), .ss_size = size};
    const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    return handler_opened ? "ok" : "the handler failed";
}

static const char *keeps_errno(void) {
    errno = EDOM;
    const bool is_open = can_open();
    if (!is_open || errno != EDOM)
        return "errno changed on success";
    errno = 0;
    if (open("/nowhere/at/all", O_RDONLY) >= 0 || errno != ENOENT)
        return "errno is wrong on failure";
    if (open(path, O_RDONLY | O_DIRECTORY) >= 0 || errno != ENOTDIR)
        return "errno is wrong on failure in a granted tree";
    return "ok";
}

/* Timers fire all through the question: the answer is waited for all the same. */
static void ignore(int signal) { (void)signal; }

static const char *interrupted(void) {
    const struct sigaction action = {.sa_handler = ignore};
    sigaction(SIGALRM, &action, NULL);
    ualarm(100, 100);
    return verdict(can_open());
}

/* ---- descriptors ---- */

static const char *with_all_closed(void) {
    static char result[64];
    close_range(3, ~0U, 0);
    const bool is_open = can_open();
    close_range(3, ~0U, 0);
    snprintf(result, sizeof result, "%s", verdict(is_open));
    return result;
}

/* The question must not take a number that the program counts on, nor leave one taken. */
static const char *takes_lowest(void) {
    close(0);
    const int descriptor = open(path, O_RDONLY);
    const int next = open("/dev/null", O_RDONLY);
    if (descriptor != 0)
        return descriptor < 0 ? strerrorname_np(errno) : "another number than the lowest";
    return next == 3 ? "ok" : "a descriptor was left open";
}

static const char *without_descriptors(void) {
    while (dup(1) >= 0)
        ;
    const bool is_open = open(path, O_RDONLY) >= 0;
    return is_open || errno != EMFILE ? "opened out of nothing" : "ok";
}

/* ---- seccomp ---- */

/* Kills on all that a question would need: socket, connect, and the look at links. */
static struct sock_filter instructions[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 4, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 3, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_statx, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static const struct sock_fprog filter = {sizeof instructions / sizeof instructions[0],
                                         instructions};

static const char *expect_nothing(void) {
    if (open("/usr/no/such/file", O_RDONLY) >= 0 || errno != ENOENT)
        return "wrong error";
    return can_open() ? "the file was asked for" : "ok";
}

static const char *under_filter_by_prctl(void) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        return verdict(false);
    return expect_nothing();
}

static const char *under_filter_by_syscall(void) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0)
        return verdict(false);
    return expect_nothing();
}

/* A filter that is refused leaves everything as it was. */
static const char *under_refused_filter(void) {
    const struct sock_fprog empty = {0, NULL};
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &empty);
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &empty);
    return verdict(can_open());
}

/* The next program is started without the shim. */
static const char *exec_under_filter(void) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        return verdict(false);
    execl("/usr/bin/printenv", "printenv", "LD_PRELOAD", NULL);
    return "no exec";
}

/* Two filters that came unseen, as from a static program: the next program counts them. The first
 * stands for the jail's own. */
static const char *exec_under_unseen_filters(void) {
#if defined(__x86_64__)
    long result = 0;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    for (int count = 0; count < 2 && result == 0; count++)
        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "a"(SYS_seccomp), "D"(SECCOMP_SET_MODE_FILTER), "S"(0), "d"(&filter)
                         : "rcx", "r11", "memory");
    if (result != 0)
        return "no filter";
#endif
    execl("/proc/self/exe", "survive", "expect-nothing", path, NULL);
    return "no exec";
}

/* ---- odd directories ---- */

static const char *in_removed_directory(void) {
    char name[] = "/tmp/stemjail-removed-XXXXXX";
    if (mkdtemp(name) == NULL || chdir(name) != 0 || rmdir(name) != 0)
        return verdict(false);
    if (open("file", O_RDONLY) >= 0 || errno != ENOENT || open("../file", O_RDONLY) >= 0)
        return "wrong error";
    return verdict(can_open());
}

static const char *by_descriptor(void) {
    char directory[4096];
    snprintf(directory, sizeof directory, "%s", path);
    char *const name = strrchr(directory, '/');
    *name = '\0';
    char *const parent = strrchr(directory, '/');
    *parent = '\0';
    const int descriptor = open(directory, O_PATH | O_DIRECTORY);
    *parent = *name = '/';
    return verdict(openat(descriptor, parent + 1, O_RDONLY) >= 0);
}

static const char *by_descriptor_link(void) {
    char directory[4096];
    char link[8192];
    snprintf(directory, sizeof directory, "%s", path);
    char *const name = strrchr(directory, '/');
    *name = '\0';
    char *const parent = strrchr(directory, '/');
    *parent = '\0';
    const int descriptor = open(directory, O_PATH | O_DIRECTORY);
    *parent = *name = '/';
    snprintf(link, sizeof link, "/proc/self/fd/%d%s", descriptor, parent);
    return verdict(open(link, O_RDONLY) >= 0);
}

static const char *by_long_path(void) {
    static char name[70000];
    memset(name, 'x', sizeof name - 1);
    memcpy(name, "/usr/", 5);
    if (open(name, O_RDONLY) >= 0 || errno != ENAMETOOLONG)
        return "wrong error";
    name[4096] = '\0';
    if (open(name, O_RDONLY) >= 0 || errno != ENAMETOOLONG)
        return "wrong error";
    const char *volatile nothing = NULL;
    return open(nothing, O_RDONLY) >= 0 || open("", O_RDONLY) >= 0 ? "opened nothing" : "ok";
}

struct way {
    const char *name;
    const char *(*run)(void);
};

static const struct way ways[] = {
    {"fork", in_fork},
    {"vfork", in_vfork},
    {"clone", in_clone},
    {"directory-of-clone", directory_of_clone},
    {"threads", in_threads},
    {"processes", in_processes},
    {"signal-stack", on_signal_stack},
    {"errno", keeps_errno},
    {"interrupted", interrupted},
    {"all-closed", with_all_closed},
    {"lowest", takes_lowest},
    {"no-descriptors", without_descriptors},
    {"filter-prctl", under_filter_by_prctl},
    {"filter-syscall", under_filter_by_syscall},
    {"filter-refused", under_refused_filter},
    {"filter-exec", exec_under_filter},
    {"filters-unseen", exec_under_unseen_filters},
    {"expect-nothing", expect_nothing},
    {"removed-directory", in_removed_directory},
    {"descriptor", by_descriptor},
    {"descriptor-link", by_descriptor_link},
    {"long-path", by_long_path},
};

int main(int count, char **arguments) {
    if (count != 3)
        return 2;
    path = arguments[2];
    for (size_t index = 0; index < sizeof ways / sizeof ways[0]; index++) {
        if (strcmp(ways[index].name, arguments[1]) != 0)
            continue;
        const char *const result = ways[index].run();
        const ssize_t length = (ssize_t)strlen(result);
        return write(1, result, (size_t)length) == length && write(1, "\n", 1) == 1 ? 0 : 1;
    }
    return 2;
}
