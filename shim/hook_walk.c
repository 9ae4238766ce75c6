/* Walks through trees. They open directories inside the C library, past the hooks, so what they
 * start from is asked for beforehand. */
#define _GNU_SOURCE
#include "hook.h"

#define PROTOTYPES_WALK
#include "prototypes.h"

enum {
    WALK_CHANGES_DIRECTORY = 4, /* FTW_CHDIR */
    WALK_KEEPS_DIRECTORY = 4,   /* FTS_NOCHDIR */
};

static void look_at_walk(const char *path, int flags) {
    if ((flags & WALK_CHANGES_DIRECTORY) != 0)
        directory_is_volatile();
    look_through(AT_FDCWD, path, READ);
}

#define HOOK_OF_WALK(name)                                                                         \
    REAL(int, name, P(const char *path, void *visit, int descriptors, int flags),                  \
         P(path, visit, descriptors, flags))                                                       \
    int hook_##name(const char *path, void *visit, int descriptors, int flags) {                   \
        if (shim_mode() != MODE_OFF)                                                               \
            look_at_walk(path, flags);                                                             \
        return real_##name(path, visit, descriptors, flags);                                       \
    }

HOOK_OF_WALK(nftw)
HOOK_OF_WALK(nftw64)

static void look_at_roots(char *const *paths, int options) {
    if ((options & WALK_KEEPS_DIRECTORY) == 0)
        directory_is_volatile();
    for (; paths != NULL && *paths != NULL; paths++)
        look_through(AT_FDCWD, *paths, READ);
}

#define HOOK_OF_ROOTS(name)                                                                        \
    REAL(void *, name, P(char *const *paths, int options, void *compare),                          \
         P(paths, options, compare))                                                               \
    void *hook_##name(char *const *paths, int options, void *compare) {                            \
        if (shim_mode() != MODE_OFF)                                                               \
            look_at_roots(paths, options);                                                         \
        return real_##name(paths, options, compare);                                               \
    }

HOOK_OF_ROOTS(fts_open)
HOOK_OF_ROOTS(fts64_open)

/* Asks for the directory that a pattern names before its first special character. */
static NOINLINE void look_at_pattern(const char *pattern) {
    char path[PATH_CAPACITY];
    size_t length = 0;
    size_t directory_length = 0;
    for (; pattern[length] != '\0' && strchr("*?[{\\~$`\"' ", pattern[length]) == NULL; length++) {
        if (length == sizeof path - 1)
            return;
        path[length] = pattern[length];
        if (pattern[length] == '/')
            directory_length = length + 1;
    }
    path[pattern[length] == '\0' ? length : directory_length] = '\0';
    look_through(AT_FDCWD, path, READ);
}

#define HOOK_OF_PATTERN(name, parameters, arguments)                                               \
    REAL(int, name, P(parameters), P(arguments))                                                   \
    int hook_##name(parameters) {                                                                  \
        if (shim_mode() == MODE_ON && pattern != NULL)                                             \
            look_at_pattern(pattern);                                                              \
        return real_##name(arguments);                                                             \
    }

HOOK_OF_PATTERN(glob, P(const char *pattern, int flags, void *report, void *result),
                P(pattern, flags, report, result))
HOOK_OF_PATTERN(glob64, P(const char *pattern, int flags, void *report, void *result),
                P(pattern, flags, report, result))
HOOK_OF_PATTERN(wordexp, P(const char *pattern, void *result, int flags), P(pattern, result, flags))
