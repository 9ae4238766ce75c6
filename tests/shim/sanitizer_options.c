/* Linked into the sanitized shim: it comes by LD_PRELOAD, so the runtime is never first, and what
 * the programs around it leak is not its concern. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);

const char *__asan_default_options(void) {
    return "verify_asan_link_order=0:detect_leaks=0:abort_on_error=0";
}
