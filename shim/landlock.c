/*
 * Rules of a Landlock ruleset, many in one call.
 */
#define _GNU_SOURCE
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h is younger than the oldest headers that this is compiled with. */
#ifndef SYS_landlock_add_rule
#define SYS_landlock_add_rule 445
#endif
enum { RULE_PATH_BENEATH = 1 };

struct path_beneath {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

/* A rename or a mount anywhere makes the kernel unsure whether a path stays beneath: EAGAIN. */
enum { ATTEMPTS = 16 };

static int open_beneath(int root, const char *path, bool is_directory) {
    const struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | (is_directory ? O_DIRECTORY : 0),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    for (int attempt = 1;; attempt++) {
        const long file = syscall(SYS_openat2, root, path, &how, sizeof how);
        if (file >= 0 || attempt == ATTEMPTS || (errno != EAGAIN && errno != EINTR))
            return (int)file;
    }
}

/* What the kernel answers for a path that is not, or no longer, what it is said to be. */
static bool is_gone(int error) {
    return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EACCES;
}

static bool allow(int ruleset, int file, uint64_t access) {
    const struct path_beneath beneath = {.allowed_access = access, .parent_fd = file};
    const long result = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &beneath, 0);
    const int error = errno;
    close(file);
    errno = error;
    return result == 0;
}

uint64_t stemjail_allow_paths(int ruleset, const char *paths, uint64_t length,
                              const struct path_rule *rules, uint64_t count, uint8_t *missing) {
    const char *const end = paths + length;
    for (uint64_t index = 0; index < count; index++) {
        const char *const path = paths;
        const char *const terminator = memchr(path, '\0', (size_t)(end - path));
        if (terminator == NULL) {
            errno = EINVAL;
            return index;
        }
        paths = terminator + 1;
        const struct path_rule *rule = &rules[index];
        const int file = open_beneath((int)rule->root, path, rule->is_directory != 0);
        if (file < 0 && !is_gone(errno))
            return index;
        missing[index] = file < 0;
        if (file >= 0 && !allow(ruleset, file, rule->access))
            return index;
    }
    return count;
}
