/*
 * Paths as text, and the symbolic links in them as this process sees them.
 *
 * "Normalised" means: absolute, no empty component, no "." and no "..", no slash at the end; the
 * root is "/". Nothing here allocates; a path that does not fit PATH_CAPACITY is given up.
 */
#ifndef STEMJAIL_PATH_H
#define STEMJAIL_PATH_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PATH_CAPACITY = 4096,    /* PATH_MAX: the NUL is included */
    PATH_MAXIMUM_LINKS = 40, /* as many as the kernel follows */
};

/* Which symbolic links a resolution follows. */
enum path_follow {
    FOLLOW_ALL,
    FOLLOW_BUT_LAST,    /* all but one that is the path's last component */
    FOLLOW_FOR_PARENTS, /* only those that come before a ".." */
};

/* The length of an absolute path without "." and ".." components, however many its slashes: what
 * the policy table looks up as it stands. Returns 0 for any other path, and one that is too long.
 */
size_t path_plain_length(const char *path);

/* Whether a component of the path is "..". */
bool path_has_parent(const char *path);

/* Whether the path says by a slash, or by "/.", that its last component is a directory: then even
 * calls that do not follow links follow it. */
bool path_names_directory(const char *path);

/* Appends a path to a normalised one of `length` bytes, leaving out what a normalised path does not
 * have; a ".." drops the component before it. `result` holds PATH_CAPACITY bytes.
 *
 * Returns the new length, or 0 if it does not fit. */
size_t path_append(char *result, size_t length, const char *path);

/* What lies on the way of a path, in this process's view. */
enum path_way {
    WAY_IS_PLAIN,  /* it exists to its end, without a symbolic link */
    WAY_ENDS,      /* no symbolic link as far as it exists */
    WAY_IS_LINKED, /* there is a symbolic link, or the kernel cannot tell */
};

/* Tells with one system call. follow_last: whether a link as last component counts. */
enum path_way path_way(int directory, const char *path, bool follow_last);

struct path_resolution {
    char path[PATH_CAPACITY];
    size_t length;   /* of the path */
    bool is_partial; /* the way ends before a "..": `path` is what must exist first */
};

/* Appends a path to a normalised one without links in it. Each ".." is taken as the kernel would:
 * where links come before it they are followed; other links are kept.
 *
 * Returns false if the path is too long or has too many links. */
bool path_enter(struct path_resolution *resolution, const char *path);

/* Follows the symbolic links of an absolute path as the kernel would, without opening anything, and
 * normalises it. Components that do not exist are kept as text.
 *
 * Returns false if the path is too long or has too many links. */
bool path_resolve(struct path_resolution *resolution, enum path_follow follow);

/* Whether a normalised path lies in one of the trees that belong to the jail: /proc, /dev, /tmp. No
 * profile grants them, but links in them may lead anywhere. */
bool path_is_own(const char *path, size_t length);

#endif
