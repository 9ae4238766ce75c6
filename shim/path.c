#define _GNU_SOURCE
#include "path.h"

#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* One component of a path, and what follows it. */
struct component {
    const char *name;
    size_t length;
    const char *rest;
};

/* Takes the next component from a path. Returns false at the end. */
static bool next_component(const char *path, struct component *component) {
    while (*path == '/')
        path++;
    component->name = path;
    while (*path != '\0' && *path != '/')
        path++;
    component->length = (size_t)(path - component->name);
    component->rest = path;
    return component->length > 0;
}

static bool is_dot(const struct component *component) {
    return component->length == 1 && component->name[0] == '.';
}

static bool is_parent(const struct component *component) {
    return component->length == 2 && component->name[0] == '.' && component->name[1] == '.';
}

/* Whether "." or ".." stands at `at`, which follows a slash. */
static bool is_dots(const char *at) {
    if (at[0] != '.')
        return false;
    const char *const end = at + (at[1] == '.' ? 2 : 1);
    return *end == '/' || *end == '\0';
}

/* Eight bytes of text at once, aligned or not. */
typedef uint64_t __attribute__((may_alias, aligned(1))) word;

enum { PAGE_SIZE = 4096 };

static const uint64_t every_byte = 0x0101010101010101;

/* Marks the bytes of a word that are zero: the lowest mark is right, others may be too many. */
static inline uint64_t zero_bytes(uint64_t value) {
    return (value - every_byte) & ~value & (every_byte << 7);
}

/* The first byte at or after `at` that ends the text or is a dot. Whole words are read, but never
 * one that reaches into the next page. */
__attribute__((no_sanitize("address"))) static inline const char *find_end_or_dot(const char *at) {
    for (;;) {
        if (__builtin_expect(((uintptr_t)at & (PAGE_SIZE - 1)) <= PAGE_SIZE - sizeof(word), 1)) {
            const uint64_t value = *(const word *)at;
            const uint64_t marks = zero_bytes(value) | zero_bytes(value ^ (every_byte * '.'));
            if (marks != 0)
                return at + __builtin_ctzll(marks) / 8;
            at += sizeof(word);
        } else {
            if (*at == '\0' || *at == '.')
                return at;
            at++;
        }
    }
}

size_t path_plain_length(const char *path) {
    if (path[0] != '/')
        return 0;
    const char *at = find_end_or_dot(path + 1);
    while (*at != '\0') {
        if (at[-1] == '/' && is_dots(at))
            return 0;
        at = find_end_or_dot(at + 1);
    }
    const size_t length = (size_t)(at - path);
    return length < PATH_CAPACITY ? length : 0;
}

/* The length of a path up to its last "..", or 0 if it has none. */
static size_t length_with_parents(const char *path) {
    struct component component;
    size_t length = 0;
    for (const char *at = path; next_component(at, &component); at = component.rest)
        if (is_parent(&component))
            length = (size_t)(component.rest - path);
    return length;
}

bool path_has_parent(const char *path) { return length_with_parents(path) > 0; }

bool path_names_directory(const char *path) {
    size_t length = 0;
    while (path[length] != '\0')
        length++;
    if (length > 0 && path[length - 1] == '/')
        return true;
    return length > 1 && path[length - 1] == '.' && path[length - 2] == '/';
}

static size_t drop_last(const char *path, size_t length) {
    while (length > 0 && path[length - 1] != '/')
        length--;
    while (length > 1 && path[length - 1] == '/')
        length--;
    return length == 0 ? 1 : length;
}

/* Returns the new length, or 0 if it does not fit. */
static size_t append_component(char *result, size_t length, const struct component *component) {
    if (length == 1)
        length = 0; /* the root is the one path that ends with a slash */
    if (length + 1 + component->length >= PATH_CAPACITY)
        return 0;
    result[length] = '/';
    memcpy(result + length + 1, component->name, component->length);
    length += 1 + component->length;
    result[length] = '\0';
    return length;
}

/* Appends up to the end of the path, or up to its first ".." where `until_parent` is set. */
static size_t append_components(char *result, size_t length, const char *path, bool until_parent) {
    struct component component;
    for (; length > 0 && next_component(path, &component); path = component.rest) {
        if (is_dot(&component))
            continue;
        if (is_parent(&component)) {
            if (until_parent)
                return length;
            length = drop_last(result, length);
            result[length] = '\0';
        } else {
            length = append_component(result, length, &component);
        }
    }
    return length;
}

size_t path_append(char *result, size_t length, const char *path) {
    return append_components(result, length, path, false);
}

enum path_way path_way(int directory, const char *path, bool follow_last) {
    const struct open_how how = {
        .flags = (uint64_t)(O_PATH | O_CLOEXEC | (follow_last ? 0 : O_NOFOLLOW)),
        .resolve = RESOLVE_NO_SYMLINKS,
    };
    const long descriptor = raw_openat2(directory, path, &how);
    if (descriptor >= 0) {
        raw_close((int)descriptor);
        return WAY_IS_PLAIN;
    }
    return descriptor == -ENOENT || descriptor == -ENOTDIR || descriptor == -EACCES ? WAY_ENDS
                                                                                    : WAY_IS_LINKED;
}

/* What is still to be walked. Its text stands at the end of the buffer, so that the target of a
 * link can be read into the room before it. */
struct walk {
    char pending[PATH_CAPACITY];
    const char *rest;
    unsigned links;
};

static bool begin_walk(struct walk *walk, const char *path) {
    const size_t size = strlen(path) + 1;
    if (size > sizeof walk->pending)
        return false;
    walk->rest = walk->pending + sizeof walk->pending - size;
    memcpy(walk->pending + sizeof walk->pending - size, path, size);
    walk->links = 0;
    return true;
}

/* Puts the target of the link at `path` before the rest. Returns 1 if there was one, 0 if `path` is
 * no link, -1 if the way ends here, -2 if it is too long. */
static int enter_link(struct walk *walk, const char *path) {
    const size_t room = (size_t)(walk->rest - walk->pending);
    const long length = raw_readlink(path, walk->pending, room);
    if (length == -EINVAL && room > 0)
        return 0;
    if (length < 0)
        return room > 0 ? -1 : -2;
    if (length == 0 || (size_t)length == room || ++walk->links > PATH_MAXIMUM_LINKS)
        return -2;
    char *const target = walk->pending + room - (size_t)length;
    memmove(target, walk->pending, (size_t)length);
    walk->rest = target;
    return 1;
}

static bool is_followed(const struct component *component, enum path_follow follow) {
    struct component next;
    if (follow == FOLLOW_FOR_PARENTS)
        return path_has_parent(component->rest);
    return follow == FOLLOW_ALL || component->rest[0] == '/' ||
           next_component(component->rest, &next);
}

/* The way ends at a component that does not exist: keeps the rest as text. */
static bool end_walk(struct path_resolution *resolution, const char *rest) {
    resolution->is_partial = path_has_parent(rest);
    resolution->length =
        append_components(resolution->path, resolution->length, rest, resolution->is_partial);
    return resolution->length > 0;
}

bool path_resolve(struct path_resolution *resolution, enum path_follow follow) {
    struct walk walk;
    struct component component;
    if (!begin_walk(&walk, resolution->path))
        return false;
    resolution->path[0] = '/';
    resolution->path[1] = '\0';
    resolution->length = 1;
    resolution->is_partial = false;
    while (next_component(walk.rest, &component)) {
        walk.rest = component.rest;
        if (is_dot(&component))
            continue;
        if (is_parent(&component)) {
            resolution->length = drop_last(resolution->path, resolution->length);
            resolution->path[resolution->length] = '\0';
            continue;
        }
        const size_t before = resolution->length;
        resolution->length = append_component(resolution->path, before, &component);
        if (resolution->length == 0)
            return false;
        if (!is_followed(&component, follow))
            continue;
        const int entered = enter_link(&walk, resolution->path);
        if (entered == -1)
            return end_walk(resolution, walk.rest);
        if (entered == -2)
            return false;
        if (entered == 1) {
            resolution->length = walk.rest[0] == '/' ? 1 : before;
            resolution->path[resolution->length] = '\0';
            resolution->path[0] = '/';
        }
    }
    return true;
}

/* Appends `size` bytes of a path as they are. Returns false if they do not fit. */
static bool append_text(struct path_resolution *resolution, const char *path, size_t size) {
    if (resolution->length + 1 + size >= PATH_CAPACITY)
        return false;
    char *const end = resolution->path + resolution->length;
    *end = '/';
    memcpy(end + 1, path, size);
    end[1 + size] = '\0';
    return true;
}

bool path_enter(struct path_resolution *resolution, const char *path) {
    struct component component;
    resolution->is_partial = false;
    while (next_component(path, &component) && (is_dot(&component) || is_parent(&component))) {
        if (is_parent(&component))
            resolution->length = drop_last(resolution->path, resolution->length);
        path = component.rest;
    }
    const size_t with_parents = length_with_parents(path);
    if (with_parents > 0) {
        if (!append_text(resolution, path, with_parents))
            return false;
        if (path_way(AT_FDCWD, resolution->path, true) != WAY_IS_PLAIN)
            return append_text(resolution, path, strlen(path)) &&
                   path_resolve(resolution, FOLLOW_FOR_PARENTS);
    }
    resolution->path[resolution->length] = '\0';
    resolution->length = path_append(resolution->path, resolution->length, path);
    return resolution->length > 0;
}

/* Whether a path is a tree's root, or lies below it. */
#define IS_IN(path, length, tree)                                                                  \
    ((length) >= sizeof(tree) - 1 && __builtin_memcmp(path, tree, sizeof(tree) - 1) == 0 &&        \
     ((length) == sizeof(tree) - 1 || (path)[sizeof(tree) - 1] == '/'))

bool path_is_own(const char *path, size_t length) {
    return IS_IN(path, length, "/proc") || IS_IN(path, length, "/dev") ||
           IS_IN(path, length, "/tmp");
}
