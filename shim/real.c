#define _GNU_SOURCE
#include "real.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>

/* Marks a version of a symbol that is kept for old programs only. */
enum { VERSION_HIDDEN = 0x8000 };

/* The loader's list of objects: glibc's name for it, and musl's. */
extern struct r_debug _r_debug __attribute__((weak));
extern struct r_debug *_dl_debug_addr __attribute__((weak));

/* This object's own dynamic section, by which its place in the list is known. */
extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

/* The symbols of one loaded object. */
struct symbols {
    const ElfW(Sym) * table;
    const char *names;
    const ElfW(Half) * versions;
    const uint32_t *gnu_hash;
    const uint32_t *system_v_hash;
};

static bool names_are_equal(const char *one, const char *other) {
    for (; *one == *other; one++, other++)
        if (*one == '\0')
            return true;
    return false;
}

/* The loader relocates the pointers of most dynamic sections in place, but not of read-only ones,
 * such as the vDSO's. */
static const void *address_of(const struct link_map *object, const ElfW(Dyn) * entry) {
    const ElfW(Addr) value = entry->d_un.d_ptr;
    return (const void *)(value < object->l_addr ? value + object->l_addr : value);
}

static struct symbols symbols_of(const struct link_map *object) {
    struct symbols symbols = {NULL, NULL, NULL, NULL, NULL};
    for (const ElfW(Dyn) *entry = object->l_ld; entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB:
            symbols.table = address_of(object, entry);
            break;
        case DT_STRTAB:
            symbols.names = address_of(object, entry);
            break;
        case DT_VERSYM:
            symbols.versions = address_of(object, entry);
            break;
        case DT_GNU_HASH:
            symbols.gnu_hash = address_of(object, entry);
            break;
        case DT_HASH:
            symbols.system_v_hash = address_of(object, entry);
            break;
        }
    }
    return symbols;
}

/* What a look-up in one object has found so far. */
struct match {
    const ElfW(Sym) * current; /* the version that a new program is linked to */
    const ElfW(Sym) * old;     /* one for old programs: old entry points have no other */
};

static void consider(const struct symbols *symbols, uint32_t index, const char *name,
                     struct match *match) {
    const ElfW(Sym) *symbol = &symbols->table[index];
    if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC ||
        !names_are_equal(symbols->names + symbol->st_name, name))
        return;
    if (symbols->versions != NULL && (symbols->versions[index] & VERSION_HIDDEN) != 0)
        match->old = symbol;
    else
        match->current = symbol;
}

static uint32_t gnu_hash_of(const char *name) {
    uint32_t hash = 5381;
    for (; *name != '\0'; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

/* The layout: bucket count, first symbol, bloom words, bloom shift; bloom; buckets; chains. */
static void search_gnu_hash(const struct symbols *symbols, const char *name, struct match *match) {
    const uint32_t *const header = symbols->gnu_hash;
    const uint32_t bucket_count = header[0];
    const uint32_t first_symbol = header[1];
    const uint32_t *const buckets = header + 4 + header[2] * (sizeof(ElfW(Addr)) / 4);
    const uint32_t *const chains = buckets + bucket_count;
    const uint32_t hash = gnu_hash_of(name);
    uint32_t index = bucket_count == 0 ? 0 : buckets[hash % bucket_count];
    if (index < first_symbol)
        return;
    for (;; index++) {
        const uint32_t entry = chains[index - first_symbol];
        if ((entry | 1) == (hash | 1))
            consider(symbols, index, name, match);
        if ((entry & 1) != 0)
            return;
    }
}

/* An object without a GNU hash table is rare: its symbols are gone through one by one. */
static void search_all(const struct symbols *symbols, const char *name, struct match *match) {
    const uint32_t symbol_count = symbols->system_v_hash[1];
    for (uint32_t index = 1; index < symbol_count; index++)
        consider(symbols, index, name, match);
}

static void *find_in(const struct link_map *object, const char *name) {
    const struct symbols symbols = symbols_of(object);
    struct match match = {NULL, NULL};
    if (symbols.table == NULL || symbols.names == NULL)
        return NULL;
    if (symbols.gnu_hash != NULL)
        search_gnu_hash(&symbols, name, &match);
    else if (symbols.system_v_hash != NULL)
        search_all(&symbols, name, &match);
    const ElfW(Sym) *const symbol = match.current != NULL ? match.current : match.old;
    return symbol == NULL ? NULL : (void *)(object->l_addr + symbol->st_value);
}

static const struct link_map *first_object(void) {
    if (&_r_debug != NULL)
        return _r_debug.r_map;
    return &_dl_debug_addr != NULL && _dl_debug_addr != NULL ? _dl_debug_addr->r_map : NULL;
}

void *real_find(void *_Atomic *slot, const char *name) {
    void *found = NULL;
    const struct link_map *object = first_object();
    while (object != NULL && object->l_ld != _DYNAMIC)
        object = object->l_next;
    /* An object that is loaded meanwhile is appended to the list; none of ours is ever removed. */
    while (object != NULL && found == NULL) {
        object = object->l_next;
        if (object != NULL)
            found = find_in(object, name);
    }
    atomic_store_explicit(slot, found, memory_order_relaxed);
    return found;
}
