/* BLAKE2b (RFC 7693) without a key: the checksum of everything that is unpacked. */
#ifndef LAUNCHER_BLAKE2B_H
#define LAUNCHER_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>

enum { BLAKE2B_BLOCK = 128, BLAKE2B_DIGEST = 64 };

struct blake2b {
    uint64_t state[8];
    uint64_t count;
    uint8_t block[BLAKE2B_BLOCK];
    size_t filled;
};

void blake2b_begin(struct blake2b *hash);
void blake2b_add(struct blake2b *hash, const void *data, size_t size);
void blake2b_end(struct blake2b *hash, uint8_t digest[BLAKE2B_DIGEST]);

#endif
