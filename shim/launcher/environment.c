#include "launcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

/* Variables that configure the runtime. The user's own are kept, under another name, for what
 * StemJail starts; they must not reach the runtime that carries it, where they could add
 * certificates, engine flags or a permission broker. */
static const char *const runtime_prefixes[] = {"DENO_", "NODE_", "OTEL_"};
#define SAVED_PREFIX "STEMJAIL_SAVED_"

/* Of the home the runtime reads .npmrc, whatever its options say, and does not start if there is
 * something in it that it does not know, such as a variable that is not set. */
#define HOME "HOME="
#define SAVED_HOME SAVED_PREFIX HOME
#define NO_HOME HOME "/proc/self/none"

/* Variables that the launcher sets: an inherited one is stale. */
static const char *const own_names[] = {"STEMJAIL_EXE=", "STEMJAIL_DIR=", "STEMJAIL_FILES="};
#define INSTALLED "STEMJAIL_INSTALLED="

enum { ADDED_LIMIT = 8 };

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool starts_with_one(const char *text, const char *const *prefixes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (starts_with(text, prefixes[i]))
            return true;
    return false;
}

#define STARTS_WITH_ONE(text, list) starts_with_one(text, list, sizeof list / sizeof *list)

static char *joined(const char *left, const char *right) {
    char *text = malloc(strlen(left) + strlen(right) + 1);
    if (text == NULL)
        fail("Cannot start: out of memory");
    return strcat(strcpy(text, left), right);
}

/* The environment as it was, but for what configures the runtime. */
static char **keep(char **next, bool started_by_itself, bool keeps_installed) {
    for (char **variable = environ; *variable != NULL; variable++) {
        if (STARTS_WITH_ONE(*variable, own_names) ||
            (!keeps_installed && starts_with(*variable, INSTALLED)) ||
            starts_with(*variable, SAVED_HOME))
            continue;
        if (starts_with(*variable, HOME))
            *next++ = joined(SAVED_PREFIX, *variable);
        else if (!STARTS_WITH_ONE(*variable, runtime_prefixes))
            *next++ = *variable;
        else if (!started_by_itself) /* else they are those of the launcher before this one */
            *next++ = joined(SAVED_PREFIX, *variable);
    }
    return next;
}

void restore_home(void) {
    const char *saved = getenv("STEMJAIL_SAVED_HOME");
    if (getenv("STEMJAIL_EXE") == NULL)
        return;
    if (saved == NULL)
        unsetenv("HOME");
    else if (setenv("HOME", saved, 1) != 0)
        fail("Cannot start: out of memory");
}

/* NAME=/proc/self/fd/N:NAME=... of every file in memory. */
static char *list_of_files(const struct image *image, const struct files *files) {
    char *list = joined("STEMJAIL_FILES=", "");
    for (uint32_t i = 0; i < image->footer->entry_count; i++) {
        char item[sizeof image->entries[i].name + 32];
        if (files->descriptors[i] < 0)
            continue;
        snprintf(item, sizeof item, "%s=/proc/self/fd/%d:", image->entries[i].name,
                 files->descriptors[i]);
        char *longer = joined(list, item);
        free(list);
        list = longer;
    }
    return list;
}

char **runtime_environment(const struct image *image, const struct files *files) {
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    char **environment = malloc((count + ADDED_LIMIT) * sizeof *environment);
    if (environment == NULL)
        fail("Cannot start: out of memory");
    bool started_by_itself = getenv("STEMJAIL_EXE") != NULL;
    bool is_copy = !image->footer->has_contents && getenv("STEMJAIL_INSTALLED") != NULL;
    char **next = keep(environment, started_by_itself, is_copy);
    if (!is_copy)
        *next++ = joined(INSTALLED, image->path);
    if (files->directory[0] != '\0') {
        *next++ = joined("STEMJAIL_DIR=", files->directory);
        *next++ = joined(joined("STEMJAIL_EXE=", files->directory), "/" LAUNCHER_NAME);
        *next++ = joined(joined("DENO_DIR=", files->directory), "/" RUNTIME_CACHE_NAME);
    } else {
        *next++ = list_of_files(image, files);
        *next++ = joined("STEMJAIL_EXE=", image->path);
        *next++ = "DENO_DIR=/dev/null/none"; /* cannot be made: nothing is cached */
    }
    *next++ = NO_HOME;
    *next++ = "DENO_NO_UPDATE_CHECK=1";
    *next++ = "DENO_DISABLE_NODE_SHIM=1"; /* it would put a directory of its own first on PATH */
    *next = NULL;
    return environment;
}
