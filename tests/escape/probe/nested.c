/* A31-A33: what a user namespace of its own gives a program over the jail's mounts. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_RECURSIVE_FLAG 0x8000

static int extra_namespaces;

static bool enter(void) {
    unsigned uid = getuid(), gid = getgid();
    char line[64];
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | extra_namespaces) < 0) {
        return false;
    }
    write_text("/proc/self/setgroups", "deny");
    snprintf(line, sizeof line, "0 %u 1", gid);
    write_text("/proc/self/gid_map", line);
    snprintf(line, sizeof line, "0 %u 1", uid);
    return write_text("/proc/self/uid_map", line);
}

/* The proof of every attempt: the file that must stay out of reach. */
static void look_for_secret(const char *name) {
    const char *secret = setting("secret", NULL);
    if (secret == NULL) {
        say("A32", name, "skip", "secret=PATH-not-given");
    } else {
        attack_open("A32", name, secret, O_RDONLY);
    }
}

static void attack_readonly(const char *tree) {
    char path[256];
    snprintf(path, sizeof path, "%s/stemjail-escape", tree);
    attack("A31", "remount-rw", mount(NULL, tree, NULL, MS_REMOUNT | MS_BIND, NULL));
    struct {
        unsigned long set, clear, propagation, userns;
    } attributes = {0, 1, 0, 0};
    attack("A31", "mount_setattr-rw",
           syscall(SYS_mount_setattr, AT_FDCWD, tree, AT_RECURSIVE_FLAG, &attributes, 32));
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    attack("A31", "create-in-read-only", file);
    if (file >= 0) {
        unlink(path);
    }
}

static void attack_cover(const char *tree) {
    attack("A32", "umount", umount2(tree, 0));
    attack("A32", "umount-detach", umount2(tree, MNT_DETACH));
    mkdir("/tmp/cover", 0700);
    attack("A32", "move", mount(tree, "/tmp/cover", NULL, MS_MOVE, NULL));
    attack("A32", "bind-root-alone", mount("/", "/tmp/cover", NULL, MS_BIND, NULL));
    tolerate("A32", "bind-root-recursive", mount("/", "/tmp/cover", NULL, MS_BIND | MS_REC, NULL));
    look_for_secret("secret-after-uncovering");
}

/* A new /proc is for the pid namespace of a child. */
static void mount_proc(void) {
    tolerate("A33", "mount-proc", mount("proc", "/tmp/new", "proc", 0, NULL));
    attack_open("A46b", "fresh-proc-core_pattern", "/tmp/new/sys/kernel/core_pattern", O_WRONLY);
    attack_open("A46b", "fresh-proc-sysrq", "/tmp/new/sysrq-trigger", O_WRONLY);
}

static void attack_fresh_proc(void) { in_child(mount_proc); }

static void attack_new_mounts(void) {
    mkdir("/tmp/new", 0700);
    tolerate("A33", "mount-tmpfs", mount("tmpfs", "/tmp/new", "tmpfs", 0, NULL));
    tolerate("A33", "mount-overlay",
             mount("overlay", "/tmp/new", "overlay", 0, "lowerdir=/tmp:/usr"));
    attack_fresh_proc();
    attack("A33", "mount-sysfs", mount("sysfs", "/tmp/new", "sysfs", 0, NULL));
    attack("A33", "mount-debugfs", mount("debugfs", "/tmp/new", "debugfs", 0, NULL));
    tolerate("A33", "mount-cgroup2", mount("cgroup2", "/tmp/new", "cgroup2", 0, NULL));
    tolerate("A33", "fsopen-tmpfs", syscall(SYS_fsopen, "tmpfs", 0));
    tolerate("A33", "open_tree-clone", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
}

static void attack_devices(void) {
    attack("A42", "nested-mknod-char", mknod("/tmp/char", S_IFCHR | 0600, makedev(1, 1)));
    attack("A42", "nested-mknod-block", mknod("/tmp/block", S_IFBLK | 0600, makedev(8, 0)));
}

/* The classic: a root that lies below an open working directory. */
static void attack_chroot(void) {
    mkdir("/tmp/root", 0700);
    int outside = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (chroot("/tmp/root") < 0) {
        attack("A32", "chroot", -1);
        return;
    }
    fchdir(outside);
    for (int level = 0; level < 64; level++) {
        chdir("..");
    }
    chroot(".");
    look_for_secret("secret-after-chroot");
}

static void attack_as_root(void) {
    if (!enter()) {
        attack("A33", extra_namespaces != 0 ? "unshare-user-all" : "unshare-user", -1);
        return;
    }
    say("A33", extra_namespaces != 0 ? "unshare-user-all" : "unshare-user", "same", "worked");
    attack_readonly(setting("readonly", "/usr"));
    attack_new_mounts();
    attack_devices();
    attack("A14", "nested-ptrace", ptrace(PTRACE_SEIZE, 1, NULL, NULL));
    attack_open("A10", "nested-monitor-root", "/proc/1/root/usr", O_PATH);
    attack_open("A17", "nested-monitor-ns", "/proc/1/ns/mnt", O_RDONLY);
    attack_cover(setting("readonly", "/usr"));
    attack_chroot();
}

/* In a pid namespace only children live. */
static void attack_in_all(void) {
    extra_namespaces = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
    attack_as_root();
}

void attack_nested(void) {
    in_child(attack_as_root);
    in_child(attack_in_all);
}
