/*
 * A64: files that are the host's, by a mount that the jail has not sealed: what the standard input
 * leads to. A42: the modes of devices, which are the host's as well.
 */
#include "attacker.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* shorten: the standard input is open for reading alone. */
int shorten(int count, char **arguments) {
    static const char path[] = "/proc/self/fd/0";
    (void)count;
    (void)arguments;
    judge("A64", "truncate", truncate(path, 0) == 0, "%s", strerror(errno));
    judge("A64", "open-to-truncate", open(path, O_RDONLY | O_TRUNC) >= 0, "%s", strerror(errno));
    judge("A64", "open-to-write", open(path, O_WRONLY) >= 0, "%s", strerror(errno));
    judge("A64", "ftruncate", ftruncate(0, 0) == 0, "%s", strerror(errno));
    return 0;
}

static bool can_be_changed(const char *path) {
    struct stat status;
    if (stat(path, &status) < 0)
        fail(path);
    /* To what it is, so that nothing is broken by what works. */
    return chmod(path, status.st_mode & 07777) == 0 || utimensat(AT_FDCWD, path, NULL, 0) == 0 ||
           chown(path, status.st_uid, status.st_gid) == 0;
}

/* modes PATH...: and of the standard descriptors. */
int change_modes(int count, char **arguments) {
    struct stat status;
    for (int at = 0; at < count; at++)
        judge("A42", "mode", can_be_changed(arguments[at]), "%s", arguments[at]);
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        if (fstat(descriptor, &status) < 0)
            fail("fstat");
        bool changed = S_ISCHR(status.st_mode) && fchmod(descriptor, status.st_mode & 07777) == 0;
        judge("A42", "descriptor", changed, "%d", descriptor);
    }
    return 0;
}
