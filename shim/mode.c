#define _GNU_SOURCE
#include "protocol.h"
#include "shim.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

/* The seccomp filters that the jail itself gives to a program (shim/spawn.c). */
enum { FILTERS_OF_THE_JAIL = 1 };

_Atomic int shim_current_mode = MODE_UNKNOWN;

static const void *_Atomic table_map;
static _Atomic size_t table_size;
static _Atomic uint32_t first_generation;

static enum shim_mode decide(enum shim_mode mode) {
    int unknown = MODE_UNKNOWN;
    if (atomic_compare_exchange_strong(&shim_current_mode, &unknown, mode))
        return mode;
    return (enum shim_mode)unknown;
}

/* Returns the mapping, or NULL with *error set. */
static const void *map_table(size_t *size, long *error) {
    struct stat status;
    const long descriptor = raw_openat(AT_FDCWD, STEMJAIL_TABLE_PATH, O_RDONLY | O_CLOEXEC);
    *error = -descriptor;
    if (descriptor < 0)
        return NULL;
    long result = raw_syscall(SYS_fstat, descriptor, (long)&status, 0, 0, 0, 0);
    if (result == 0) {
        *size = (size_t)status.st_size;
        result = raw_mmap(*size, PROT_READ, MAP_SHARED, (int)descriptor);
    }
    raw_close((int)descriptor);
    *error = -result;
    return result < 0 && result > -PATH_CAPACITY ? NULL : (const void *)result;
}

enum shim_mode shim_start(void) {
    size_t size = 0;
    long error = 0;
    const void *const map = map_table(&size, &error);
    /* A lack of descriptors or memory passes: the next call tries again. */
    if (map == NULL)
        return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR
                   ? MODE_OFF
                   : decide(MODE_OFF);
    const uint32_t generation = table_generation(map, size);
    const void *none = NULL;
    if (generation == 0) {
        raw_munmap(map, size);
        return decide(MODE_OFF);
    }
    atomic_store(&table_size, size); /* the same in every thread that comes here */
    if (atomic_compare_exchange_strong(&table_map, &none, map))
        atomic_store(&first_generation, generation);
    else
        raw_munmap(map, size);
    directory_forked();
    return decide(table_is_final(atomic_load(&table_map), size) ? MODE_FINAL : MODE_ON);
}

enum verdict shim_lookup(const char *path, size_t length, bool write) {
    return table_lookup(atomic_load_explicit(&table_map, memory_order_relaxed),
                        atomic_load_explicit(&table_size, memory_order_relaxed), path, length,
                        write);
}

uint32_t shim_generation(void) {
    return table_generation(atomic_load_explicit(&table_map, memory_order_relaxed),
                            atomic_load_explicit(&table_size, memory_order_relaxed));
}

bool shim_has_seen_transition(void) {
    return shim_generation() != atomic_load_explicit(&first_generation, memory_order_relaxed);
}

void shim_refresh(void) {
    int on = MODE_ON;
    if (table_is_final(atomic_load(&table_map), atomic_load(&table_size)))
        atomic_compare_exchange_strong(&shim_current_mode, &on, MODE_FINAL);
}

/* ---- seccomp ---- */

/* The number after a label in a text of `size` bytes, or -1. */
static int number_after(const char *text, size_t size, const char *label) {
    const size_t label_length = strlen(label);
    for (size_t at = 0; at + label_length <= size; at++) {
        if (memcmp(text + at, label, label_length) != 0)
            continue;
        int number = 0;
        for (at += label_length; at < size && (text[at] == ' ' || text[at] == '\t'); at++)
            ;
        for (; at < size && text[at] >= '0' && text[at] <= '9' && number < 1000000; at++)
            number = number * 10 + (text[at] - '0');
        return number;
    }
    return -1;
}

/* Returns how many seccomp filters a process has, or -1 if that is not to be known. */
static int count_filters(const char *status_path) {
    char text[2048];
    const long descriptor = raw_openat(AT_FDCWD, status_path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    const long size = raw_read((int)descriptor, text, sizeof text);
    raw_close((int)descriptor);
    return size < 0 ? -1 : number_after(text, (size_t)size, "\nSeccomp_filters:");
}

/* Only calls that every dynamically linked program makes as it starts are used to find out. The
 * monitor says which filters the jail was itself started under. */
static bool has_foreign_filter(void) {
    const int own = count_filters("/proc/self/status");
    if (own <= FILTERS_OF_THE_JAIL)
        return false;
    const int inherited = count_filters(STEMJAIL_FILTERS_PATH);
    /* Where the monitor did not say, nothing is taken for inherited. */
    return own > (inherited > 0 ? inherited : 0) + FILTERS_OF_THE_JAIL;
}

bool shim_may_speak(void) {
    static _Atomic bool is_checked;
    if (LIKELY(atomic_load_explicit(&is_checked, memory_order_relaxed)))
        return shim_mode() != MODE_OFF;
    if (has_foreign_filter())
        shim_silence();
    atomic_store_explicit(&is_checked, true, memory_order_relaxed);
    return shim_mode() != MODE_OFF;
}

enum shim_mode shim_silence(void) {
    shim_mode();
    return (enum shim_mode)atomic_exchange(&shim_current_mode, MODE_OFF);
}

bool shim_is_silenced(void) { return shim_mode() == MODE_OFF && atomic_load(&table_map) != NULL; }

void shim_unsilence(enum shim_mode mode) { atomic_store(&shim_current_mode, (int)mode); }
