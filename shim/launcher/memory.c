#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* Since Linux 6.3 a memory file that is to be executed says so; before, the flag is unknown. */
static int create(const char *name) {
    int file = memfd_create(name, MFD_ALLOW_SEALING | MFD_EXEC);
    if (file < 0 && errno == EINVAL)
        file = memfd_create(name, MFD_ALLOW_SEALING);
    return file;
}

static int open_entry(const struct image *image, const struct entry *entry) {
    image_check_contents(image, entry);
    int file = create(entry->name);
    if (file < 0 || !image_copy(image, entry, file) ||
        fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        fail("Cannot unpack %s: neither the cache nor memory can be written (%s); set "
             "XDG_CACHE_HOME to a directory of yours",
             entry->name, error_name(errno));
    /* The others stay open: the runtime finds them as /proc/self/fd/N. */
    if (strcmp(entry->name, RUNTIME_NAME) == 0)
        fcntl(file, F_SETFD, FD_CLOEXEC);
    return file;
}

void memory_open(const struct image *image, struct files *files) {
    files->directory[0] = '\0';
    if (!image->footer->has_contents)
        fail("Cannot start from \"%s\": files beside it are missing or damaged; start the "
             "executable that was installed to repair them",
             image->path);
    for (uint32_t i = 0; i < image->footer->entry_count; i++) {
        const struct entry *entry = &image->entries[i];
        files->descriptors[i] = entry->use & USE_MEMORY ? open_entry(image, entry) : -1;
    }
}
