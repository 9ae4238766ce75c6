#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPORARY_NAME_SIZE = 32 };

static void temporary_name(char name[TEMPORARY_NAME_SIZE]) {
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        number = (uint64_t)getpid();
    snprintf(name, TEMPORARY_NAME_SIZE, TEMPORARY_PREFIX "%016llx", (unsigned long long)number);
}

static bool make_parent(int directory, const char *name) {
    char parent[sizeof((struct entry){0}.name)];
    const char *slash = strchr(name, '/');
    if (slash == NULL)
        return true;
    snprintf(parent, sizeof parent, "%.*s", (int)(slash - name), name);
    return mkdirat(directory, parent, 0700) == 0 || errno == EEXIST;
}

static int create(int directory, const char *name, mode_t mode) {
    int file = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file >= 0 && fchmod(file, mode) != 0) {
        close(file);
        return -1;
    }
    return file;
}

static bool write_entry(const struct image *image, int directory, const struct entry *entry) {
    if (!make_parent(directory, entry->name))
        return false;
    int file = create(directory, entry->name, entry->mode);
    if (file < 0)
        return false;
    bool written = image_copy(image, entry, file);
    /* A full disk or quota may be told only here. */
    return close(file) == 0 && written;
}

static bool write_launcher(const struct image *image, int directory) {
    int file = create(directory, LAUNCHER_NAME, 0700);
    if (file < 0)
        return false;
    bool written = image_copy_launcher(image, file);
    return close(file) == 0 && written;
}

static bool fill(const struct image *image, int directory) {
    for (uint32_t i = 0; i < image->footer->entry_count; i++)
        if (image->entries[i].use & USE_CACHE && !write_entry(image, directory, &image->entries[i]))
            return false;
    return mkdirat(directory, RUNTIME_CACHE_NAME, 0700) == 0 && write_launcher(image, directory) &&
           stamp_write(image, directory);
}

/* The new directory takes the old one's place in one step where the file system can exchange
 * names; elsewhere there is a moment without one, in which another start unpacks its own. */
static bool put_in_place(int home, const char *temporary, const char *name) {
    if (renameat2(home, temporary, home, name, RENAME_NOREPLACE) == 0)
        return true;
    if (renameat2(home, temporary, home, name, RENAME_EXCHANGE) == 0) {
        remove_tree(home, temporary);
        return true;
    }
    remove_tree(home, name);
    return renameat(home, temporary, home, name) == 0;
}

bool unpack(const struct image *image, int home) {
    /* First, since a damaged image ends the process: nothing is left half unpacked. */
    for (uint32_t i = 0; i < image->footer->entry_count; i++)
        image_check_contents(image, &image->entries[i]);
    char temporary[TEMPORARY_NAME_SIZE];
    temporary_name(temporary);
    if (mkdirat(home, temporary, 0700) != 0)
        return false;
    int directory = openat(home, temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool done =
        directory >= 0 && fill(image, directory) && put_in_place(home, temporary, image->build_id);
    int error = errno;
    if (directory >= 0)
        close(directory);
    if (!done)
        remove_tree(home, temporary);
    errno = error;
    return done;
}
