#include "launcher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Each start reads the stamp; file systems keep the time of reading to a day's precision. */
enum { UNUSED_AFTER_SECONDS = 2 * 24 * 3600 };

void remove_tree(int parent, const char *name) {
    int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *listing = directory < 0 ? NULL : fdopendir(directory);
    if (listing == NULL) {
        unlinkat(parent, name, 0);
        return;
    }
    for (struct dirent *item; (item = readdir(listing)) != NULL;)
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
            remove_tree(directory, item->d_name);
    closedir(listing);
    unlinkat(parent, name, AT_REMOVEDIR);
}

static bool was_used_lately(int home, const char *build_id) {
    char path[BUILD_ID_LENGTH + sizeof "/" STAMP_NAME];
    struct stat status;
    snprintf(path, sizeof path, "%s/" STAMP_NAME, build_id);
    return fstatat(home, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           status.st_atim.tv_sec > time(NULL) - UNUSED_AFTER_SECONDS;
}

/* What is being executed cannot be opened for writing. */
static bool is_running(int home, const char *build_id) {
    char path[BUILD_ID_LENGTH + sizeof "/" RUNTIME_NAME];
    snprintf(path, sizeof path, "%s/" RUNTIME_NAME, build_id);
    int file = openat(home, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return errno == ETXTBSY;
    close(file);
    return false;
}

static bool is_build_id(const char *name) {
    return strlen(name) == BUILD_ID_LENGTH && strspn(name, "0123456789abcdef") == BUILD_ID_LENGTH;
}

static bool is_rubbish(int home, const char *name, const char *own_build_id) {
    if (strncmp(name, TEMPORARY_PREFIX, strlen(TEMPORARY_PREFIX)) == 0)
        return true;
    return is_build_id(name) && strcmp(name, own_build_id) != 0 && !was_used_lately(home, name) &&
           !is_running(home, name);
}

void tidy(const struct image *image, int home) {
    int directory = openat(home, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = directory < 0 ? NULL : fdopendir(directory);
    if (listing == NULL)
        return;
    for (struct dirent *item; (item = readdir(listing)) != NULL;)
        if (is_rubbish(home, item->d_name, image->build_id))
            remove_tree(home, item->d_name);
    closedir(listing);
}
