#ifndef STEMJAIL_TABLE_H
#define STEMJAIL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The reader of the policy table, a mapping that the monitor writes while it is read. Its layout
 * and the rule of its replacement are stated in src/stemflow/table.ts.
 *
 * All functions are async-signal-safe, make no system call, allocate nothing, never read outside
 * the mapping, whatever it holds, and end after a number of steps bounded by its header and the
 * path. */

enum verdict {
    VERDICT_GRANTED,    /* the jail has the access */
    VERDICT_IMPOSSIBLE, /* the jail never will: the kernel's answer stands */
    VERDICT_ASK,        /* only the monitor can tell */
};

/* Looks up an access.
 *
 * map, size: the mapping, aligned to 4, and its size in bytes.
 * path, length: an absolute path, normalised (repeated or trailing slashes do no harm), not
 * terminated by a NUL; of any other path the verdict means nothing. write: whether writing is
 * wanted; else reading.
 *
 * Returns VERDICT_ASK also if there is no valid table, or if it was replaced again and again
 * meanwhile. */
enum verdict table_lookup(const void *map, size_t size, const char *path, size_t length,
                          bool write);

/* Whether nothing is left to ask: no path gets VERDICT_ASK, now or ever after. */
bool table_is_final(const void *map, size_t size);

/* The generation of the table, which grows by one with each replacement; 0 if there is no valid
 * table. */
uint32_t table_generation(const void *map, size_t size);

#endif
