#include "blake2b.h"

#include <string.h>

static const uint64_t initial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static const uint8_t schedule[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static inline uint64_t rotate(uint64_t value, unsigned bits) {
    return value >> bits | value << (64 - bits);
}

static inline void mix(uint64_t v[16], int a, int b, int c, int d, uint64_t x, uint64_t y) {
    v[a] += v[b] + x;
    v[d] = rotate(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = rotate(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = rotate(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = rotate(v[b] ^ v[c], 63);
}

/* A macro, so that the schedule's numbers are constants: twice the speed of a loop. */
#define ROUND(r)                                                                                   \
    do {                                                                                           \
        mix(v, 0, 4, 8, 12, m[schedule[r][0]], m[schedule[r][1]]);                                 \
        mix(v, 1, 5, 9, 13, m[schedule[r][2]], m[schedule[r][3]]);                                 \
        mix(v, 2, 6, 10, 14, m[schedule[r][4]], m[schedule[r][5]]);                                \
        mix(v, 3, 7, 11, 15, m[schedule[r][6]], m[schedule[r][7]]);                                \
        mix(v, 0, 5, 10, 15, m[schedule[r][8]], m[schedule[r][9]]);                                \
        mix(v, 1, 6, 11, 12, m[schedule[r][10]], m[schedule[r][11]]);                              \
        mix(v, 2, 7, 8, 13, m[schedule[r][12]], m[schedule[r][13]]);                               \
        mix(v, 3, 4, 9, 14, m[schedule[r][14]], m[schedule[r][15]]);                               \
    } while (0)

static void compress(struct blake2b *hash, const uint8_t *block, size_t size, uint64_t last) {
    uint64_t m[16], v[16];
    memcpy(m, block, sizeof m); /* little endian, as every machine that Deno runs on */
    memcpy(v, hash->state, sizeof hash->state);
    memcpy(v + 8, initial, sizeof initial);
    hash->count += size;
    v[12] ^= hash->count;
    v[14] ^= last;
    ROUND(0);
    ROUND(1);
    ROUND(2);
    ROUND(3);
    ROUND(4);
    ROUND(5);
    ROUND(6);
    ROUND(7);
    ROUND(8);
    ROUND(9);
    ROUND(0);
    ROUND(1);
    for (int i = 0; i < 8; i++)
        hash->state[i] ^= v[i] ^ v[i + 8];
}

void blake2b_begin(struct blake2b *hash) {
    memset(hash, 0, sizeof *hash);
    memcpy(hash->state, initial, sizeof initial);
    hash->state[0] ^= 0x01010000 ^ BLAKE2B_DIGEST;
}

void blake2b_add(struct blake2b *hash, const void *data, size_t size) {
    const uint8_t *next = data;
    while (size > 0) {
        /* The last block is compressed by blake2b_end, even when it is a full one. */
        if (hash->filled == BLAKE2B_BLOCK) {
            compress(hash, hash->block, BLAKE2B_BLOCK, 0);
            hash->filled = 0;
        }
        if (hash->filled == 0 && size > BLAKE2B_BLOCK) {
            compress(hash, next, BLAKE2B_BLOCK, 0);
            next += BLAKE2B_BLOCK;
            size -= BLAKE2B_BLOCK;
            continue;
        }
        size_t part = BLAKE2B_BLOCK - hash->filled;
        if (part > size)
            part = size;
        memcpy(hash->block + hash->filled, next, part);
        hash->filled += part;
        next += part;
        size -= part;
    }
}

void blake2b_end(struct blake2b *hash, uint8_t digest[BLAKE2B_DIGEST]) {
    memset(hash->block + hash->filled, 0, BLAKE2B_BLOCK - hash->filled);
    compress(hash, hash->block, hash->filled, UINT64_MAX);
    memcpy(digest, hash->state, BLAKE2B_DIGEST);
}
