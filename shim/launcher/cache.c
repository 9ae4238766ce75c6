#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    LOCK_WAIT_MILLISECONDS = 20000,
    LOCK_POLL_MILLISECONDS = 10,
};

/* ---- Trust ----------------------------------------------------------------------------------- */

static _Noreturn void refuse(const char *path, const char *why, unsigned uid) {
    fail("Cannot use the cache \"%s\": %s (uid %u, yours is %u); remove it, or set XDG_CACHE_HOME "
         "to a directory of yours",
         path, why, uid, geteuid());
}

/* What is executed from the cache must be this user's, and nobody else's to change. */
static void check_private(const char *path, const struct stat *status) {
    if (!S_ISDIR(status->st_mode))
        refuse(path, "it is not a directory", status->st_uid);
    if (status->st_uid != geteuid())
        refuse(path, "it belongs to another user", status->st_uid);
    if (status->st_mode & (S_IWGRP | S_IWOTH))
        refuse(path, "others may write to it", status->st_uid);
}

/* Whoever owns the parent, or may rename in it, could put another directory in ours' place. */
static void check_parent(const char *path, const struct stat *status) {
    if (status->st_uid != geteuid() && status->st_uid != 0)
        refuse(path, "it belongs to another user", status->st_uid);
    if (status->st_mode & S_IWOTH && !(status->st_mode & S_ISVTX))
        refuse(path, "everyone may write to it", status->st_uid);
}

/* Opens a directory that must be private; -1 with errno if it is not there or not to be read. */
static int open_private(int parent, const char *name, const char *path) {
    struct stat status;
    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    check_private(path, &status);
    int directory = openat(parent, name, DIRECTORY);
    if (directory >= 0 && fstat(directory, &status) == 0)
        check_private(path, &status);
    return directory;
}

/* ---- The stamp ------------------------------------------------------------------------------- */

static bool take_file(int directory, const char *name, struct file_stamp *stamp) {
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode) ||
        status.st_uid != geteuid() || status.st_mode & (S_IWGRP | S_IWOTH))
        return false;
    *stamp = (struct file_stamp){
        .inode = status.st_ino,
        .size = (uint64_t)status.st_size,
        .modified_seconds = status.st_mtim.tv_sec,
        .modified_nanoseconds = status.st_mtim.tv_nsec,
        .changed_seconds = status.st_ctim.tv_sec,
        .changed_nanoseconds = status.st_ctim.tv_nsec,
    };
    return true;
}

bool stamp_take(const struct image *image, int directory, struct stamp *stamp) {
    memset(stamp, 0, sizeof *stamp);
    memcpy(stamp->build_id, image->build_id, BUILD_ID_LENGTH);
    uint32_t count = image->footer->entry_count;
    for (uint32_t i = 0; i < count; i++) {
        const struct entry *entry = &image->entries[i];
        if (!(entry->use & USE_CACHE))
            continue;
        if (!take_file(directory, entry->name, &stamp->files[i]) ||
            stamp->files[i].size != entry->size)
            return false;
    }
    return take_file(directory, LAUNCHER_NAME, &stamp->files[count]);
}

static size_t stamp_size(const struct image *image) {
    return offsetof(struct stamp, files) +
           (image->footer->entry_count + 1) * sizeof(struct file_stamp);
}

bool stamp_write(const struct image *image, int directory) {
    static struct stamp stamp;
    if (!stamp_take(image, directory, &stamp))
        return false;
    unlinkat(directory, STAMP_NAME, 0);
    int file = openat(directory, STAMP_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    size_t size = stamp_size(image);
    bool written = write(file, &stamp, size) == (ssize_t)size;
    return close(file) == 0 && written;
}

static bool stamp_is_right(const struct image *image, int directory) {
    static struct stamp stored, present;
    int file = openat(directory, STAMP_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return false;
    size_t size = stamp_size(image);
    ssize_t got = read(file, &stored, sizeof stored);
    close(file);
    return got == (ssize_t)size && stamp_take(image, directory, &present) &&
           memcmp(&stored, &present, size) == 0;
}

/* ---- Contents -------------------------------------------------------------------------------- */

/* Maps a file of the cache and compares it: with its entry, or with the launcher's own copy. */
static bool file_matches(const struct image *image, const struct entry *entry, int directory,
                         const char *name) {
    struct stat status;
    int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        return false;
    size_t size = (size_t)status.st_size;
    void *bytes = size == 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED)
        return size == 0 && entry != NULL && entry_matches(entry, "", 0);
    bool matches = entry != NULL ? entry_matches(entry, bytes, size)
                                 : image_matches_launcher(image, bytes, size);
    munmap(bytes, size);
    return matches;
}

static bool contents_are_right(const struct image *image, int directory) {
    static struct stamp present;
    if (!stamp_take(image, directory, &present))
        return false;
    for (uint32_t i = 0; i < image->footer->entry_count; i++) {
        const struct entry *entry = &image->entries[i];
        if (entry->use & USE_CACHE && !file_matches(image, entry, directory, entry->name))
            return false;
    }
    return file_matches(image, NULL, directory, LAUNCHER_NAME);
}

/* ---- Finding and repairing ------------------------------------------------------------------- */

/* Twenty first starts at once: one unpacks, the others wait for it. It is only for economy, since
 * the rename is atomic; so a holder that was stopped is not waited for without end, and a file
 * system without locks will do. -1 if there is no lock to be had. */
static int lock(int home) {
    int file = openat(home, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    const struct timespec pause = {.tv_nsec = LOCK_POLL_MILLISECONDS * 1000000};
    for (int waited = 0; file >= 0 && waited < LOCK_WAIT_MILLISECONDS;
         waited += LOCK_POLL_MILLISECONDS) {
        if (flock(file, LOCK_EX | LOCK_NB) == 0)
            return file;
        if (errno != EWOULDBLOCK)
            break;
        nanosleep(&pause, NULL);
    }
    if (file >= 0)
        close(file);
    return -1;
}

static bool is_ready(const struct image *image, int home, const char *path) {
    int directory = open_private(home, image->build_id, path);
    if (directory < 0)
        return false;
    bool ready = stamp_is_right(image, directory);
    close(directory);
    return ready;
}

/* A stamp may differ though nothing is wrong: after a restored backup, or a chmod. */
static bool restamp(const struct image *image, int home, const char *path) {
    int directory = open_private(home, image->build_id, path);
    if (directory < 0)
        return false;
    bool right = contents_are_right(image, directory) && stamp_write(image, directory);
    close(directory);
    return right;
}

static bool repair(const struct image *image, int home, const char *path) {
    int holder = lock(home);
    bool ready = is_ready(image, home, path) || restamp(image, home, path);
    if (!ready) {
        if (holder >= 0) /* nobody else is unpacking: what is half done was given up */
            tidy(image, home);
        ready = unpack(image, home);
    }
    if (holder >= 0)
        close(holder);
    return ready;
}

static int open_home(const char *base, const char *path) {
    struct stat status;
    if (stat(base, &status) != 0) {
        if (!location_make(base) || stat(base, &status) != 0)
            return -1;
    }
    if (!S_ISDIR(status.st_mode))
        return -1;
    check_parent(base, &status);
    mkdir(path, 0700);
    return open_private(AT_FDCWD, path, path);
}

/* The copy that lies in the cache looks beside itself, whatever the environment says by now. */
static bool open_beside(const struct image *image, struct files *files) {
    snprintf(files->directory, sizeof files->directory, "%s", image->path);
    *strrchr(files->directory, '/') = '\0';
    int directory = open_private(AT_FDCWD, files->directory, files->directory);
    bool right = directory >= 0 &&
                 (stamp_is_right(image, directory) || contents_are_right(image, directory));
    if (directory >= 0)
        close(directory);
    return right;
}

/* Deno's options separate paths by commas and know no way to quote one. */
static bool can_be_an_option(const char *path) { return strchr(path, ',') == NULL; }

bool cache_open(const struct image *image, struct files *files) {
    if (!image->footer->has_contents)
        return open_beside(image, files);
    /* Started by a StemJail that is in memory, perhaps where owners look different: a monitor's
     * user namespace shows root's directories as nobody's. */
    if (getenv("STEMJAIL_FILES") != NULL)
        return false;
    char base[PATH_MAX], path[PATH_MAX];
    if (!location_find(base, "XDG_CACHE_HOME", ".cache") || !can_be_an_option(base) ||
        snprintf(path, sizeof path, "%s/stemjail", base) >= PATH_MAX)
        return false;
    int home = open_home(base, path);
    if (home < 0)
        return false;
    bool fits = snprintf(files->directory, sizeof files->directory, "%s/%s", path,
                         image->build_id) < PATH_MAX;
    bool ready =
        fits && (is_ready(image, home, files->directory) || repair(image, home, files->directory));
    close(home);
    return ready;
}
