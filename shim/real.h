#ifndef STEMJAIL_REAL_H
#define STEMJAIL_REAL_H

#include <stdatomic.h>
#include <stddef.h>

/* The search behind real_function. */
void *real_find(void *_Atomic *slot, const char *name);

/* Finds the function that a call would reach if the shim were not there: the first of that name in
 * the objects loaded after the shim, another preloaded library's before the C library's.
 *
 * slot: where the answer is kept from the first time on. name: the symbol.
 *
 * Not dlsym: its lock and its allocation have no place in a signal handler or a vfork child.
 *
 * Returns NULL if no loaded object defines it. */
static inline void *real_function(void *_Atomic *slot, const char *name) {
    void *const found = atomic_load_explicit(slot, memory_order_relaxed);
    return __builtin_expect(found != NULL, 1) ? found : real_find(slot, name);
}

#endif
