/*
 * From a prototype to a hook: the macros that make the wrappers out of prototypes.h.
 *
 * A hook named NAME is written as hook_NAME and exported as NAME, so that the C library's own
 * declaration of NAME does not get in the way. Each has a fast way, which needs little stack, and a
 * slow one, which holds a path.
 */
#ifndef STEMJAIL_HOOK_H
#define STEMJAIL_HOOK_H

#include "real.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ---- what the arguments of a call say ---- */

static inline unsigned access_of_flags(int flags) {
    const bool is_write = (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0;
    const bool is_exact =
        (flags & O_NOFOLLOW) != 0 || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
    return (is_write ? ACCESS_WRITE : ACCESS_OPENS) | (is_exact ? ACCESS_NOFOLLOW : 0);
}

static inline unsigned access_of_mode(const char *mode) {
    if (mode == NULL)
        return ACCESS_READ;
    for (; *mode != '\0' && *mode != ','; mode++) /* ",ccs=" begins the name of a character set */
        if (*mode == 'w' || *mode == 'a' || *mode == '+')
            return ACCESS_WRITE;
    return ACCESS_READ;
}

static inline unsigned access_of_permission(int mode) {
    return (mode & W_OK) != 0 ? ACCESS_WRITE : ACCESS_READ;
}

static inline unsigned access_at(unsigned access, int flags) {
    return (flags & AT_SYMLINK_NOFOLLOW) != 0 ? access | ACCESS_NOFOLLOW : access;
}

/* A name that is a path only with a slash in it; NULL without. */
static inline const char *path_with_slash(const char *name) {
    for (const char *at = name; at != NULL && *at != '\0'; at++)
        if (*at == '/')
            return name;
    return NULL;
}

/* A list that goes through a macro as one argument. */
#define P(...) __VA_ARGS__

/* How a function of that type says that it failed, and whether it did. */
#define FAILURE(type) ((type) _Generic((type)0, int : -1, long : -1, default : 0))
#define HAS_FAILED(result) ((long)(result) == _Generic((result), int : -1, long : -1, default : 0))

/* Declares the hook, and real_NAME, which calls what it lies in front of. A C library without that
 * function has no callers of it, but a program may look for the symbol. */
#define REAL(type, name, parameters, arguments)                                                    \
    EXPORTED type hook_##name(parameters) __asm__(#name);                                          \
    static inline type real_##name(parameters) {                                                   \
        static void *_Atomic slot;                                                                 \
        type (*const function)(parameters) = (type(*)(parameters))real_function(&slot, #name);     \
        if (UNLIKELY(function == NULL)) {                                                          \
            errno = ENOSYS;                                                                        \
            return FAILURE(type);                                                                  \
        }                                                                                          \
        return function(arguments);                                                                \
    }

/* A call with one path, which must be a parameter of it. */
#define HOOK(type, name, parameters, arguments, directory, path, access)                           \
    REAL(type, name, P(parameters), P(arguments))                                                  \
    HOOK_BODY(type, name, P(parameters), P(arguments), directory, path, access)

/* The same, for a real_NAME that is written out. */
#define HOOK_BODY(type, name, parameters, arguments, directory, path, access)                      \
    static NOINLINE type slow_##name(parameters) {                                                 \
        struct place place;                                                                        \
        path = place_prepare(&place, directory, path, access);                                     \
        type result = real_##name(arguments);                                                      \
        if (HAS_FAILED(result) && !place.is_denied && look_again(directory, path, access)) {       \
            path = place_prepare(&place, directory, path, access);                                 \
            result = real_##name(arguments);                                                       \
        }                                                                                          \
        return result;                                                                             \
    }                                                                                              \
    type hook_##name(parameters) {                                                                 \
        if (LIKELY(shim_mode() == MODE_OFF))                                                       \
            return real_##name(arguments);                                                         \
        const enum look look = look_first(directory, path, access);                                \
        if (LIKELY(look != LOOK_CLOSER)) {                                                         \
            type result = real_##name(arguments);                                                  \
            if (LIKELY(!HAS_FAILED(result))) {                                                     \
                if (((access)&ACCESS_OPENS) != 0 && look == LOOK_GO_ON_BLIND)                      \
                    look_note_bare();                                                              \
                return result;                                                                     \
            }                                                                                      \
            if (LIKELY(look == LOOK_GO_ON_BLIND || !look_again(directory, path, access)))          \
                return result;                                                                     \
        }                                                                                          \
        return slow_##name(arguments);                                                             \
    }

/* A call with two paths. Both are prepared before the real call. */
#define HOOK_OF_TWO(type, name, parameters, arguments, directory_1, path_1, access_1, directory_2, \
                    path_2, access_2)                                                              \
    REAL(type, name, P(parameters), P(arguments))                                                  \
    static NOINLINE type slow_##name(parameters) {                                                 \
        struct place place_1, place_2;                                                             \
        path_1 = place_prepare(&place_1, directory_1, path_1, access_1);                           \
        path_2 = place_prepare(&place_2, directory_2, path_2, access_2);                           \
        type result = real_##name(arguments);                                                      \
        if (!HAS_FAILED(result))                                                                   \
            return result;                                                                         \
        const bool again_1 = !place_1.is_denied && look_again(directory_1, path_1, access_1);      \
        const bool again_2 = !place_2.is_denied && look_again(directory_2, path_2, access_2);      \
        if (again_1 || again_2) {                                                                  \
            path_1 = place_prepare(&place_1, directory_1, path_1, access_1);                       \
            path_2 = place_prepare(&place_2, directory_2, path_2, access_2);                       \
            result = real_##name(arguments);                                                       \
        }                                                                                          \
        return result;                                                                             \
    }                                                                                              \
    type hook_##name(parameters) {                                                                 \
        if (LIKELY(shim_mode() == MODE_OFF))                                                       \
            return real_##name(arguments);                                                         \
        if (look_first(directory_1, path_1, access_1) != LOOK_CLOSER &&                            \
            look_first(directory_2, path_2, access_2) != LOOK_CLOSER) {                            \
            type result = real_##name(arguments);                                                  \
            if (LIKELY(!HAS_FAILED(result)))                                                       \
                return result;                                                                     \
            const bool again_1 = look_again(directory_1, path_1, access_1);                        \
            const bool again_2 = look_again(directory_2, path_2, access_2);                        \
            if (!again_1 && !again_2)                                                              \
                return result;                                                                     \
        }                                                                                          \
        return slow_##name(arguments);                                                             \
    }

/* A call that cannot be repeated, or does not tell a missing path from other failures: all that the
 * path needs is asked for before. The path may be any expression. */
#define HOOK_ONCE(type, name, parameters, arguments, directory, path, access)                      \
    REAL(type, name, P(parameters), P(arguments))                                                  \
    type hook_##name(parameters) {                                                                 \
        if (UNLIKELY(shim_mode() == MODE_ON))                                                      \
            look_through(directory, path, access);                                                 \
        return real_##name(arguments);                                                             \
    }

/* The same for a call that merely notes its path down, or whose path has no links to follow. */
#define HOOK_BEFORE(type, name, parameters, arguments, directory, path, access)                    \
    REAL(type, name, P(parameters), P(arguments))                                                  \
    type hook_##name(parameters) {                                                                 \
        if (UNLIKELY(shim_mode() == MODE_ON) &&                                                    \
            look_first(directory, path, access) == LOOK_CLOSER)                                    \
            look_through(directory, path, access);                                                 \
        return real_##name(arguments);                                                             \
    }

#endif
