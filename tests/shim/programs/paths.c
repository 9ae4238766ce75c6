/*
 * The functions of shim/path.c, one call for each run.
 *
 *     paths plain PATH          the length, or 0
 *     paths append BASE PATH    the normalised path
 *     paths own PATH            yes or no
 *     paths walk DIRECTORY SEED COUNT
 *
 * `walk` fills DIRECTORY, which must be empty, with a random tree of directories, files and links,
 * and compares COUNT random resolutions with the kernel's own. It prints the first difference, or
 * `same N` with the number of paths that existed.
 */
#define _GNU_SOURCE
#include "../../../shim/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES = 6, ENTRIES = 60, MAXIMUM_PARTS = 8 };

static const char *const parts[] = {"a", "b",  "c", "d",  ".hidden", "..x",
                                    ".", "..", "",  "..", "a/b"};

static const char *root;

/* ---- random trees and paths ---- */

static void random_path(char *path, size_t size) {
    size_t length = 0;
    for (int count = 1 + rand() % MAXIMUM_PARTS; count > 0; count--)
        length += (size_t)snprintf(path + length, size - length, "%s%s",
                                   parts[rand() % (int)(sizeof parts / sizeof parts[0])],
                                   count == 1 && rand() % 4 != 0 ? "" : "/");
    if (path[0] == '/' || path[0] == '\0')
        snprintf(path, size, "a");
}

/* A place to put an entry: below the root, through names only. */
static void random_place(char *path, size_t size) {
    size_t length = (size_t)snprintf(path, size, "%s", root);
    for (int depth = 1 + rand() % 4; depth > 0; depth--)
        length += (size_t)snprintf(path + length, size - length, "/%s", parts[rand() % NAMES]);
}

static void random_target(char *target, size_t size) {
    const size_t length =
        rand() % 3 == 0 ? (size_t)snprintf(target, size, "%s%s", root, rand() % 2 ? "/" : "//") : 0;
    random_path(target + length, size - length);
}

static void make_tree(void) {
    char path[4096];
    char target[4096];
    for (int count = 0; count < ENTRIES; count++) {
        random_place(path, sizeof path);
        if (rand() % 3 > 0) {
            mkdir(path, 0700);
        } else if (rand() % 4 == 0) {
            close(open(path, O_WRONLY | O_CREAT, 0600));
        } else {
            random_target(target, sizeof target);
            if (symlink(target, path) != 0)
                continue; /* there is something, or no parent */
        }
    }
}

/* ---- the comparison ---- */

/* Returns 0 and the kernel's path, or an error number. */
static int ask_kernel(const char *path, bool follow, char *result) {
    char link[64];
    const int descriptor = open(path, O_PATH | (follow ? 0 : O_NOFOLLOW));
    if (descriptor < 0)
        return errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t length = readlink(link, result, PATH_CAPACITY - 1);
    result[length] = '\0';
    close(descriptor);
    return 0;
}

static bool differ(const char *what, const char *path, const char *ours, const char *kernels) {
    printf("%s of %s: %s, the kernel: %s\n", what, path, ours, kernels);
    return true;
}

/* Whether two paths lead to different things, or one of them nowhere. */
static bool lead_apart(const char *one, const char *other) {
    struct stat left, right;
    const int left_result = lstat(one, &left);
    const int right_result = lstat(other, &right);
    if (left_result != 0 || right_result != 0)
        return left_result != right_result;
    return left.st_dev != right.st_dev || left.st_ino != right.st_ino;
}

static bool resolves_differently(const char *path, bool follow, int *existing) {
    struct path_resolution resolution;
    char kernels[PATH_CAPACITY];
    const int error = ask_kernel(path, follow, kernels);
    strcpy(resolution.path, path);
    const bool is_resolved = path_resolve(&resolution, follow ? FOLLOW_ALL : FOLLOW_BUT_LAST);
    if (error == ELOOP)
        return is_resolved && differ("too many links", path, resolution.path, "none");
    if (error != 0)
        return false; /* what does not exist is kept as text, which no kernel tells */
    ++*existing;
    if (!is_resolved || resolution.is_partial || strlen(resolution.path) != resolution.length ||
        strcmp(resolution.path, kernels) != 0)
        return differ(follow ? "all links" : "links but the last", path, resolution.path, kernels);
    return false;
}

/* Entering a path from a directory must lead to the same thing, with all its ".." gone. */
static bool enters_differently(const char *path, const char *full) {
    struct path_resolution resolution;
    strcpy(resolution.path, root);
    resolution.length = strlen(root);
    if (access(full, F_OK) != 0)
        return false;
    if (!path_enter(&resolution, path) || resolution.is_partial ||
        resolution.length != strlen(resolution.path) ||
        path_plain_length(resolution.path) != resolution.length ||
        (!path_names_directory(path) && lead_apart(resolution.path, full)))
        return differ("entry", full, resolution.path, full);
    return false;
}

/* The one system call must see a link exactly where a resolution follows one. */
static bool sees_links_differently(const char *path) {
    struct path_resolution resolution;
    char plain[PATH_CAPACITY] = "/";
    path_append(plain, 1, path);
    strcpy(resolution.path, plain);
    if (access(plain, F_OK) != 0 || !path_resolve(&resolution, FOLLOW_ALL))
        return false;
    const bool has_links = strcmp(resolution.path, plain) != 0;
    if ((path_way(AT_FDCWD, plain, true) == WAY_IS_LINKED) == has_links)
        return false;
    return differ("links", plain, has_links ? "some" : "none", "otherwise");
}

static int walk(unsigned seed, int count) {
    char path[2048];
    char full[8192];
    int existing = 0;
    srand(seed);
    make_tree();
    for (; count > 0; count--) {
        random_path(path, sizeof path);
        snprintf(full, sizeof full, "%s/%s", root, path);
        if (resolves_differently(full, true, &existing) ||
            resolves_differently(full, false, &existing) || enters_differently(path, full) ||
            sees_links_differently(full))
            return 1;
    }
    printf("same %d\n", existing);
    return 0;
}

static int append(const char *base, const char *path) {
    char result[PATH_CAPACITY];
    snprintf(result, sizeof result, "%s", base);
    const size_t length = path_append(result, strlen(base), path);
    printf("%s\n", length == 0 ? "too long" : result);
    return length != 0 && length != strlen(result);
}

int main(int count, char **arguments) {
    const char *const operation = count > 2 ? arguments[1] : "";
    if (strcmp(operation, "plain") == 0)
        return printf("%zu\n", path_plain_length(arguments[2])) < 0;
    if (strcmp(operation, "own") == 0)
        return puts(path_is_own(arguments[2], strlen(arguments[2])) ? "yes" : "no") < 0;
    if (strcmp(operation, "append") == 0 && count == 4)
        return append(arguments[2], arguments[3]);
    if (strcmp(operation, "walk") == 0 && count == 5) {
        root = arguments[2];
        return walk((unsigned)atoi(arguments[3]), atoi(arguments[4]));
    }
    return 2;
}
