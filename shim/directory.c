#define _GNU_SOURCE
#include "shim.h"
#include "syscall.h"

#include <fcntl.h>
#include <string.h>

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif

enum { CACHED_CAPACITY = 1024 };

/* The working directory as it was last asked for. A writer makes `sequence` odd; a reader that sees
 * it odd or changed goes to the kernel, so nobody waits, in a signal handler least of all. */
static struct {
    _Atomic uint32_t sequence;
    _Atomic uint32_t epoch;      /* of the working directory */
    _Atomic uint32_t generation; /* of the policy table */
    _Atomic bool is_covered;
    _Atomic bool is_readable; /* granted for reading, with all below it */
    _Atomic bool is_writable;
    _Atomic uint32_t length; /* 0: never filled */
    _Atomic char path[CACHED_CAPACITY];
} cache;

/* Grows with each change of the working directory. */
static _Atomic uint32_t current_epoch;

/* The process that may fill the cache. A vfork child shares the memory, but not the directory. */
static _Atomic long owner;

static _Atomic bool is_volatile;

void directory_changed(void) { atomic_fetch_add(&current_epoch, 1); }

void directory_is_volatile(void) { atomic_store(&is_volatile, true); }

void directory_forked(void) { atomic_store(&owner, raw_getpid()); }

/* Whether what is read from the cache counts, if the sequence then is still this one. */
static bool cache_is_valid(uint32_t sequence) {
    return (sequence & 1) == 0 && atomic_load_explicit(&cache.length, memory_order_relaxed) > 0 &&
           !atomic_load_explicit(&is_volatile, memory_order_relaxed) &&
           atomic_load_explicit(&cache.epoch, memory_order_relaxed) ==
               atomic_load_explicit(&current_epoch, memory_order_relaxed) &&
           atomic_load_explicit(&cache.generation, memory_order_relaxed) == shim_generation();
}

static bool sequence_is_still(uint32_t sequence) {
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&cache.sequence, memory_order_relaxed) == sequence;
}

static size_t read_cache(char *path, bool *is_covered) {
    const uint32_t sequence = atomic_load_explicit(&cache.sequence, memory_order_acquire);
    const size_t length = atomic_load_explicit(&cache.length, memory_order_relaxed);
    if (!cache_is_valid(sequence) || length >= CACHED_CAPACITY)
        return 0;
    for (size_t at = 0; at < length; at++)
        path[at] = atomic_load_explicit(&cache.path[at], memory_order_relaxed);
    path[length] = '\0';
    *is_covered = atomic_load_explicit(&cache.is_covered, memory_order_relaxed);
    return sequence_is_still(sequence) ? length : 0;
}

bool directory_grants(bool write) {
    const uint32_t sequence = atomic_load_explicit(&cache.sequence, memory_order_acquire);
    if (!cache_is_valid(sequence))
        return false;
    const bool is_granted =
        !atomic_load_explicit(&cache.is_covered, memory_order_relaxed) &&
        atomic_load_explicit(write ? &cache.is_writable : &cache.is_readable, memory_order_relaxed);
    return is_granted && sequence_is_still(sequence);
}

static bool is_granted(const char *path, size_t length, bool write) {
    return shim_lookup(path, length, write) == VERDICT_GRANTED;
}

static void fill_cache(const char *path, size_t length, bool is_covered, uint32_t epoch,
                       uint32_t generation) {
    uint32_t sequence = atomic_load(&cache.sequence);
    if (length >= CACHED_CAPACITY || (sequence & 1) != 0 || raw_getpid() != atomic_load(&owner) ||
        !atomic_compare_exchange_strong(&cache.sequence, &sequence, sequence + 1))
        return;
    atomic_thread_fence(memory_order_release);
    for (size_t at = 0; at < length; at++)
        atomic_store_explicit(&cache.path[at], path[at], memory_order_relaxed);
    atomic_store_explicit(&cache.length, (uint32_t)length, memory_order_relaxed);
    atomic_store_explicit(&cache.is_covered, is_covered, memory_order_relaxed);
    atomic_store_explicit(&cache.is_readable, is_granted(path, length, false),
                          memory_order_relaxed);
    atomic_store_explicit(&cache.is_writable, is_granted(path, length, true), memory_order_relaxed);
    atomic_store_explicit(&cache.epoch, epoch, memory_order_relaxed);
    atomic_store_explicit(&cache.generation, generation, memory_order_relaxed);
    atomic_store_explicit(&cache.sequence, sequence + 2, memory_order_release);
}

size_t directory_current(char *path, bool *is_covered) {
    const size_t cached = read_cache(path, is_covered);
    if (LIKELY(cached != 0))
        return cached;
    if (!shim_may_speak())
        return 0;
    const uint32_t epoch = atomic_load(&current_epoch);
    const uint32_t generation = shim_generation();
    /* A directory that was removed, or lies outside the jail's root, has no absolute path. */
    const long size = raw_getcwd(path, PATH_CAPACITY);
    if (size <= 1 || path[0] != '/')
        return 0;
    const size_t length = (size_t)size - 1;
    *is_covered = directory_is_covered(AT_FDCWD, path);
    fill_cache(path, length, *is_covered, epoch, generation);
    return length;
}

size_t directory_of(int descriptor, char *path) {
    char link[32] = "/proc/self/fd/";
    size_t at = strlen(link);
    unsigned divisor = 1;
    if (descriptor < 0 || !shim_may_speak())
        return 0;
    while ((unsigned)descriptor / divisor >= 10)
        divisor *= 10;
    for (; divisor > 0; divisor /= 10)
        link[at++] = (char)('0' + (unsigned)descriptor / divisor % 10);
    link[at] = '\0';
    const long length = raw_readlink(link, path, PATH_CAPACITY - 1);
    if (length <= 0 || path[0] != '/')
        return 0;
    path[length] = '\0';
    return (size_t)length;
}

static bool mount_of(int directory, const char *path, uint64_t *mount) {
    struct statx status;
    const int flags = AT_STATX_DONT_SYNC | (path[0] == '\0' ? AT_EMPTY_PATH : 0);
    if (raw_statx(directory, path, flags, STATX_MNT_ID, &status) != 0 ||
        (status.stx_mask & STATX_MNT_ID) == 0)
        return false;
    *mount = status.stx_mnt_id;
    return true;
}

bool directory_is_covered(int descriptor, const char *path) {
    uint64_t held = 0;
    uint64_t visible = 0;
    return mount_of(descriptor, "", &held) && mount_of(AT_FDCWD, path, &visible) && held != visible;
}

/* The device of a path's file system, as one word; false if it cannot be told. */
static bool device_of(int directory, const char *path, uint64_t *device) {
    struct statx status;
    if (raw_syscall(SYS_statx, directory, (long)path, AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
                    STATX_BASIC_STATS, (long)&status, 0) != 0)
        return false;
    *device = (uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor;
    return true;
}

/* Whether a file system is that of one path, which stays the same as long as the jail lasts. */
static bool is_device_of(const char *path, _Atomic uint64_t *known, uint64_t device) {
    uint64_t found = atomic_load_explicit(known, memory_order_relaxed);
    if (found == 0 && device_of(AT_FDCWD, path, &found))
        atomic_store_explicit(known, found, memory_order_relaxed);
    return found == device;
}

/* Grants appear on the jail's root and in its own home, which is of the file system of /tmp; every
 * grant, /dev and /proc are of others. That nothing appears in /tmp itself its path will tell. */
bool directory_is_bare(int descriptor) {
    static _Atomic uint64_t root;
    static _Atomic uint64_t scratch;
    uint64_t held = 0;
    return shim_may_speak() && device_of(descriptor, "", &held) &&
           (is_device_of("/", &root, held) || is_device_of("/tmp", &scratch, held));
}
