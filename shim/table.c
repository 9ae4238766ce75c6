#include "table.h"

#include <stdatomic.h>

enum {
    MAPPING_HEADER_BYTES = 64,
    TABLE_HEADER_BYTES = 32,
    NODE_BYTES = 16,
    SLOT_BYTES = 4,
    VERSION = 1,
    FLAG_FINAL = 1,
    /* A replacement takes the monitor a mount: it does not happen three times during a look-up. */
    MAXIMUM_ATTEMPTS = 3,
};

static const uint32_t MAGIC = 0x54505453;
static const uint32_t HASH_BASIS = 0x811c9dc5;
static const uint32_t HASH_PRIME = 0x01000193;
static const uint32_t HAS_CHILDREN = 1U << 24;

enum state { STATE_IMPOSSIBLE = 0, STATE_ASK = 1, STATE_GRANTED = 2 };

/* One table, its parts checked to lie within the mapping. */
struct table {
    const unsigned char *nodes;
    const unsigned char *slots;
    const unsigned char *names;
    uint64_t names_size;
    uint32_t node_count;
    uint32_t slot_mask;
    uint32_t maximum_probes;
    uint32_t flags;
};

/* A node, copied: what lies in the mapping may change under our eyes. */
struct node {
    uint32_t parent;
    uint32_t hash;
    uint32_t name_offset;
    uint32_t packed;
};

/* Relaxed loads, because the writer may be at work: the generation tells afterwards whether it was.
 */
static inline uint32_t load_word(const unsigned char *at) {
    return atomic_load_explicit((const _Atomic uint32_t *)(const void *)at, memory_order_relaxed);
}

static inline unsigned char load_byte(const unsigned char *at) {
    return atomic_load_explicit((const _Atomic unsigned char *)at, memory_order_relaxed);
}

static bool is_mapping(const unsigned char *map, size_t size) {
    return map != NULL && (uintptr_t)map % sizeof(uint32_t) == 0 && size >= MAPPING_HEADER_BYTES &&
           load_word(map) == MAGIC && load_word(map + 4) == VERSION;
}

static uint32_t load_generation(const unsigned char *map) {
    return atomic_load_explicit((const _Atomic uint32_t *)(const void *)(map + 12),
                                memory_order_acquire);
}

/* Whether nothing read since the generation was loaded can have been overwritten meanwhile. */
static bool is_still(const unsigned char *map, uint32_t generation) {
    atomic_thread_fence(memory_order_acquire);
    return load_word(map + 12) == generation;
}

static bool open_table(const unsigned char *map, size_t size, uint32_t generation,
                       struct table *table) {
    uint64_t half_size = load_word(map + 8);
    if (half_size < TABLE_HEADER_BYTES || half_size % sizeof(uint32_t) != 0 ||
        half_size > (size - MAPPING_HEADER_BYTES) / 2)
        return false;
    const unsigned char *start = map + MAPPING_HEADER_BYTES + (generation & 1) * half_size;
    uint64_t table_size = load_word(start);
    table->flags = load_word(start + 4);
    table->node_count = load_word(start + 8);
    table->slot_mask = load_word(start + 12);
    table->maximum_probes = load_word(start + 16);
    uint64_t slots_offset = TABLE_HEADER_BYTES + (uint64_t)NODE_BYTES * table->node_count;
    uint64_t names_offset = slots_offset + (uint64_t)SLOT_BYTES * ((uint64_t)table->slot_mask + 1);
    if (table->node_count == 0 || table_size > half_size || names_offset > table_size)
        return false;
    table->nodes = start + TABLE_HEADER_BYTES;
    table->slots = start + slots_offset;
    table->names = start + names_offset;
    table->names_size = table_size - names_offset;
    return true;
}

static struct node load_node(const struct table *table, uint32_t index) {
    const unsigned char *at = table->nodes + (size_t)index * NODE_BYTES;
    return (struct node){load_word(at), load_word(at + 4), load_word(at + 8), load_word(at + 12)};
}

static bool has_name(const struct table *table, const struct node *node, const char *name,
                     size_t length) {
    if ((node->packed & 0xffff) != length || node->name_offset > table->names_size ||
        length > table->names_size - node->name_offset)
        return false;
    const unsigned char *stored = table->names + node->name_offset;
    for (size_t at = 0; at < length; at++)
        if (load_byte(stored + at) != (unsigned char)name[at])
            return false;
    return true;
}

/* Finds the node of a name below another. Returns its index and fills it in; 0 if there is none. */
static uint32_t find_child(const struct table *table, uint32_t parent, uint32_t hash,
                           const char *name, size_t length, struct node *child) {
    uint32_t slot = hash & table->slot_mask;
    for (uint64_t probe = 0; probe < table->maximum_probes && probe <= table->slot_mask; probe++) {
        uint32_t index = load_word(table->slots + (size_t)slot * SLOT_BYTES);
        if (index == 0 || index >= table->node_count)
            return 0;
        *child = load_node(table, index);
        if (child->hash == hash && child->parent == parent && has_name(table, child, name, length))
            return index;
        slot = (slot + 1) & table->slot_mask;
    }
    return 0;
}

/* Gives the last node on the way down the path: what it says holds for all below it. */
static struct node find_last(const struct table *table, const char *path, size_t length) {
    uint32_t index = 0;
    uint32_t hash = HASH_BASIS;
    struct node node = load_node(table, 0);
    size_t at = 0;
    while (node.packed & HAS_CHILDREN) {
        while (at < length && path[at] == '/')
            at++;
        if (at == length)
            break;
        const size_t start = at;
        hash = (hash ^ '/') * HASH_PRIME;
        for (; at < length && path[at] != '/'; at++)
            hash = (hash ^ (unsigned char)path[at]) * HASH_PRIME;
        struct node child;
        index = find_child(table, index, hash, path + start, at - start, &child);
        if (index == 0)
            break;
        node = child;
    }
    return node;
}

static enum verdict verdict_of(const struct node *node, bool write) {
    switch (node->packed >> (write ? 18 : 16) & 3) {
    case STATE_GRANTED:
        return VERDICT_GRANTED;
    case STATE_IMPOSSIBLE:
        return VERDICT_IMPOSSIBLE;
    default:
        return VERDICT_ASK;
    }
}

enum verdict table_lookup(const void *map, size_t size, const char *path, size_t length,
                          bool write) {
    if (!is_mapping(map, size) || length == 0 || path[0] != '/')
        return VERDICT_ASK;
    for (int attempt = 0; attempt < MAXIMUM_ATTEMPTS; attempt++) {
        const uint32_t generation = load_generation(map);
        struct table table;
        enum verdict verdict = VERDICT_ASK;
        if (open_table(map, size, generation, &table)) {
            const struct node node = find_last(&table, path, length);
            verdict = verdict_of(&node, write);
        }
        if (is_still(map, generation))
            return verdict;
    }
    return VERDICT_ASK;
}

bool table_is_final(const void *map, size_t size) {
    if (!is_mapping(map, size))
        return false;
    const uint32_t generation = load_generation(map);
    struct table table;
    const bool is_final = open_table(map, size, generation, &table) && (table.flags & FLAG_FINAL);
    return is_final && is_still(map, generation);
}

uint32_t table_generation(const void *map, size_t size) {
    return is_mapping(map, size) ? load_generation(map) : 0;
}
