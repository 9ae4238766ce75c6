/* A34, A40-A44, A46b-A46d: rights that the application must not have. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void attack_mount_calls(void) {
    attack("A34", "mount", mount("/tmp", "/tmp", NULL, MS_BIND, NULL));
    attack("A34", "umount", umount2("/usr", MNT_DETACH));
    attack("A34", "pivot_root", syscall(SYS_pivot_root, "/", "/"));
    attack("A34", "open_tree-clone", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
    attack("A34", "fsopen", syscall(SYS_fsopen, "tmpfs", 0));
    attack("A34", "fspick", syscall(SYS_fspick, AT_FDCWD, "/", 0));
    attack("A34", "move_mount", syscall(SYS_move_mount, AT_FDCWD, "/usr", AT_FDCWD, "/tmp", 0));
    struct {
        unsigned long set, clear, propagation, userns;
    } attributes = {0, 1, 0, 0};
    attack("A34", "mount_setattr",
           syscall(SYS_mount_setattr, AT_FDCWD, "/usr", 0, &attributes, sizeof attributes));
    attack("A31", "remount-rw", mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL));
}

/* The flags lie behind a pointer, out of a filter's sight. */
static void attack_clone3(void) {
    struct clone_args arguments = {.flags = CLONE_NEWUSER | CLONE_NEWNS, .exit_signal = SIGCHLD};
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) {
        _exit(0);
    }
    tolerate("A34", "clone3-new-user", pid);
}

void report_identity(void) {
    judge("A40", "set-user-id", geteuid() != getuid(), geteuid() == 0 ? "euid-0" : "euid-own");
    /* A step of another mode, whose end this is not. */
    _exit(0);
}

static void run_set_user_id(void) {
    const char *helper = setting("setuid", NULL);
    if (helper == NULL) {
        say("A40", "set-user-id", "skip", "setuid=PATH-not-given");
        return;
    }
    execl(helper, helper, "identity", (char *)NULL);
    attack("A40", "set-user-id", -1);
}

static void attack_credentials(void) {
    static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
    char status[4096];
    if (!read_text("/proc/self/status", status, sizeof status)) {
        attack("A41", "status", -1);
        return;
    }
    const char *flag = strstr(status, "NoNewPrivs:\t1");
    judge("A40", "new-privileges", flag == NULL, flag == NULL ? "allowed" : "NoNewPrivs");
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const char *line = strstr(status, sets[i]);
        unsigned long long set = line == NULL ? 0 : strtoull(line + 7, NULL, 16);
        judge("A41", sets[i], set != 0, set != 0 ? "not-empty" : "empty");
    }
    in_child(run_set_user_id);
}

static void attack_devices(void) {
    const char *directory = setting("writable", "/tmp");
    char path[256];
    snprintf(path, sizeof path, "%s/char", directory);
    attack("A42", "mknod-char", mknod(path, S_IFCHR | 0600, makedev(1, 1)));
    snprintf(path, sizeof path, "%s/block", directory);
    attack("A42", "mknod-block", mknod(path, S_IFBLK | 0600, makedev(8, 0)));
}

static void attack_handle(void) {
    struct {
        struct file_handle handle;
        unsigned char bytes[MAX_HANDLE_SZ];
    } file = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
    int mount_id;
    if (name_to_handle_at(AT_FDCWD, setting("writable", "/usr"), &file.handle, &mount_id, 0) < 0) {
        attack("A43", "name_to_handle_at", -1);
        return;
    }
    int base = open(setting("writable", "/usr"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    attack("A43", "open_by_handle_at", open_by_handle_at(base, &file.handle, O_RDONLY));
    /* The root of most file systems is inode 2. */
    memset(file.handle.f_handle, 0, file.handle.handle_bytes);
    file.handle.f_handle[0] = 2;
    attack("A43", "open_by_handle_at-root", open_by_handle_at(base, &file.handle, O_RDONLY));
}

static void attack_administration(void) {
    char name[256] = "";
    gethostname(name, sizeof name - 1);
    /* The present name and wrong arguments: where the right is there, nothing is broken by it. */
    attack("A44", "sethostname", sethostname(name, strlen(name)));
    attack("A44", "chroot", chroot("/tmp"));
    attack("A44", "swapon", swapon("/dev/null", 0));
    attack("A44", "reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
    attack("A44", "kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
    attack("A44", "init_module", syscall(SYS_init_module, NULL, 0, ""));
    attack("A44", "finit_module", syscall(SYS_finit_module, -1, "", 0));
    attack("A44", "syslog", klogctl(10, NULL, 0));
    attack("A44", "acct", acct("/nonexistent"));
    attack("A44", "settimeofday", syscall(SYS_settimeofday, NULL, NULL));
}

static void attack_kernel_files(void) {
    attack_open("A46b", "core_pattern", "/proc/sys/kernel/core_pattern", O_WRONLY);
    attack_open("A46b", "modprobe", "/proc/sys/kernel/modprobe", O_WRONLY);
    attack_open("A46b", "binfmt_misc", "/proc/sys/fs/binfmt_misc/register", O_WRONLY);
    attack_open("A46b", "sysrq-trigger", "/proc/sysrq-trigger", O_WRONLY);
    attack_open("A46b", "kcore", "/proc/kcore", O_RDONLY);
    attack_open("A46b", "kmsg", "/dev/kmsg", O_RDONLY);
    attack_open("A46b", "mem", "/dev/mem", O_RDONLY);
    attack_open("A46b", "fuse", "/dev/fuse", O_RDWR);
    attack_open("A46b", "kvm", "/dev/kvm", O_RDWR);
    attack_open("A46b", "uevent_helper", "/sys/kernel/uevent_helper", O_WRONLY);
    attack_open("A46c", "cgroup.procs", "/sys/fs/cgroup/cgroup.procs", O_WRONLY);
}

/* A program that crashes, with as much of a limit as it may have. */
static void attack_with_crash(void) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit core;
        getrlimit(RLIMIT_CORE, &core);
        core.rlim_cur = core.rlim_max;
        setrlimit(RLIMIT_CORE, &core);
        if (chdir(setting("writable", "/tmp")) == 0) {
            abort();
        }
        _exit(0);
    }
    waitpid(pid, &status, 0);
    judge("A46d", "core-dump", WCOREDUMP(status), WCOREDUMP(status) ? "dumped" : "not-dumped");
}

void attack_privileges(void) {
    attack_mount_calls();
    attack_clone3();
    attack_credentials();
    attack_devices();
    attack_handle();
    attack_administration();
    attack_kernel_files();
    attack_with_crash();
}
