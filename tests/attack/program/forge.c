/* A56, A88, A89: what the jail has from its monitor cannot be changed or replaced. */
#include "attacker.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const files[] = {"table", "socket", "stemshim.so", "stemjail", "filters"};

static void attempt(const char *number, const char *what, const char *file, bool worked) {
    char name[64];
    snprintf(name, sizeof name, "%s-%s", what, file);
    judge(number, name, worked, "%s", worked ? "worked" : strerrorname_np(errno));
}

static void change(const char *file) {
    char path[64];
    const char *number = strcmp(file, "socket") == 0 ? "A56" : "A89";
    snprintf(path, sizeof path, "/dev/stemjail/%s", file);
    attempt(number, "write", file, strcmp(file, "socket") != 0 && open(path, O_WRONLY) >= 0);
    attempt(number, "remove", file, unlink(path) == 0);
    attempt(number, "rename", file, rename(path, "/dev/stemjail/other") == 0);
    attempt(number, "replace", file, rename("/dev/shm/mine", path) == 0);
    attempt(number, "modes", file, chmod(path, 0) == 0);
    attempt(number, "mount-over", file, mount("/dev/shm/mine", path, NULL, MS_BIND, NULL) == 0);
    attempt(number, "truncate", file, truncate(path, 0) == 0);
}

/* The table as it is mapped, through a mapping made writable, and through /proc/self/mem. */
static void change_mapping(void) {
    int table = open("/dev/stemjail/table", O_RDONLY | O_CLOEXEC);
    if (table < 0)
        fail("/dev/stemjail/table");
    void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, table, 0);
    if (map == MAP_FAILED)
        fail("mmap");
    attempt("A88", "map-writable", "table",
            mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, table, 0) != MAP_FAILED);
    attempt("A88", "make-writable", "table", mprotect(map, 4096, PROT_READ | PROT_WRITE) == 0);
    int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    attempt("A88", "poke", "table", pwrite(memory, "forged", 6, (off_t)(uintptr_t)map) == 6);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", table);
    attempt("A88", "reopen-writable", "table", open(path, O_RDWR) >= 0);
}

/* forge */
int forge(int count, char **arguments) {
    (void)arguments;
    if (count != 0)
        return 2;
    close(open("/dev/shm/mine", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    for (size_t at = 0; at < sizeof files / sizeof *files; at++)
        change(files[at]);
    attempt("A89", "new-file", "directory",
            open("/dev/stemjail/new", O_WRONLY | O_CREAT, 0600) >= 0);
    attempt("A56", "rename", "directory", rename("/dev/stemjail", "/dev/other") == 0);
    change_mapping();
    return 0;
}
