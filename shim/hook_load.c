/*
 * Loading of shared objects.
 *
 * The loader looks at its caller's address, for the search path and the namespace, so the real
 * function must see the program's, not the shim's: the hook is an entry that asks, restores the
 * arguments, and jumps.
 */
#define _GNU_SOURCE
#include "hook.h"

static void *load_nothing(void) { return NULL; }

/* A name without a slash is searched for in the loader's own directories, out of reach from here.
 */
static void *before_load(const char *name, void *_Atomic *slot, const char *symbol) {
    const char *const path = path_with_slash(name);
    if (path != NULL && shim_mode() == MODE_ON)
        look_through(AT_FDCWD, path, ACCESS_READ);
    void *const function = real_function(slot, symbol);
    return function != NULL ? function : (void *)load_nothing;
}

void *before_dlopen(const char *name, int flags) __attribute__((used));
void *before_dlmopen(long space, const char *name, int flags) __attribute__((used));

void *before_dlopen(const char *name, int flags) {
    static void *_Atomic slot;
    (void)flags;
    return before_load(name, &slot, "dlopen");
}

void *before_dlmopen(long space, const char *name, int flags) {
    static void *_Atomic slot;
    (void)space;
    (void)flags;
    return before_load(name, &slot, "dlmopen");
}

#if defined(__x86_64__)
#define ENTRY(name)                                                                                \
    __asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n"                    \
            ".cfi_startproc\n"                                                                     \
            "endbr64\n"                                                                            \
            "push %rdi\n.cfi_adjust_cfa_offset 8\n"                                                \
            "push %rsi\n.cfi_adjust_cfa_offset 8\n"                                                \
            "push %rdx\n.cfi_adjust_cfa_offset 8\n"                                                \
            "call before_" #name "\n"                                                              \
            "pop %rdx\n.cfi_adjust_cfa_offset -8\n"                                                \
            "pop %rsi\n.cfi_adjust_cfa_offset -8\n"                                                \
            "pop %rdi\n.cfi_adjust_cfa_offset -8\n"                                                \
            "jmp *%rax\n"                                                                          \
            ".cfi_endproc\n.size " #name ", . - " #name "\n")
#elif defined(__aarch64__)
#define ENTRY(name)                                                                                \
    __asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n"                    \
            ".cfi_startproc\n"                                                                     \
            "hint #34\n" /* bti c */                                                               \
            "stp x29, x30, [sp, #-48]!\n.cfi_adjust_cfa_offset 48\n"                               \
            ".cfi_rel_offset x29, 0\n.cfi_rel_offset x30, 8\n"                                     \
            "stp x0, x1, [sp, #16]\n"                                                              \
            "str x2, [sp, #32]\n"                                                                  \
            "bl before_" #name "\n"                                                                \
            "mov x16, x0\n"                                                                        \
            "ldp x0, x1, [sp, #16]\n"                                                              \
            "ldr x2, [sp, #32]\n"                                                                  \
            "ldp x29, x30, [sp], #48\n.cfi_adjust_cfa_offset -48\n"                                \
            ".cfi_restore x29\n.cfi_restore x30\n"                                                 \
            "br x16\n"                                                                             \
            ".cfi_endproc\n.size " #name ", . - " #name "\n")
#endif

ENTRY(dlopen);
ENTRY(dlmopen);
