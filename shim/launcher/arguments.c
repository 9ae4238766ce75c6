#include "launcher.h"

#include "permissions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What each start of the runtime is given, whatever the subcommand: no question is ever asked,
 * nothing is read that the file did not bring along, and no progress of its own is drawn, which
 * would wipe the line that the terminal's cursor is in. */
static const char *const fixed_options[] = {
    "run",           "--quiet",     "--no-prompt", "--deny-net",  "--deny-run",
    "--deny-import", "--no-config", "--no-lock",   "--no-remote", "--no-npm",
};

enum { FIXED_COUNT = sizeof fixed_options / sizeof *fixed_options };

static void *allocate(size_t size) {
    void *memory = malloc(size);
    if (memory == NULL)
        fail("Cannot start: out of memory");
    return memory;
}

static const struct permissions *find_permissions(const char *subcommand) {
    const struct permissions *row = permission_table;
    while (row->subcommand != NULL && (subcommand == NULL || strcmp(row->subcommand, subcommand)))
        row++;
    return row;
}

/* The path of an unpacked file, as the runtime opens it. */
static const char *path_of(const struct image *image, const struct files *files, const char *name) {
    char *path = allocate(PATH_MAX + sizeof image->entries->name + 2);
    if (files->directory[0] != '\0') {
        sprintf(path, "%s/%s", files->directory, name);
        return path;
    }
    for (uint32_t i = 0; i < image->footer->entry_count; i++)
        if (files->descriptors[i] >= 0 && strcmp(image->entries[i].name, name) == 0) {
            sprintf(path, "/proc/self/fd/%d", files->descriptors[i]);
            return path;
        }
    fail("Cannot start from \"%s\": it carries no %s; build it again", image->path, name);
}

/* What a placeholder of the permission table stands for, or NULL if there is no such place. */
static const char *place(const struct image *image, const struct files *files, char placeholder) {
    if (placeholder == PLACE_LIBRARY)
        return path_of(image, files, LIBRARY_NAME);
    return files->directory[0] != '\0' ? path_of(image, files, SCRIPTS_NAME) : NULL;
}

/* An option of the table with its place in it; NULL where the place does not exist, so that an
 * allow list is never by accident the empty one, which allows everything. */
static const char *expand(const struct image *image, const struct files *files,
                          const char *option) {
    const char *mark = strchr(option, PLACE_MARK);
    if (mark == NULL)
        return option;
    const char *path = place(image, files, mark[1]);
    if (path == NULL)
        return NULL;
    char *expanded = allocate(strlen(option) + strlen(path) + 1);
    sprintf(expanded, "%.*s%s%s", (int)(mark - option), option, path, mark + 2);
    return expanded;
}

const char **runtime_arguments(const struct image *image, const struct files *files, int argc,
                               char **argv) {
    size_t room = 1 + FIXED_COUNT + PERMISSION_LIMIT + 1 + (size_t)argc + 1;
    const char **arguments = allocate(room * sizeof *arguments);
    const char **next = arguments;
    *next++ = "stemjail"; /* what ps(1) shows */
    for (size_t i = 0; i < FIXED_COUNT; i++)
        *next++ = fixed_options[i];
    const struct permissions *row = find_permissions(argc > 1 ? argv[1] : NULL);
    for (const char *const *option = row->options; *option != NULL; option++)
        if ((*next = expand(image, files, *option)) != NULL)
            next++;
    *next++ = path_of(image, files, files->directory[0] ? SPLIT_MAIN_NAME : SINGLE_MAIN_NAME);
    for (int i = 1; i < argc; i++)
        *next++ = argv[i];
    *next = NULL;
    return arguments;
}

const char *runtime_path(const struct image *image, const struct files *files) {
    return path_of(image, files, RUNTIME_NAME);
}
