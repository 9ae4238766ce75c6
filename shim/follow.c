/*
 * A path through its symbolic links, with every step counted.
 *
 * The kernel follows forty links, each through up to two thousand directories, so whoever writes
 * the links decides how long one look-up takes.
 */
#define _GNU_SOURCE
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

struct walk {
    int root;
    int node;            /* what was reached; the root belongs to the caller */
    char *real;          /* its path, without NUL; empty for the root */
    size_t length;       /* of real, which has room for PATH_MAX */
    char rest[PATH_MAX]; /* what is still to be walked */
    unsigned steps;      /* that may still be made */
    unsigned links;      /* that may still be followed */
};

static void stand(struct walk *walk, int node) {
    if (walk->node != walk->root)
        close(walk->node);
    walk->node = node;
}

/* Takes the next name off the rest, or "." where it ends with a slash: what that follows must be a
 * directory. False at the end; a name that is too long is no name. */
static bool next_name(struct walk *walk, char name[NAME_MAX + 2]) {
    const char *rest = walk->rest + strspn(walk->rest, "/");
    const size_t length = strcspn(rest, "/");
    if (length == 0 && rest > walk->rest) {
        strcpy(name, ".");
        walk->rest[0] = '\0';
        return true;
    }
    const size_t kept = length > NAME_MAX ? NAME_MAX + 1 : length;
    memcpy(name, rest, kept);
    name[kept] = '\0';
    memmove(walk->rest, rest + length, strlen(rest + length) + 1);
    return length > 0;
}

/* Puts a link's text in front of the rest. */
static bool turn(struct walk *walk, const char *target, size_t length) {
    const size_t rest = strlen(walk->rest);
    if (walk->links-- == 0) {
        errno = ELOOP;
        return false;
    }
    if (length + rest >= sizeof walk->rest) {
        errno = ENAMETOOLONG;
        return false;
    }
    memmove(walk->rest + length, walk->rest, rest + 1);
    memcpy(walk->rest, target, length);
    if (target[0] == '/') {
        walk->length = 0;
        stand(walk, walk->root);
    }
    return true;
}

static bool stay(const struct walk *walk) {
    const int here = openat(walk->node, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (here >= 0)
        close(here);
    return here >= 0;
}

static bool go_back(struct walk *walk) {
    const int parent = openat(walk->node, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return false;
    if (walk->length == 0) {
        close(parent); /* above the root is the root */
        return true;
    }
    while (walk->real[--walk->length] != '/')
        ;
    stand(walk, parent);
    return true;
}

static bool enter(struct walk *walk, int node, const char *name) {
    const size_t length = strlen(name);
    if (walk->length + 1 + length >= PATH_MAX) {
        close(node);
        errno = ENAMETOOLONG;
        return false;
    }
    walk->real[walk->length++] = '/';
    memcpy(walk->real + walk->length, name, length);
    walk->length += length;
    stand(walk, node);
    return true;
}

static bool step(struct walk *walk, const char *name) {
    char target[PATH_MAX];
    if (strcmp(name, ".") == 0)
        return stay(walk);
    if (strcmp(name, "..") == 0)
        return go_back(walk);
    const int node = openat(walk->node, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (node < 0)
        return false;
    /* What is no link has no text, which an empty name says with ENOENT (readlink(2)). */
    const ssize_t length = readlinkat(node, "", target, sizeof target);
    if (length <= 0)
        return enter(walk, node, name);
    close(node);
    return turn(walk, target, (size_t)length);
}

static bool is_in_proc(const struct walk *walk) {
    return walk->length == 5 && memcmp(walk->real, "/proc", 5) == 0;
}

static bool go(struct walk *walk) {
    char name[NAME_MAX + 2];
    /* Some links of /proc are no paths, and a caller has no use for the others. */
    while (!is_in_proc(walk) && next_name(walk, name)) {
        if (walk->steps-- == 0) {
            errno = ELOOP;
            return false;
        }
        if (!step(walk, name))
            return false;
    }
    return true;
}

int64_t stemjail_follow(int root, const char *path, char *real, uint64_t links, uint64_t steps) {
    struct walk walk = {.root = root, .node = root, .real = real};
    const size_t length = strlen(path);
    walk.links = (unsigned)links;
    walk.steps = (unsigned)steps;
    if (length >= sizeof walk.rest) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(walk.rest, path, length + 1);
    const bool arrived = go(&walk);
    const int error = errno;
    stand(&walk, root);
    errno = error;
    return arrived ? (int64_t)walk.length : -1;
}
