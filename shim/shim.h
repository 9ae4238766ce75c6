/*
 * What the files of the shim share.
 *
 * The shim is preloaded into every program of a jail. It is a convenience and no wall: it makes the
 * monitor grant what a profile allows before the program's call reaches the kernel, which alone
 * decides. A hook asks, where that can change anything, and calls the original in every case.
 *
 *   mode.c       whether this process asks at all
 *   real.c       the functions that the hooks lie in front of
 *   path.c       paths as text, and the symbolic links in them
 *   directory.c  where relative paths start
 *   table.c      what the policy table says
 *   look.c       what a hook does with a path before and after the real call
 *   ask.c        one question to the monitor, over conversation.c
 *   execution.c  what exec and posix_spawn have in common, with environment.c and interpreter.c
 *   hook_*.c     the hooks, one family of calls each, made from prototypes.h by hook.h
 *
 * Everything here is async-signal-safe, allocates nothing, takes no lock, and leaves errno alone.
 */
#ifndef STEMJAIL_SHIM_H
#define STEMJAIL_SHIM_H

#include "path.h"
#include "table.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define NOINLINE __attribute__((noinline))
#define EXPORTED __attribute__((visibility("default")))

/* Whether a text begins with another. */
static inline bool starts_with(const char *text, const char *beginning) {
    for (; *beginning != '\0'; text++, beginning++)
        if (*text != *beginning)
            return false;
    return true;
}

/* ---- mode.c ---- */

enum shim_mode {
    MODE_UNKNOWN, /* not looked yet */
    MODE_OFF,     /* nobody to ask, or no way to: for ever */
    MODE_FINAL, /* nothing left to ask: for ever. Relative paths may still start in an old mount */
    MODE_ON,
};

extern _Atomic int shim_current_mode;

/* Maps the policy table, on the first call of a hook. Returns the mode. */
enum shim_mode shim_start(void);

static inline enum shim_mode shim_mode(void) {
    const int mode = atomic_load_explicit(&shim_current_mode, memory_order_acquire);
    return LIKELY(mode != MODE_UNKNOWN) ? (enum shim_mode)mode : shim_start();
}

/* The verdict of the policy table. Only in MODE_ON. */
enum verdict shim_lookup(const char *path, size_t length, bool write);

/* The generation of the policy table; 0 without one. */
uint32_t shim_generation(void);

/* Whether the jail may have changed since this program started. */
bool shim_has_seen_transition(void);

/* Notes that the policy table may have become final. */
void shim_refresh(void);

/* Whether calls may be made that the program itself might never make. A program that was started
 * under a seccomp filter of another program's gets MODE_OFF here, once: an unexpected system call
 * could kill it. The cost is one read of /proc/self/status in the life of a program. */
bool shim_may_speak(void);

/* Ends the asking, before the program installs a seccomp filter. Returns the mode to go back to. */
enum shim_mode shim_silence(void);

/* Takes back shim_silence, when the filter was not installed after all. */
void shim_unsilence(enum shim_mode mode);

/* Whether this process stopped asking, though there is a policy table. */
bool shim_is_silenced(void);

/* ---- directory.c ---- */

/* The working directory, normalised, from a cache that chdir and fchdir invalidate: its length, or
 * 0 if it has no path in this jail. `path` holds PATH_CAPACITY bytes.
 *
 * is_covered: whether another mount now lies over the one that the working directory is in, which
 * a transition does when it gives more below the same path. Then relative paths lead to the old
 * mount, and absolute ones to the new. */
size_t directory_current(char *path, bool *is_covered);

/* Whether the working directory is known to be granted, and with it all below, without a mount over
 * it. False also if it is not in the cache. */
bool directory_grants(bool write);

/* As directory_current, for a directory descriptor, without a cache and without is_covered. */
size_t directory_of(int descriptor, char *path);

/* Whether another mount now lies over the one that the descriptor's directory is in. */
bool directory_is_covered(int descriptor, const char *path);

/* Whether the descriptor's directory is a bare mount point, in which grants may appear. */
bool directory_is_bare(int descriptor);

/* Forgets the working directory. */
void directory_changed(void);

/* Stops the caching for good: threads no longer share one working directory, or the C library
 * changes it on its own. */
void directory_is_volatile(void);

/* Notes that this process is a new one, made by fork. */
void directory_forked(void);

/* ---- ask.c ---- */

/* Asks the monitor for an access to a normalised path. Returns whether it was granted; false also
 * for any failure, and after a time limit of a few seconds. */
bool ask_access(const char *path, size_t length, bool write);

/* ---- look.c ---- */

/* How a call uses a path. */
enum access_bit {
    ACCESS_READ = 0,
    ACCESS_WRITE = 1 << 0,    /* changes the file, or the directory entry */
    ACCESS_NOFOLLOW = 1 << 1, /* a link as last component is itself the object */
    ACCESS_OPENS = 1 << 2,    /* may give a descriptor of a directory */
};

enum look {
    LOOK_GO_ON,       /* the real call may be made */
    LOOK_GO_ON_BLIND, /* the same, and its failure stands: nothing is there but bare mount points */
    LOOK_CLOSER,      /* place_prepare first */
};

/* One path of a call, as the slow way of a hook holds it. */
struct place {
    struct path_resolution where;
    bool is_denied;  /* the monitor was asked, and said no */
    bool is_granted; /* the monitor was asked, and said yes */
};

/* What to do with a path before the real call: the fast way of every hook. */
enum look look_first(int directory, const char *path, unsigned access);

/* Asks for what the call needs. Returns the path to make the real call with: `path` itself, or an
 * absolute one in `place` where the relative one leads to a mount that lies under another. */
const char *place_prepare(struct place *place, int directory, const char *path, unsigned access);

/* Whether a real call that failed with the present errno deserves to be repeated, after
 * place_prepare: a link on its way leads to what was granted just now, or its directory lies in a
 * mount under another. */
bool look_again(int directory, const char *path, unsigned access);

/* Asks for all that a path needs, links included, before a call that cannot be repeated. Returns
 * whether anything was granted. */
bool look_through(int directory, const char *path, unsigned access);

/* Notes that a directory outside all grants was opened. */
void look_note_bare(void);

/* ---- environment.c ---- */

/* How an environment must differ for the next program to be given the shim. */
struct environment_plan {
    size_t entry_count; /* of the new array, its NULL included; 0: the old one will do */
    size_t text_size;   /* of the new LD_PRELOAD entry; 0: there is none */
    size_t index;       /* of the old LD_PRELOAD entry, or the count of entries */
};

/* The plan for an environment, which may be NULL. The shim is put before what the user preloads;
 * in a silenced program it is left out, since the next program inherits the seccomp filter. */
struct environment_plan environment_plan(char *const *environment);

/* Fills in `entries` and `text`, sized as the plan says. */
void environment_build(const struct environment_plan *plan, char *const *environment,
                       char **entries, char *text);

/* ---- interpreter.c ---- */

/* The text that the kernel takes as interpreter from the first bytes of a script. `name` holds as
 * many bytes as `text`. Returns false if it is no script. */
bool interpreter_of_script(const char *text, size_t size, char *name);

/* Asks for what the kernel opens besides the program: the interpreter of a script, and the dynamic
 * loader of an ELF file. Returns whether anything was granted. */
bool interpreter_ask(int directory, const char *path);

#endif
