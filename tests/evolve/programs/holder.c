/*
 * Holds on to a tree while another mount of it comes on top, without asking anybody: linked
 * statically, so no library is preloaded into it.
 *
 *     holder DIRECTORY COMMAND
 *
 * Opens DIRECTORY, the file `file` in it for reading, and works in it; runs COMMAND by the shell;
 * then tries what it still can, and prints each with `ok` or the name of the error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void tell(const char *what, long result) {
    printf("%s: %s\n", what, result >= 0 ? "ok" : strerrorname_np(errno));
}

static void tell_open(const char *what, int directory, const char *path, int flags) {
    const int descriptor = openat(directory, path, flags, 0600);
    tell(what, descriptor);
    if (descriptor >= 0)
        close(descriptor);
}

int main(int count, char **arguments) {
    if (count != 3)
        return 2;
    const int directory = open(arguments[1], O_RDONLY | O_DIRECTORY);
    const int file = openat(directory, "file", O_RDONLY);
    if (file < 0 || chdir(arguments[1]) != 0 || system(arguments[2]) != 0)
        return 1;
    char text[64];
    snprintf(text, sizeof text, "/proc/self/fd/%d", file);
    tell_open("reopen to write", AT_FDCWD, text, O_RDWR);
    tell("read", pread(file, text, sizeof text, 0));
    tell("write", pwrite(file, "x", 1, 0));
    tell("change mode", fchmod(file, 0644));
    tell_open("by descriptor", directory, "file", O_RDONLY);
    tell_open("by descriptor to write", directory, "file", O_RDWR);
    tell_open("by descriptor to create", directory, "new", O_WRONLY | O_CREAT);
    tell_open("by working directory", AT_FDCWD, "file", O_RDONLY);
    tell_open("by working directory to write", AT_FDCWD, "file", O_RDWR);
    snprintf(text, sizeof text, "%s", "");
    char path[4096];
    snprintf(path, sizeof path, "%s/file", arguments[1]);
    tell_open("by path to write", AT_FDCWD, path, O_RDWR);
    return 0;
}
