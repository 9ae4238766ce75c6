/*
 * Says which walls stand around it, one fact a line: `walls SECRET WRITABLE READ_ONLY`.
 *
 * Two runs that print the same text were held by the same walls. Linked statically, and without the
 * calls that the tests make fail, so that what it says is not changed by them.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Not openat(2), which is among the calls that are made to fail. */
static int open_file(const char *path, int flags, mode_t mode) {
#ifdef SYS_open
    return (int)syscall(SYS_open, path, flags, mode);
#else
    return open(path, flags, mode);
#endif
}

static void print_result(const char *fact, long result) {
    printf("%s: %s\n", fact, result < 0 ? strerrorname_np(errno) : "done");
}

static void print_open(const char *fact, const char *path, int flags) {
    int file = open_file(path, flags, 0600);
    print_result(fact, file);
    if (file >= 0) {
        close(file);
    }
}

/* The lines of /proc/self/status that tell of privileges. */
static void print_privileges(void) {
    static const char *const wanted[] = {"Uid:", "Gid:", "Cap", "NoNewPrivs:", "Seccomp"};
    char text[8192];
    int file = open_file("/proc/self/status", O_RDONLY, 0);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (length < 0) {
        printf("status: %s\n", strerrorname_np(errno));
        return;
    }
    close(file);
    text[length] = '\0';
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
            if (strncmp(line, wanted[i], strlen(wanted[i])) == 0) {
                puts(line);
            }
        }
    }
}

static int compare(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void print_names(const char *directory) {
    enum { MOST = 256, BYTES = 32768 };
    static char buffer[BYTES];
    char *names[MOST];
    int count = 0, file = open_file(directory, O_RDONLY | O_DIRECTORY, 0);
    long length = file < 0 ? -1 : syscall(SYS_getdents64, file, buffer, BYTES);
    for (long at = 0; at < length;) {
        struct dirent64 *entry = (struct dirent64 *)(buffer + at);
        if (entry->d_name[0] != '.' && count < MOST) {
            names[count++] = entry->d_name;
        }
        at += entry->d_reclen;
    }
    qsort(names, (size_t)count, sizeof *names, compare);
    printf("names in %s:", directory);
    for (int i = 0; i < count; i++) {
        printf(" %s", names[i]);
    }
    puts("");
    if (file >= 0) {
        close(file);
    }
}

/* Where something is mounted, and how. */
static void print_mounts(void) {
    static char text[65536];
    int file = open_file("/proc/self/mountinfo", O_RDONLY, 0);
    size_t used = 0;
    for (ssize_t count;
         file >= 0 && (count = read(file, text + used, sizeof text - 1 - used)) > 0;) {
        used += (size_t)count;
    }
    text[used] = '\0';
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        char point[4096], options[256];
        if (sscanf(line, "%*s %*s %*s %*s %4095s %255s", point, options) == 2) {
            printf("mount %s %s\n", point, options);
        }
    }
}

static void print_descriptors(void) {
    printf("descriptors:");
    for (int descriptor = 0; descriptor < 1024; descriptor++) {
        struct stat status;
        if (fstat(descriptor, &status) == 0) {
            printf(" %d", descriptor);
        }
    }
    puts("");
}

static void print_limits(void) {
    static const int resources[] = {RLIMIT_CORE, RLIMIT_NPROC, RLIMIT_NOFILE};
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        struct rlimit limit;
        getrlimit(resources[i], &limit);
        printf("limit %d: %llu %llu\n", resources[i], (unsigned long long)limit.rlim_cur,
               (unsigned long long)limit.rlim_max);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "walls: three paths are wanted\n");
        return 2;
    }
    char below[4096];
    print_privileges();
    print_descriptors();
    print_limits();
    print_names("/");
    print_names("/dev");
    print_names("/dev/stemjail");
    print_mounts();
    print_open("read a secret", argv[1], O_RDONLY);
    snprintf(below, sizeof below, "%s/made-by-walls", argv[2]);
    print_open("write where it is granted", below, O_WRONLY | O_CREAT);
    unlink(below);
    snprintf(below, sizeof below, "%s/made-by-walls", argv[3]);
    print_open("write where it is not granted", below, O_WRONLY | O_CREAT);
    print_open("write in the root", "/made-by-walls", O_WRONLY | O_CREAT);
    print_open("write in the run directory", "/dev/stemjail/made-by-walls", O_WRONLY | O_CREAT);
    print_open("write to the table", "/dev/stemjail/table", O_WRONLY);
    print_open("read the monitor's memory", "/proc/1/mem", O_RDONLY);
    print_open("enter the monitor's root", "/proc/1/root", O_RDONLY);
    print_result("signal the monitor", kill(1, 0));
    print_result("unshare a user namespace", unshare(CLONE_NEWUSER));
    print_result("make a node", mknod("/tmp/node", S_IFCHR | 0600, 0x101));
    print_result("process id is small", getpid() < 100 ? 0 : -1);
    return 0;
}
