/*
 * The launcher: the first kilobytes of the self-extracting file.
 *
 *   main.c       the list of steps
 *   image.c      the file's own index: what it carries, where, with which checksum
 *   cache.c      the unpacked directory in the user's cache: found, trusted, checked
 *   unpack.c     making that directory, once for each build
 *   tidy.c       removing what is no longer needed there
 *   memory.c     the same files in memory, where there is no cache to write to
 *   location.c   where the user's cache and state lie
 *   arguments.c  the runtime's arguments, with the permissions of each subcommand
 *   environment.c  the runtime's environment, from which the user's can be had back
 *   fail.c       the one way to end with an error
 *
 * It is linked statically and does nothing but that: every start of StemJail passes through it.
 */
#ifndef LAUNCHER_H
#define LAUNCHER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- The file's layout; scripts/image.ts writes it. ------------------------------------------
 *
 *   launcher | contents, each at a multiple of 4096 | index: struct entry[] | struct footer
 *
 * Integers are little endian. A checksum is the first half of BLAKE2b-512. */

enum { CHECKSUM_SIZE = 32, BUILD_ID_LENGTH = 16, ENTRY_LIMIT = 512 };

#define IMAGE_MAGIC "STEMJAIL-IMAGE-1"

enum entry_use {
    USE_CACHE = 1,  /* unpacked into the cache */
    USE_MEMORY = 2, /* unpacked into memory where there is no cache */
};

struct entry {
    char name[72]; /* relative, at most one directory deep, closed by NUL */
    uint32_t mode; /* permission bits */
    uint32_t use;  /* enum entry_use */
    uint64_t offset;
    uint64_t size;
    uint8_t checksum[CHECKSUM_SIZE];
};

struct footer {
    char magic[sizeof IMAGE_MAGIC - 1];
    char build_id[BUILD_ID_LENGTH]; /* hexadecimal digits */
    uint64_t launcher_size;
    uint64_t index_offset;
    uint32_t entry_count;
    uint32_t has_contents;           /* 0 in the copy of the launcher that lies in the cache */
    uint8_t checksum[CHECKSUM_SIZE]; /* of the index and of this structure up to here */
};

_Static_assert(sizeof(struct entry) == 128, "scripts/image.ts states the same layout");
_Static_assert(sizeof(struct footer) == 88, "scripts/image.ts states the same layout");

/* Names of entries that the launcher itself refers to. */
#define RUNTIME_NAME "deno"
#define LIBRARY_NAME "libstemjail.so"
#define SCRIPTS_NAME "js"
#define SPLIT_MAIN_NAME "js/main.js"
#define SINGLE_MAIN_NAME "single.js"
/* The runtime's own cache of compiled code, beside the entries: DENO_DIR. */
#define RUNTIME_CACHE_NAME "runtime"

/* ---- image.c --------------------------------------------------------------------------------- */

struct image {
    char path[PATH_MAX]; /* of the running executable */
    int descriptor;
    const uint8_t *bytes; /* the whole file, mapped */
    size_t size;
    const struct footer *footer;
    const struct entry *entries;
    char build_id[BUILD_ID_LENGTH + 1];
};

/* Opens the running executable and checks its index. Ends the process if it is damaged. */
void image_open(struct image *image);
/* Whether the bytes have the entry's size and checksum. */
bool entry_matches(const struct entry *entry, const void *bytes, size_t size);
/* Ends the process unless the image's own bytes of this entry have its checksum. */
void image_check_contents(const struct image *image, const struct entry *entry);
/* Writes an entry's bytes to a new file; false with errno if that failed. */
bool image_copy(const struct image *image, const struct entry *entry, int file);
/* Writes the launcher and index without contents; false with errno if that failed. */
bool image_copy_launcher(const struct image *image, int file);
/* Whether these are the bytes that image_copy_launcher writes. */
bool image_matches_launcher(const struct image *image, const uint8_t *bytes, size_t size);

/* ---- location.c ------------------------------------------------------------------------------ */

/* $VARIABLE if it is an absolute path, else FALLBACK below the home directory (from the user
 * database if HOME is not set); false if there is none, or it is too long. */
bool location_find(char path[PATH_MAX], const char *variable, const char *fallback);
/* Makes the directory and its parents, private to the user; false with errno. */
bool location_make(const char *path);

/* ---- cache.c --------------------------------------------------------------------------------- */

/* Where the files of this build are. */
struct files {
    char directory[PATH_MAX];     /* empty: they are in memory */
    int descriptors[ENTRY_LIMIT]; /* in memory: of each entry, or -1 */
};

/* Finds the files in the cache, unpacking or repairing them; false if there is no usable cache.
 * Ends the process if what is there cannot be trusted. */
bool cache_open(const struct image *image, struct files *files);

/* What a later start compares instead of contents: a change of any byte changes a time. */
struct stamp {
    char build_id[BUILD_ID_LENGTH];
    struct file_stamp {
        uint64_t inode, size;
        int64_t modified_seconds, modified_nanoseconds;
        int64_t changed_seconds, changed_nanoseconds;
    } files[ENTRY_LIMIT + 1]; /* the entries, then the launcher */
};

#define STAMP_NAME "stamp"
#define LAUNCHER_NAME "stemjail"

/* Fills in the stamp of the files in a directory; false if one is missing or no regular file. */
bool stamp_take(const struct image *image, int directory, struct stamp *stamp);
bool stamp_write(const struct image *image, int directory);

/* ---- unpack.c -------------------------------------------------------------------------------- */

/* Unpacks into a temporary directory of `home` and renames it to the build id, in place of what
 * may be there; false with errno, and nothing left behind, if that failed. Ends the process if the
 * image's own contents are damaged. */
bool unpack(const struct image *image, int home);

/* ---- tidy.c ---------------------------------------------------------------------------------- */

#define TEMPORARY_PREFIX "new-"

/* Removes what interrupted starts left in `home`, and other builds that were not used for days.
 * Nobody else may be unpacking. */
void tidy(const struct image *image, int home);
/* Removes a directory tree, or a file, of the user's own. */
void remove_tree(int parent, const char *name);

/* ---- memory.c -------------------------------------------------------------------------------- */

/* Copies the files into memory files. Ends the process if the system has none. */
void memory_open(const struct image *image, struct files *files);

/* ---- arguments.c ----------------------------------------------------------------------------- */

/* The runtime's arguments: the permissions of the subcommand, the script, then argv[1] and on. */
const char **runtime_arguments(const struct image *image, const struct files *files, int argc,
                               char **argv);
const char *runtime_path(const struct image *image, const struct files *files);

/* ---- environment.c --------------------------------------------------------------------------- */

/* Has HOME again as the user set it, if this launcher was started by StemJail itself. */
void restore_home(void);

/* The user's environment and what StemJail needs to find its files:
 *
 *   STEMJAIL_EXE        what to execute to start StemJail again, in this very build
 *   STEMJAIL_INSTALLED  the file that the user started
 *   STEMJAIL_DIR        the directory of the unpacked files
 *   STEMJAIL_FILES      instead of it where they are in memory: NAME=PATH: for each file
 *   DENO_*              for the runtime
 *   STEMJAIL_SAVED_X    what the user's own variable X was, for each that configures the runtime
 *
 * To pass the user's environment on: drop all of these, and give each saved one its name back. */
char **runtime_environment(const struct image *image, const struct files *files);

/* ---- fail.c ---------------------------------------------------------------------------------- */

/* Prints `stemjail: ` and the line on stderr, and ends the process with status 125. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The name of an errno, such as ENOENT. */
const char *error_name(int error);

#endif
