/*
 * Memory for JavaScript that may call this library, and nothing else: with `--allow-ffi=PATH` Deno
 * refuses every operation on pointers, so addresses are numbers here and never leave ffi/.
 */
#define _GNU_SOURCE
#include "native.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

int stemjail_errno(void) { return errno; }

uintptr_t stemjail_address(const void *buffer) { return (uintptr_t)buffer; }

void stemjail_copy(uintptr_t to, const void *from, uint64_t length) {
    memcpy((void *)to, from, length);
}

void stemjail_store(uintptr_t to, uint32_t value) {
    atomic_store_explicit((_Atomic uint32_t *)to, value, memory_order_seq_cst);
    /* On arm64 a later plain write may overtake even this store; here it may not. */
    atomic_thread_fence(memory_order_seq_cst);
}
