/*
 * A path through its symbolic links, with every step counted, and every turn noted.
 *
 * The kernel follows forty links, each through up to two thousand directories, so whoever writes
 * the links decides how long one look-up takes, and which places it finds out about.
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
    char real[PATH_MAX]; /* its path, without NUL; empty for the root */
    size_t length;       /* of real */
    char rest[PATH_MAX]; /* what is still to be walked */
    unsigned steps;      /* that may still be made */
    unsigned links;      /* that may still be followed */
    char *trail;         /* paths, each with a NUL */
    size_t used;         /* of trail */
    size_t size;         /* of trail, without the room for one path more */
    size_t last;         /* where in trail the last path begins */
};

static void stand(struct walk *walk, int node) {
    if (walk->node != walk->root)
        close(walk->node);
    walk->node = node;
}

/* Puts the path that was reached at the end of the trail, which has room for it. */
static void note(struct walk *walk) {
    walk->last = walk->used;
    memcpy(walk->trail + walk->used, walk->real, walk->length);
    walk->used += walk->length;
    walk->trail[walk->used++] = '\0';
}

/* Notes where the walk turns. What leads to a place that is noted need not be. */
static bool note_turn(struct walk *walk) {
    const char *last = walk->trail + walk->last;
    if (walk->used > 0 && strncmp(last, walk->real, walk->length) == 0 &&
        (last[walk->length] == '/' || last[walk->length] == '\0'))
        return true;
    if (walk->used + walk->length >= walk->size) {
        errno = ELOOP;
        return false;
    }
    note(walk);
    return true;
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

/* The path of what has a name in the directory that was reached. */
static bool append(struct walk *walk, const char *name) {
    const size_t length = strlen(name);
    if (walk->length + 1 + length >= sizeof walk->real) {
        errno = ENAMETOOLONG;
        return false;
    }
    walk->real[walk->length++] = '/';
    memcpy(walk->real + walk->length, name, length);
    walk->length += length;
    return true;
}

static void drop_name(struct walk *walk) {
    while (walk->real[--walk->length] != '/')
        ;
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
    drop_name(walk);
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
    if (!note_turn(walk)) {
        close(parent);
        return false;
    }
    drop_name(walk);
    stand(walk, parent);
    return true;
}

static bool step(struct walk *walk, const char *name) {
    char target[PATH_MAX];
    if (strcmp(name, ".") == 0)
        return stay(walk);
    if (strcmp(name, "..") == 0)
        return go_back(walk);
    const int node = openat(walk->node, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    const int error = errno;
    const bool fits = append(walk, name);
    if (node < 0) {
        errno = error; /* its place is noted all the same */
        return false;
    }
    if (!fits) {
        close(node);
        return false;
    }
    /* What is no link has no text, which an empty name says with ENOENT (readlink(2)). */
    const ssize_t length = readlinkat(node, "", target, sizeof target);
    if (length <= 0) {
        stand(walk, node);
        return true;
    }
    close(node);
    return note_turn(walk) && turn(walk, target, (size_t)length);
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

/* Whether a walk that came no further has come to an end all the same. */
static bool is_end(int error) {
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP ||
           error == ENAMETOOLONG;
}

int64_t stemjail_follow(int root, const char *path, char *trail, uint64_t size, uint64_t links,
                        uint64_t steps) {
    struct walk walk = {.root = root, .node = root, .trail = trail};
    const size_t length = strlen(path);
    if (length >= sizeof walk.rest || size <= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    walk.size = size - PATH_MAX;
    walk.links = (unsigned)links;
    walk.steps = (unsigned)steps;
    memcpy(walk.rest, path, length + 1);
    const bool arrived = go(&walk);
    const int error = errno;
    stand(&walk, root);
    if (!arrived && !is_end(error)) {
        errno = error;
        return -1;
    }
    note(&walk);
    return (int64_t)walk.used;
}
