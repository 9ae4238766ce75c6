/*
 * The functions that a compiler may call on its own. The shim is linked to no library, so
 * that it loads with any version of the C library, and brings its own.
 */
#include <stddef.h>
#include <stdint.h>

/* Keeps the compiler from seeing a loop as the very function that it implements. */
#define STEP __asm__ volatile("" ::: "memory")

/* Eight bytes that need not be aligned. */
typedef uint64_t __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *restrict target, const void *restrict source, size_t size) {
    char *to = target;
    const char *from = source;
    for (; size >= sizeof(word); size -= sizeof(word)) {
        *(word *)to = *(const word *)from;
        to += sizeof(word);
        from += sizeof(word);
        STEP;
    }
    for (; size > 0; size--) {
        *to++ = *from++;
        STEP;
    }
    return target;
}

void *memmove(void *target, const void *source, size_t size) {
    char *to = target;
    const char *from = source;
    if (to < from) {
        for (; size > 0; size--) {
            *to++ = *from++;
            STEP;
        }
    }
    while (size > 0) {
        size--;
        to[size] = from[size];
        STEP;
    }
    return target;
}

void *memset(void *target, int value, size_t size) {
    char *to = target;
    for (; size > 0; size--) {
        *to++ = (char)value;
        STEP;
    }
    return target;
}

int memcmp(const void *one, const void *other, size_t size) {
    const unsigned char *left = one;
    const unsigned char *right = other;
    for (; size > 0; size--, left++, right++) {
        if (*left != *right)
            return *left - *right;
        STEP;
    }
    return 0;
}

size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
        STEP;
    }
    return length;
}

int strcmp(const char *one, const char *other) {
    for (; *one == *other && *one != '\0'; one++, other++)
        STEP;
    return (unsigned char)*one - (unsigned char)*other;
}

char *strchr(const char *text, int character) {
    for (; *text != (char)character; text++)
        if (*text == '\0')
            return NULL;
    return (char *)text;
}
