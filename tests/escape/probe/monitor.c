/* A10-A20: the process that holds the jail, as a door. */
#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t target;

/* A directory of another process: a door only if it leads elsewhere than one's own root. */
static void attack_directory(const char *number, const char *name, const char *path) {
    struct stat own, other;
    int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        attack(number, name, -1);
        return;
    }
    bool same = stat("/", &own) == 0 && fstat(directory, &other) == 0 &&
                own.st_dev == other.st_dev && own.st_ino == other.st_ino;
    say(number, name, same ? "same" : "FAIL", same ? "own-root" : "another-root");
    close(directory);
}

static void attack_tree(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/root", target);
    attack_directory("A10", "root", path);
    snprintf(path, sizeof path, "/proc/%d/cwd", target);
    attack_directory("A11", "cwd", path);
    snprintf(path, sizeof path, "/proc/%d/task", target);
    DIR *tasks = opendir(path);
    for (struct dirent *task; tasks != NULL && (task = readdir(tasks)) != NULL;) {
        if (task->d_name[0] != '.') {
            char thread[96];
            snprintf(thread, sizeof thread, "/proc/%d/task/%.16s/root", target, task->d_name);
            attack_directory("A10", "thread-root", thread);
            snprintf(thread, sizeof thread, "/proc/%d/task/%.16s/cwd", target, task->d_name);
            attack_directory("A11", "thread-cwd", thread);
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
}

static void attack_its_descriptors(void) {
    static const char *const lists[] = {"fd", "fdinfo", "map_files"};
    char path[64], name[32];
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", target, lists[i]);
        DIR *list = opendir(path);
        snprintf(name, sizeof name, "list-%s", lists[i]);
        attack("A12", name, list == NULL ? -1 : 0);
        if (list != NULL) {
            closedir(list);
        }
    }
    int opened = 0;
    for (int number = 0; number < 256; number++) {
        char link[256];
        snprintf(path, sizeof path, "/proc/%d/fd/%d", target, number);
        opened += readlink(path, link, sizeof link) >= 0 || open(path, O_PATH | O_CLOEXEC) >= 0;
    }
    judge("A12", "follow-fd", opened > 0, opened > 0 ? "followed" : "none-of-256");
}

static void attack_files(void) {
    static const struct {
        const char *number, *name;
        int flags;
    } files[] = {
        {"A13", "mem", O_RDWR},       {"A13", "environ", O_RDONLY}, {"A13", "maps", O_RDONLY},
        {"A13", "auxv", O_RDONLY},    {"A13", "stack", O_RDONLY},   {"A13", "syscall", O_RDONLY},
        {"A16", "exe", O_WRONLY},     {"A16", "exe", O_PATH},       {"A17", "ns/mnt", O_RDONLY},
        {"A17", "ns/user", O_RDONLY},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64], name[32], byte;
        snprintf(path, sizeof path, "/proc/%d/%s", target, files[i].name);
        snprintf(name, sizeof name, "%s%s", files[i].name, files[i].flags == O_PATH ? "-path" : "");
        int file = open(path, files[i].flags | O_CLOEXEC);
        /* What opens and then reads as empty, as environ of a kernel thread's child, gives nothing.
         */
        bool readable = file >= 0 && files[i].flags == O_RDONLY && files[i].name[0] != 'n';
        attack(files[i].number, name, readable ? read(file, &byte, 1) : file);
        close(file);
    }
}

static void attack_ptrace(void) {
    long seized = ptrace(PTRACE_SEIZE, target, NULL, NULL);
    attack("A14", "ptrace-seize", seized);
    if (seized == 0) {
        return;
    }
    if (attack("A14", "ptrace-attach", ptrace(PTRACE_ATTACH, target, NULL, NULL)) == 0) {
        waitpid(target, NULL, __WALL);
        ptrace(PTRACE_DETACH, target, NULL, NULL);
    }
}

static void report_state(void) {
    char path[32], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", target);
    if (!read_text(path, text, sizeof text)) {
        attack("A14", "state", -1);
        return;
    }
    const char *state = strrchr(text, ')');
    bool stopped = state != NULL && strchr("tT", state[2]) != NULL;
    judge("A14", "state", stopped, stopped ? "stopped" : "running");
}

static void attack_memory(void) {
    char byte;
    struct iovec local = {&byte, 1}, remote = {(void *)4096, 1};
    long count = process_vm_readv(target, &local, 1, &remote, 1, 0);
    /* Nothing is mapped there: EFAULT means that it was looked at. */
    attack("A15", "process_vm_readv", count < 0 && errno == EFAULT ? 0 : count);
    int pidfd = (int)syscall(SYS_pidfd_open, target, 0);
    long stolen = syscall(SYS_pidfd_getfd, pidfd, 0, 0);
    attack("A15", "pidfd_getfd", stolen < 0 && errno == EBADF && pidfd >= 0 ? 0 : stolen);
    attack("A15", "kcmp", syscall(SYS_kcmp, target, getpid(), KCMP_VM, 0, 0));
    long advised = syscall(SYS_process_madvise, pidfd, &remote, 1, MADV_COLD, 0);
    attack("A15", "process_madvise", advised < 0 && errno == ENOMEM ? 0 : advised);
    attack("A17", "setns-mount", syscall(SYS_setns, pidfd, CLONE_NEWNS));
    attack("A17", "setns-user", syscall(SYS_setns, pidfd, CLONE_NEWUSER));
}

/* Limits are a whole process's, whichever of its threads is named. Those here would do no harm yet;
 * lower ones would leave it no descriptor to answer with. */
static void attack_limits(void) {
    const struct rlimit some = {.rlim_cur = 512, .rlim_max = 512};
    long worked = -1;
    for (pid_t thread = target; thread < target + 16 && worked < 0; thread++) {
        struct rlimit before;
        if (thread != getpid() && prlimit(thread, RLIMIT_NOFILE, NULL, &before) == 0 &&
            before.rlim_cur > some.rlim_cur) {
            worked = prlimit(thread, RLIMIT_NOFILE, &some, NULL);
        }
    }
    attack("A15", "prlimit", worked);
}

void attack_monitor(void) {
    target = atoi(setting("pid", "1"));
    attack_tree();
    attack_its_descriptors();
    attack_files();
    in_child(attack_ptrace);
    report_state();
    attack_memory();
    attack_limits();
}

/* A20: whether it takes a signal is no matter; whether it lives on is. */
void attack_signals(void) {
    static const int handled[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2,  SIGPIPE, SIGALRM,
                                  SIGTERM, SIGCHLD, SIGCONT, SIGTSTP, SIGWINCH, SIGIO};
    for (int number = 1; number <= 64; number++) {
        if (number != 32 && number != 33) {
            kill(1, number);
        }
    }
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++) {
        kill(1, handled[i]);
    }
    usleep(300 * 1000);
    target = 1;
    report_state();
    say("A20", "survived-all-signals", "ok", "alive");
}
