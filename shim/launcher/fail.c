#include "launcher.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_FAILED_BEFORE_START = 125 };

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("stemjail: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(STATUS_FAILED_BEFORE_START);
}

const char *error_name(int error) {
#if __GLIBC_PREREQ(2, 32)
    const char *name = strerrorname_np(error);
    if (name != NULL)
        return name;
#endif
    return strerror(error);
}
