/* Temporary files, whose names the C library makes from a template of the caller's. */
#define _GNU_SOURCE
#include "hook.h"

static const char placeholder[] = "XXXXXX";

/* Puts back what a failed attempt wrote over. Only a template that has the room gets as far. */
static void restore_template(char *template, int suffix_length) {
    const size_t needed = sizeof placeholder - 1 + (size_t)suffix_length;
    memcpy(template + strlen(template) - needed, placeholder, sizeof placeholder - 1);
}

static NOINLINE bool prepare(const char *template) {
    struct place place;
    place_prepare(&place, AT_FDCWD, template, ACCESS_WRITE | ACCESS_NOFOLLOW);
    return !place.is_denied;
}

/* The name is not known before the call: the template's own stands for it. */
#define HOOK_OF_TEMPLATE(type, name, parameters, arguments, suffix_length)                         \
    REAL(type, name, P(parameters), P(arguments))                                                  \
    type hook_##name(parameters) {                                                                 \
        const unsigned access = ACCESS_WRITE | ACCESS_NOFOLLOW;                                    \
        if (shim_mode() != MODE_ON)                                                                \
            return real_##name(arguments);                                                         \
        const bool is_open =                                                                       \
            look_first(AT_FDCWD, template, access) != LOOK_CLOSER || prepare(template);            \
        type result = real_##name(arguments);                                                      \
        if (HAS_FAILED(result) && is_open && look_again(AT_FDCWD, template, access)) {             \
            restore_template(template, suffix_length);                                             \
            result = real_##name(arguments);                                                       \
        }                                                                                          \
        return result;                                                                             \
    }

HOOK_OF_TEMPLATE(int, mkstemp, P(char *template), P(template), 0)
HOOK_OF_TEMPLATE(int, mkstemp64, P(char *template), P(template), 0)
HOOK_OF_TEMPLATE(int, mkstemps, P(char *template, int suffix), P(template, suffix), suffix)
HOOK_OF_TEMPLATE(int, mkstemps64, P(char *template, int suffix), P(template, suffix), suffix)
HOOK_OF_TEMPLATE(int, mkostemp, P(char *template, int flags), P(template, flags), 0)
HOOK_OF_TEMPLATE(int, mkostemp64, P(char *template, int flags), P(template, flags), 0)
HOOK_OF_TEMPLATE(int, mkostemps, P(char *template, int suffix, int flags),
                 P(template, suffix, flags), suffix)
HOOK_OF_TEMPLATE(int, mkostemps64, P(char *template, int suffix, int flags),
                 P(template, suffix, flags), suffix)
HOOK_OF_TEMPLATE(char *, mkdtemp, P(char *template), P(template), 0)

HOOK_ONCE(char *, mktemp, P(char *template), P(template), AT_FDCWD, template,
          ACCESS_WRITE | ACCESS_NOFOLLOW)
