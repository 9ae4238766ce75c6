/* A01-A08: what a terminal gives away. */
#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HIGH_BIT (1UL << 32)

/* Every byte, so that a shell which reads the terminal afterwards finds a whole line. */
static long inject(int terminal, unsigned long request, const char *line) {
    for (const char *byte = line; *byte != '\0'; byte++) {
        if (ioctl(terminal, request, byte) < 0) {
            return -1;
        }
    }
    return 0;
}

static void attack_input_queue(void) {
    const char *line = setting("inject", ": injected\n");
    attack("A01", "tiocsti-stdin", inject(STDIN_FILENO, TIOCSTI, line));
    attack("A02", "tiocsti-high-bits", inject(STDIN_FILENO, HIGH_BIT | TIOCSTI, line));
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    attack("A01", "tiocsti-dev-tty", terminal < 0 ? -1 : inject(terminal, TIOCSTI, line));
    char paste[2] = {3, 0};
    attack("A03", "tioclinux", ioctl(STDIN_FILENO, TIOCLINUX, paste));
    attack("A03", "tioclinux-high-bits", ioctl(STDIN_FILENO, HIGH_BIT | TIOCLINUX, paste));
    const int discipline = N_TTY;
    attack("A03", "line-discipline", ioctl(STDIN_FILENO, TIOCSETD, &discipline));
}

/* A device of that name may be another name for the terminal that the jail has anyway. */
static void attack_console(const char *name, const char *path) {
    struct stat own, other;
    int console = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (console >= 0 && fstat(STDIN_FILENO, &own) == 0 && fstat(console, &other) == 0 &&
        own.st_rdev == other.st_rdev) {
        say("A05", name, "same", "own-terminal");
    } else {
        attack("A05", name, console);
    }
    close(console);
}

static void attack_consoles(void) {
    attack_console("dev-console", "/dev/console");
    attack_console("dev-tty0", "/dev/tty0");
    attack_console("dev-tty1", "/dev/tty1");
}

static void attack_other_terminals(void) {
    struct stat own, other;
    bool has_own = fstat(STDIN_FILENO, &own) == 0;
    int found = 0;
    for (int number = 0; number < 100; number++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/pts/%d", number);
        int terminal = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (terminal >= 0 && fstat(terminal, &other) == 0 &&
            !(has_own && own.st_rdev == other.st_rdev && own.st_dev == other.st_dev)) {
            found++;
        }
        if (terminal >= 0) {
            close(terminal);
        }
    }
    judge("A06", "foreign-pts", found > 0, found > 0 ? "opened" : "none");
}

/* A new pseudoterminal must not appear in the host's instance of devpts. */
static void attack_ptmx(void) {
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) {
        attack("A07", "ptmx", master);
        return;
    }
    int unlock = 0;
    ioctl(master, TIOCSPTLCK, &unlock);
    int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct stat status;
    unsigned long host = strtoul(setting("devpts", "0"), NULL, 10);
    if (slave < 0 || fstat(slave, &status) < 0) {
        attack("A07", "ptmx", -1);
    } else if (host == 0) {
        say("A07", "ptmx", "skip", "devpts=DEVICE-not-given");
    } else {
        bool is_host = status.st_dev == host;
        judge("A07", "ptmx", is_host, is_host ? "host-instance" : "own-instance");
    }
    close(slave);
    close(master);
}

static void look_for_master(const char *directory) {
    DIR *stream = opendir(directory);
    char name[64];
    snprintf(name, sizeof name, "pty-master-in-%s", directory + strlen("/proc/"));
    for (char *slash; (slash = strchr(name, '/')) != NULL;) {
        *slash = '-';
    }
    if (stream == NULL) {
        attack("A08", name, -1);
        return;
    }
    int found = 0;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        char target[256];
        ssize_t length = readlinkat(dirfd(stream), entry->d_name, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = '\0';
        found += strstr(target, "ptmx") != NULL;
    }
    closedir(stream);
    judge("A08", name, found > 0, found > 0 ? "found" : "none");
}

void attack_terminal(void) {
    attack_input_queue();
    attack_consoles();
    attack_other_terminals();
    attack_ptmx();
    look_for_master("/proc/self/fd");
    look_for_master("/proc/1/fd");
}
