/* A22-A31, A64, A66, A82-A86: files that are granted, and the way from them to others. */
#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static const char *join(const char *directory, const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void attack_create(const char *number, const char *name, const char *path) {
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    attack(number, name, file);
    if (file >= 0) {
        write(file, "# escaped\n", strlen("# escaped\n"));
        close(file);
    }
}

/* From each directory that is open, up to a file that was never granted. */
static void walk_out(const char *name, int descriptor) {
    const char *secret = setting("secret", "/etc/shadow");
    char path[1024] = "../../../../../../../../../../../..";
    strncat(path, secret, sizeof path - strlen(path) - 1);
    int file = openat(descriptor, path, O_RDONLY | O_CLOEXEC);
    judge("A64", name, file >= 0, file >= 0 ? "read" : strerrorname_np(errno));
}

void attack_descriptors(void) {
    int count = 0;
    for (int descriptor = 3; descriptor < 1024; descriptor++) {
        struct stat status;
        if (fstat(descriptor, &status) == 0) {
            count++;
            if (S_ISDIR(status.st_mode)) {
                walk_out("walk-out-of-descriptor", descriptor);
            }
        }
    }
    judge("A64", "inherited-descriptors", count > 0, count > 0 ? "some" : "none");
    struct stat status;
    if (fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode)) {
        /* Opened for reading only; its file may be the user's, and writable. */
        attack_open("A64", "stdin-anew-for-writing", "/proc/self/fd/0", O_WRONLY);
    } else {
        say("A64", "stdin-anew-for-writing", "skip", "stdin-is-no-file");
    }
}

/* A shell may have given a directory as standard input. */
void attack_standard_directory(void) { walk_out("walk-out-of-stdin", STDIN_FILENO); }

/* Whoever opens a file for writing waits for its leases to end. */
static void attack_lease(void) {
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    attack("A69", "lease-on-granted", fcntl(file, F_SETLEASE, F_RDLCK));
    close(file);
}

void attack_links(void) {
    attack_lease();
    const char *writable = setting("writable", "/tmp");
    const char *secret = setting("secret", "/etc/shadow");
    char planted[256];
    snprintf(planted, sizeof planted, "%s/planted", writable);
    unlink(planted);
    if (symlink(secret, planted) == 0) {
        attack_open("A86", "link-to-outside", planted, O_RDONLY);
        unlink(planted);
    }
    attack("A85", "hard-link-to-granted", link(setting("granted", "/usr/bin/env"), planted));
    attack("A85", "hard-link-to-outside", link(secret, planted));
    unlink(planted);
    if (attack("A85", "rename-from-outside", rename(secret, planted)) == 0) {
        rename(planted, secret);
    }
}

static void attack_home(const char *home) {
    attack_create("A83", "shell-start-up", join(home, ".bashrc"));
    mkdir(join(home, ".ssh"), 0700);
    attack_create("A83", "ssh-keys", join(home, ".ssh/authorized_keys"));
    mkdir(join(home, ".config"), 0700);
    mkdir(join(home, ".config/autostart"), 0700);
    attack_create("A83", "autostart", join(home, ".config/autostart/escape.desktop"));
    mkdir(join(home, ".config/stemjail"), 0700);
    mkdir(join(home, ".config/stemjail/profiles"), 0700);
    attack_create("A82", "own-profile", join(home, ".config/stemjail/profiles/escape.toml"));
    const char *profiles = setting("profiles", NULL);
    if (profiles != NULL) {
        attack_create("A82", "used-profiles", join(profiles, "escape.toml"));
    }
}

void attack_mounts(void) {
    attack_create("A50", "write-etc", "/etc/stemjail-escape");
    attack_create("A50", "write-usr", "/usr/stemjail-escape");
    attack_create("A50", "write-root", "/stemjail-escape");
    attack_open("A50", "secret", setting("secret", "/etc/shadow"), O_RDONLY);
    const char *submount = setting("submount", NULL);
    if (submount == NULL) {
        say("A29", "write-submount", "skip", "submount=PATH-not-given");
    } else {
        attack_create("A29", "write-submount", join(submount, "escaped"));
    }
    attack_home(setting("home", "/nonexistent"));
}

void attack_environment(void) {
    static const char *const secrets[] = {
        "SECRET_TOKEN",    "SSH_AUTH_SOCK",   "DBUS_SESSION_BUS_ADDRESS", "XAUTHORITY",
        "WAYLAND_DISPLAY", "LD_LIBRARY_PATH", "AWS_SECRET_ACCESS_KEY",
    };
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        bool found = getenv(secrets[i]) != NULL;
        judge("A66", secrets[i], found, found ? "passed" : "unset");
    }
    DIR *processes = opendir("/proc");
    int found = 0;
    for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;) {
        char path[64], text[8192];
        snprintf(path, sizeof path, "/proc/%.16s/environ", entry->d_name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = file < 0 ? 0 : read(file, text, sizeof text);
        found += length > 0 && memmem(text, (size_t)length, "SECRET_TOKEN", 12) != NULL;
        close(file);
    }
    judge("A66", "environ-of-others", found > 0, found > 0 ? "passed" : "unset");
}
