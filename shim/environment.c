#define _GNU_SOURCE
#include "protocol.h"
#include "shim.h"

#include <string.h>

enum {
    MAXIMUM_ENTRIES = 4096, /* the array stands on the stack */
    MAXIMUM_TEXT = 8192,
};

static const char preload[] = "LD_PRELOAD=";
static const char shim_path[] = STEMJAIL_SHIM_PATH;

static bool is_separator(char character) { return character == ':' || character == ' '; }

/* Finds the shim among the preloaded libraries: its place, or NULL. */
static const char *find_shim(const char *libraries) {
    const size_t shim_length = sizeof shim_path - 1;
    const char *at = libraries;
    while (*at != '\0') {
        size_t length = 0;
        while (at[length] != '\0' && !is_separator(at[length]))
            length++;
        if (length == shim_length && memcmp(at, shim_path, length) == 0)
            return at;
        at += length;
        while (is_separator(*at))
            at++;
    }
    return NULL;
}

struct environment_plan environment_plan(char *const *environment) {
    const struct environment_plan unchanged = {0, 0, 0};
    const char *libraries = NULL;
    size_t count = 0;
    size_t index = 0;
    for (; environment != NULL && environment[count] != NULL; count++) {
        if (starts_with(environment[count], preload)) {
            libraries = environment[count] + sizeof preload - 1;
            index = count; /* of several, the loader takes the last */
        }
    }
    if (libraries == NULL)
        index = count;
    const bool has_shim = libraries != NULL && find_shim(libraries) != NULL;
    const bool wants_shim = shim_mode() != MODE_OFF;
    const size_t libraries_length = libraries == NULL ? 0 : strlen(libraries);
    if (has_shim == wants_shim || (!wants_shim && !shim_is_silenced()) ||
        count >= MAXIMUM_ENTRIES || libraries_length > MAXIMUM_TEXT)
        return unchanged;
    return (struct environment_plan){
        .entry_count = count + 2,
        .text_size = sizeof preload + sizeof shim_path + libraries_length,
        .index = index,
    };
}

/* Writes the value with the shim put first. */
static void add_shim(char *text, const char *libraries) {
    memcpy(text, shim_path, sizeof shim_path);
    if (libraries == NULL || *libraries == '\0')
        return;
    text[sizeof shim_path - 1] = ':';
    memcpy(text + sizeof shim_path, libraries, strlen(libraries) + 1);
}

/* Writes the value with the shim left out. */
static void remove_shim(char *text, const char *libraries) {
    const char *const shim = find_shim(libraries);
    const char *rest = shim + sizeof shim_path - 1;
    while (is_separator(*rest))
        rest++;
    memcpy(text, libraries, (size_t)(shim - libraries));
    memcpy(text + (shim - libraries), rest, strlen(rest) + 1);
}

void environment_build(const struct environment_plan *plan, char *const *environment,
                       char **entries, char *text) {
    size_t count = plan->entry_count - 2;
    const bool is_new = plan->index == count;
    const char *const libraries = is_new ? NULL : environment[plan->index] + sizeof preload - 1;
    char *const value = text + sizeof preload - 1;
    for (size_t index = 0; index < count; index++)
        entries[index] = environment[index];
    memcpy(text, preload, sizeof preload);
    if (shim_mode() != MODE_OFF)
        add_shim(value, libraries);
    else
        remove_shim(value, libraries);
    entries[plan->index] = text;
    if (is_new)
        count++;
    else if (value[0] == '\0')
        entries[plan->index] = entries[--count];
    entries[count] = NULL;
}
