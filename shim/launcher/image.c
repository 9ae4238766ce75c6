#include "launcher.h"

#include "blake2b.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static _Noreturn void fail_damaged(const struct image *image, const char *what) {
    fail("Cannot start from \"%s\": the file is damaged (%s); copy it again", image->path, what);
}

static void checksum_end(struct blake2b *hash, uint8_t checksum[CHECKSUM_SIZE]) {
    uint8_t digest[BLAKE2B_DIGEST];
    blake2b_end(hash, digest);
    memcpy(checksum, digest, CHECKSUM_SIZE);
}

static void index_checksum(const struct entry *entries, const struct footer *footer,
                           uint8_t checksum[CHECKSUM_SIZE]) {
    struct blake2b hash;
    blake2b_begin(&hash);
    blake2b_add(&hash, entries, footer->entry_count * sizeof *entries);
    blake2b_add(&hash, footer, offsetof(struct footer, checksum));
    checksum_end(&hash, checksum);
}

static void map_executable(struct image *image) {
    ssize_t length = readlink("/proc/self/exe", image->path, sizeof image->path - 1);
    if (length < 0)
        fail("Cannot find its own file: /proc/self/exe: %s; mount /proc", error_name(errno));
    image->path[length] = '\0';
    image->descriptor = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (image->descriptor < 0 || fstat(image->descriptor, &status) != 0)
        fail("Cannot read its own file \"%s\": %s; it must be readable, not only executable",
             image->path, error_name(errno));
    image->size = (size_t)status.st_size;
    if (image->size < sizeof(struct footer))
        fail_damaged(image, "it is too short");
    void *bytes = mmap(NULL, image->size, PROT_READ, MAP_PRIVATE, image->descriptor, 0);
    if (bytes == MAP_FAILED)
        fail("Cannot map its own file \"%s\": %s", image->path, error_name(errno));
    image->bytes = bytes;
}

/* The index follows the contents directly and is followed by the footer: nothing else fits. */
static bool index_has_its_place(const struct image *image, const struct footer *footer) {
    size_t room = image->size - sizeof *footer;
    size_t index_size = (size_t)footer->entry_count * sizeof(struct entry);
    return footer->entry_count > 0 && footer->entry_count <= ENTRY_LIMIT && index_size <= room &&
           footer->index_offset == room - index_size &&
           footer->launcher_size <= footer->index_offset;
}

static bool entry_has_its_place(const struct footer *footer, const struct entry *entry) {
    return memchr(entry->name, '\0', sizeof entry->name) != NULL &&
           (!footer->has_contents || (entry->offset <= footer->index_offset &&
                                      entry->size <= footer->index_offset - entry->offset));
}

void image_open(struct image *image) {
    map_executable(image);
    /* Copies: neither structure is aligned in the file of a launcher of odd size. */
    static struct footer footer;
    static struct entry entries[ENTRY_LIMIT];
    memcpy(&footer, image->bytes + image->size - sizeof footer, sizeof footer);
    if (memcmp(footer.magic, IMAGE_MAGIC, sizeof footer.magic) != 0)
        fail_damaged(image, "it has no index at its end");
    if (!index_has_its_place(image, &footer))
        fail_damaged(image, "its size is not the one it was built with");
    memcpy(entries, image->bytes + footer.index_offset, footer.entry_count * sizeof *entries);
    uint8_t checksum[CHECKSUM_SIZE];
    index_checksum(entries, &footer, checksum);
    if (memcmp(checksum, footer.checksum, CHECKSUM_SIZE) != 0)
        fail_damaged(image, "its index has another checksum than it was built with");
    for (uint32_t i = 0; i < footer.entry_count; i++)
        if (!entry_has_its_place(&footer, &entries[i]))
            fail_damaged(image, "its index is not valid");
    image->footer = &footer;
    image->entries = entries;
    memcpy(image->build_id, footer.build_id, BUILD_ID_LENGTH);
}

bool entry_matches(const struct entry *entry, const void *bytes, size_t size) {
    if (size != entry->size)
        return false;
    struct blake2b hash;
    uint8_t checksum[CHECKSUM_SIZE];
    blake2b_begin(&hash);
    blake2b_add(&hash, bytes, size);
    checksum_end(&hash, checksum);
    return memcmp(checksum, entry->checksum, CHECKSUM_SIZE) == 0;
}

void image_check_contents(const struct image *image, const struct entry *entry) {
    if (!entry_matches(entry, image->bytes + entry->offset, entry->size)) {
        char what[sizeof entry->name + 64] = "another checksum in its part ";
        strcat(what, entry->name);
        fail_damaged(image, what);
    }
}

static bool write_all(int file, const void *bytes, size_t size) {
    for (const uint8_t *next = bytes; size > 0;) {
        ssize_t written = write(file, next, size);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            next += written;
            size -= (size_t)written;
        }
    }
    return true;
}

/* copy_file_range(2) shares blocks where the file system can and sendfile(2) copies in the kernel;
 * where neither is to be had between these two files, the mapping is written. */
bool image_copy(const struct image *image, const struct entry *entry, int file) {
    off_t offset = (off_t)entry->offset;
    size_t left = entry->size;
    ssize_t copied = 1;
    while (left > 0 && copied > 0) {
        copied = copy_file_range(image->descriptor, &offset, file, NULL, left, 0);
        left -= copied > 0 ? (size_t)copied : 0;
    }
    for (copied = 1; left > 0 && copied > 0;) {
        copied = sendfile(file, image->descriptor, &offset, left);
        left -= copied > 0 ? (size_t)copied : 0;
    }
    return write_all(file, image->bytes + offset, left);
}

static struct footer launcher_footer(const struct image *image) {
    struct footer footer = *image->footer;
    footer.has_contents = 0;
    footer.index_offset = footer.launcher_size;
    index_checksum(image->entries, &footer, footer.checksum);
    return footer;
}

bool image_copy_launcher(const struct image *image, int file) {
    struct footer footer = launcher_footer(image);
    return write_all(file, image->bytes, footer.launcher_size) &&
           write_all(file, image->entries, footer.entry_count * sizeof(struct entry)) &&
           write_all(file, &footer, sizeof footer);
}

bool image_matches_launcher(const struct image *image, const uint8_t *bytes, size_t size) {
    struct footer footer = launcher_footer(image);
    size_t index_size = footer.entry_count * sizeof(struct entry);
    return size == footer.launcher_size + index_size + sizeof footer &&
           memcmp(bytes, image->bytes, footer.launcher_size) == 0 &&
           memcmp(bytes + footer.launcher_size, image->entries, index_size) == 0 &&
           memcmp(bytes + footer.launcher_size + index_size, &footer, sizeof footer) == 0;
}
