/* A fuzz target: paths as text, and resolved. What comes out must be normalised, whatever goes in.
 */
#define _GNU_SOURCE
#include "../../shim/path.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void require(bool condition, const char *what) {
    if (condition)
        return;
    fprintf(stderr, "violated: %s\n", what);
    abort();
}

static void require_normalised(const char *path, size_t length) {
    require(length > 0 && length < PATH_CAPACITY && strlen(path) == length, "the length is right");
    require(path[0] == '/' && path_plain_length(path) == length, "no dots are left");
    require(strstr(path, "//") == NULL, "no empty component is left");
    require(length == 1 || path[length - 1] != '/', "no slash at the end");
}

static void try_text(const char *path) {
    char result[PATH_CAPACITY] = "/usr/share";
    const size_t plain = path_plain_length(path);
    require(plain == 0 || (plain == strlen(path) && !path_has_parent(path)), "plain is plain");
    const size_t length = path_append(result, strlen(result), path);
    if (length > 0)
        require_normalised(result, length);
    path_is_own(path, strlen(path));
    path_names_directory(path);
}

static void try_links(const char *path) {
    struct path_resolution resolution = {"/usr", strlen("/usr"), false};
    if (path_enter(&resolution, path))
        require_normalised(resolution.path, resolution.length);
    if (strlen(path) >= PATH_CAPACITY)
        return;
    strcpy(resolution.path, path);
    if (path_resolve(&resolution, FOLLOW_ALL))
        require_normalised(resolution.path, resolution.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *const path = malloc(size + 1); /* of its exact size, so that every read beyond is seen */
    if (path == NULL)
        return 0;
    memcpy(path, data, size);
    path[size] = '\0';
    try_text(path);
    try_links(path);
    free(path);
    return 0;
}
