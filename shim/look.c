#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* More grants than one call can need: a bound, should the monitor and the kernel disagree. */
enum { MAXIMUM_ROUNDS = PATH_MAXIMUM_LINKS };

/* Whether a directory outside all grants has been opened: then descriptors may lead to one. */
static _Atomic bool bare_directory_is_open;

void look_note_bare(void) {
    atomic_store_explicit(&bare_directory_is_open, true, memory_order_relaxed);
}

/* Whether the shim has nothing to do with a path. */
static bool is_no_path(const char *path) { return path == NULL || path[0] == '\0'; }

static bool is_followed(const char *path, unsigned access) {
    return (access & ACCESS_NOFOLLOW) == 0 || path_names_directory(path);
}

/* What a path needs. Of one that ends before a "..", only to be passed through. */
static enum verdict verdict_of(const struct path_resolution *where, unsigned access) {
    const bool write = (access & ACCESS_WRITE) != 0 && !where->is_partial;
    return shim_lookup(where->path, where->length, write);
}

static bool ask_for(const struct path_resolution *where, unsigned access) {
    const bool write = (access & ACCESS_WRITE) != 0 && !where->is_partial;
    return ask_access(where->path, where->length, write);
}

/* Whether the kernel's answer stands, without a look at symbolic links: nothing can be there but
 * bare mount points. Writing may be impossible where reading is not. */
static bool is_out_of_reach(const char *path, size_t length, enum verdict verdict,
                            unsigned access) {
    return verdict == VERDICT_IMPOSSIBLE && (access & ACCESS_WRITE) == 0 &&
           !path_is_own(path, length);
}

/* ---- where a path leads ---- */

/* Makes the absolute path. is_covered: in, whether that is to be found out of a descriptor; out, as
 * in directory_current. Returns false if the path has no place in this jail. */
static bool locate(int directory, const char *path, struct path_resolution *where,
                   bool *is_covered) {
    const bool is_wanted = *is_covered;
    *is_covered = false;
    if (path[0] == '/') {
        memcpy(where->path, "/", 2);
        where->length = 1;
    } else if (directory == AT_FDCWD) {
        where->length = directory_current(where->path, is_covered);
    } else {
        where->length = directory_of(directory, where->path);
        *is_covered =
            is_wanted && where->length > 0 && directory_is_covered(directory, where->path);
    }
    return where->length > 0 && path_enter(where, path);
}

/* ---- before the real call ---- */

static enum look look_for(const char *path, size_t length, unsigned access) {
    const enum verdict verdict = shim_lookup(path, length, (access & ACCESS_WRITE) != 0);
    if (verdict == VERDICT_ASK)
        return LOOK_CLOSER;
    return is_out_of_reach(path, length, verdict, access) ? LOOK_GO_ON_BLIND : LOOK_GO_ON;
}

/* With nothing left to ask, a relative path may still start in a mount under another. */
static NOINLINE enum look look_at_directory(void) {
    char path[PATH_CAPACITY];
    bool is_covered = false;
    return directory_current(path, &is_covered) > 0 && is_covered ? LOOK_CLOSER : LOOK_GO_ON;
}

/* The look at a path that cannot be looked up as it stands. */
static NOINLINE enum look look_at_place(int directory, const char *path, unsigned access) {
    struct path_resolution where;
    bool is_covered = false;
    if (!shim_may_speak() || !locate(directory, path, &where, &is_covered))
        return LOOK_GO_ON;
    if (is_covered)
        return LOOK_CLOSER;
    if (shim_mode() != MODE_ON)
        return LOOK_GO_ON;
    if (where.is_partial)
        return verdict_of(&where, access) == VERDICT_ASK ? LOOK_CLOSER : LOOK_GO_ON;
    return look_for(where.path, where.length, access);
}

enum look look_first(int directory, const char *path, unsigned access) {
    if (is_no_path(path))
        return LOOK_GO_ON;
    const bool is_final = shim_mode() == MODE_FINAL;
    if (path[0] == '/') {
        if (is_final)
            return LOOK_GO_ON;
        const size_t length = path_plain_length(path);
        if (LIKELY(length > 0))
            return look_for(path, length, access);
    } else if (directory != AT_FDCWD) {
        /* The directory is open, so it is there: the kernel is asked first, and its path, which
         * costs a system call, is found out when it says no. */
        return !is_final && atomic_load_explicit(&bare_directory_is_open, memory_order_relaxed) &&
                       directory_is_bare(directory)
                   ? LOOK_CLOSER
                   : LOOK_GO_ON;
    }
    if (is_final)
        return look_at_directory();
    if (path[0] != '/' && directory_grants((access & ACCESS_WRITE) != 0) && !path_has_parent(path))
        return LOOK_GO_ON;
    return look_at_place(directory, path, access);
}

const char *place_prepare(struct place *place, int directory, const char *path, unsigned access) {
    struct path_resolution *const where = &place->where;
    bool is_covered = true;
    place->is_denied = false;
    place->is_granted = false;
    if (shim_mode() == MODE_OFF || is_no_path(path) || !shim_may_speak() ||
        !locate(directory, path, where, &is_covered))
        return path;
    for (int round = 0; round < MAXIMUM_ROUNDS; round++) {
        if (shim_mode() != MODE_ON || verdict_of(where, access) != VERDICT_ASK)
            break;
        if (!ask_for(where, access)) {
            place->is_denied = true;
            break;
        }
        place->is_granted = true;
        is_covered = true;
        if (!locate(directory, path, where, &is_covered))
            return path;
    }
    if (!is_covered || where->is_partial)
        return path;
    if (path_names_directory(path) && where->length + 1 < PATH_CAPACITY)
        memcpy(where->path + where->length, "/", 2);
    return where->path;
}

/* ---- after the real call ---- */

/* Asks for what the symbolic links on a path's way lead to. Returns whether anything was granted.
 */
static bool ask_for_links(struct path_resolution *where, int directory, const char *path,
                          unsigned access) {
    const enum path_follow follow = is_followed(path, access) ? FOLLOW_ALL : FOLLOW_BUT_LAST;
    bool is_granted = false;
    bool is_covered = false;
    if (path_way(AT_FDCWD, where->path, follow == FOLLOW_ALL) != WAY_IS_LINKED)
        return false;
    for (int round = 0; round < MAXIMUM_ROUNDS; round++) {
        if (!path_resolve(where, follow) || shim_mode() != MODE_ON ||
            verdict_of(where, access) != VERDICT_ASK || !ask_for(where, access))
            break;
        is_granted = true;
        is_covered = false;
        if (!locate(directory, path, where, &is_covered))
            break;
    }
    return is_granted;
}

static NOINLINE bool look_again_at_place(int directory, const char *path, unsigned access,
                                         bool may_be_covered) {
    struct path_resolution where;
    bool is_covered = may_be_covered;
    if (!shim_may_speak() || !locate(directory, path, &where, &is_covered))
        return false;
    if (is_covered)
        return true;
    if (shim_mode() != MODE_ON)
        return false;
    const enum verdict verdict = verdict_of(&where, access);
    if (verdict == VERDICT_ASK)
        return ask_for(&where, access);
    return !where.is_partial && !is_out_of_reach(where.path, where.length, verdict, access) &&
           ask_for_links(&where, directory, path, access);
}

/* Whether a path starts in a granted tree and stays there, but for symbolic links: then nothing
 * but those can be asked for. Cheaper than to make the path absolute. */
static bool stays_in_grant(int directory, const char *path, unsigned access) {
    const bool write = (access & ACCESS_WRITE) != 0;
    if (path[0] == '/') {
        const size_t length = path_plain_length(path);
        return length > 0 && shim_lookup(path, length, write) == VERDICT_GRANTED;
    }
    if (path_has_parent(path))
        return false;
    /* Any mount but the bare one is granted for reading, or the jail's own. */
    return directory == AT_FDCWD ? directory_grants(write)
                                 : !write && !directory_is_bare(directory);
}

static bool is_worth_a_look(int error) {
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == EROFS ||
           error == ELOOP || error == EXDEV;
}

/* Whether the failure may come from a mount under another. A working directory that was not under
 * one a moment ago is looked at anew. */
static bool suspects_cover(int directory, const char *path, int error) {
    const bool is_telling = error == EROFS || error == EXDEV;
    if (path[0] == '/')
        return false;
    if (directory != AT_FDCWD)
        return is_telling || shim_has_seen_transition();
    if (is_telling)
        directory_changed();
    return is_telling;
}

bool look_again(int directory, const char *path, unsigned access) {
    const int error = errno;
    const enum shim_mode mode = shim_mode();
    if (!is_worth_a_look(error) || mode == MODE_OFF || is_no_path(path))
        return false;
    const bool may_be_covered = suspects_cover(directory, path, error);
    if (mode == MODE_FINAL)
        return may_be_covered && look_again_at_place(directory, path, access, true);
    if (!shim_may_speak())
        return false;
    if (!may_be_covered && stays_in_grant(directory, path, access) &&
        path_way(directory, path, is_followed(path, access)) != WAY_IS_LINKED)
        return false;
    return look_again_at_place(directory, path, access, may_be_covered);
}

bool look_through(int directory, const char *path, unsigned access) {
    struct place place;
    if (shim_mode() != MODE_ON || is_no_path(path))
        return false;
    place_prepare(&place, directory, path, access);
    bool is_covered = false;
    if (place.is_denied || !locate(directory, path, &place.where, &is_covered) ||
        place.where.is_partial || shim_mode() != MODE_ON)
        return place.is_granted;
    const enum verdict verdict = verdict_of(&place.where, access);
    if (is_out_of_reach(place.where.path, place.where.length, verdict, access))
        return place.is_granted;
    return ask_for_links(&place.where, directory, path, access) || place.is_granted;
}
