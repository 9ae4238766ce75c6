/*
 * Stays in BASE/work, or holds it open, while another mount is put over it; then makes, renames,
 * links and removes files in it by relative paths.
 *
 *     hold directory|descriptor BASE
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int directory = AT_FDCWD;

/* Tells the other side to mount, and waits until it has. */
static void wait_for_cover(const char *base) {
    char path[4096];
    char byte;
    snprintf(path, sizeof path, "%s/go", base);
    const int go = open(path, O_WRONLY);
    if (write(go, "\n", 1) != 1)
        perror(path);
    close(go);
    snprintf(path, sizeof path, "%s/gone", base);
    const int gone = open(path, O_RDONLY);
    if (read(gone, &byte, 1) != 1)
        perror(path);
    close(gone);
}

static const char *work(void) {
    struct stat status;
    const int file = openat(directory, "new", O_WRONLY | O_CREAT, 0600);
    if (file < 0 || write(file, "x", 1) != 1)
        return "open";
    if (mkdirat(directory, "made", 0700) != 0)
        return "mkdir";
    if (renameat(directory, "new", directory, "made/moved") != 0)
        return "rename";
    if (linkat(directory, "made/moved", directory, "linked", 0) != 0)
        return "link";
    if (symlinkat("linked", directory, "link") != 0)
        return "symlink";
    if (fchmodat(directory, "linked", 0640, 0) != 0)
        return "chmod";
    if (unlinkat(directory, "linked", 0) != 0 || unlinkat(directory, "link", 0) != 0)
        return "unlink";
    return fstatat(directory, "made/moved", &status, 0) != 0 ? "stat" : NULL;
}

int main(int count, char **arguments) {
    char path[4096];
    if (count != 3)
        return 2;
    snprintf(path, sizeof path, "%s/work", arguments[2]);
    if (strcmp(arguments[1], "directory") == 0) {
        if (chdir(path) != 0)
            return 3;
    } else {
        directory = open(path, O_RDONLY | O_DIRECTORY);
    }
    if (openat(directory, "new", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EROFS) {
        puts("writable before the mount");
        return 1;
    }
    wait_for_cover(arguments[2]);
    const char *const failed = work();
    printf("%s\n", failed == NULL ? "ok" : failed);
    return 0;
}
