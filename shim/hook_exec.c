/*
 * Executing programs: the program is asked for, and what the kernel opens for it, and the shim is
 * passed on in the environment. Much of this runs between vfork and exec: what it builds stands on
 * the stack.
 */
#define _GNU_SOURCE
#include "execution.h"
#include "hook.h"

#include <stdarg.h>

extern char **environ __attribute__((weak));

REAL(int, execve, P(const char *path, char *const *arguments, char *const *environment),
     P(path, arguments, environment))
REAL(int, execvpe, P(const char *path, char *const *arguments, char *const *environment),
     P(path, arguments, environment))
REAL(int, fexecve, P(int descriptor, char *const *arguments, char *const *environment),
     P(descriptor, arguments, environment))
REAL(int, execveat,
     P(int directory, const char *path, char *const *arguments, char *const *environment,
       int flags),
     P(directory, path, arguments, environment, flags))

static int call_execve(const struct execution *execution, char *const *environment) {
    return real_execve(execution->path, execution->arguments, environment);
}

static int call_execvpe(const struct execution *execution, char *const *environment) {
    return real_execvpe(execution->path, execution->arguments, environment);
}

static int call_fexecve(const struct execution *execution, char *const *environment) {
    return real_fexecve(execution->directory, execution->arguments, environment);
}

static int call_execveat(const struct execution *execution, char *const *environment) {
    return real_execveat(execution->directory, execution->path, execution->arguments, environment,
                         execution->flags);
}

int hook_execve(const char *path, char *const *arguments, char *const *environment) {
    struct execution execution = {
        .call = call_execve, .directory = AT_FDCWD, .path = path, .arguments = arguments};
    return execution_of_path(&execution, environment);
}

int hook_execveat(int directory, const char *path, char *const *arguments, char *const *environment,
                  int flags) {
    struct execution execution = {.call = call_execveat,
                                  .directory = directory,
                                  .path = path,
                                  .arguments = arguments,
                                  .flags = flags};
    return execution_of_path(&execution, environment);
}

int hook_fexecve(int descriptor, char *const *arguments, char *const *environment) {
    struct execution execution = {
        .call = call_fexecve, .directory = descriptor, .arguments = arguments};
    return execution_run(&execution, environment);
}

int hook_execvpe(const char *path, char *const *arguments, char *const *environment) {
    struct execution execution = {
        .call = call_execvpe, .directory = AT_FDCWD, .path = path, .arguments = arguments};
    return execution_of_name(&execution, environment, environ);
}

EXPORTED int hook_execv(const char *path, char *const *arguments) __asm__("execv");

int hook_execv(const char *path, char *const *arguments) {
    return hook_execve(path, arguments, environ);
}

EXPORTED int hook_execvp(const char *path, char *const *arguments) __asm__("execvp");

int hook_execvp(const char *path, char *const *arguments) {
    return hook_execvpe(path, arguments, environ);
}

/* Counts the arguments of an execl, and gathers them, their NULL included. */
#define GATHER(arguments, first, list)                                                             \
    va_list list##_counted;                                                                        \
    size_t list##_count = 1;                                                                       \
    va_copy(list##_counted, list);                                                                 \
    for (const char *at = first; at != NULL; at = va_arg(list##_counted, const char *))            \
        list##_count++;                                                                            \
    va_end(list##_counted);                                                                        \
    char *arguments[list##_count];                                                                 \
    arguments[0] = (char *)first;                                                                  \
    for (size_t index = 1; index < list##_count; index++)                                          \
    arguments[index] = va_arg(list, char *)

EXPORTED int hook_execl(const char *path, const char *first, ...) __asm__("execl");

int hook_execl(const char *path, const char *first, ...) {
    va_list list;
    va_start(list, first);
    GATHER(arguments, first, list);
    va_end(list);
    return hook_execve(path, arguments, environ);
}

EXPORTED int hook_execlp(const char *path, const char *first, ...) __asm__("execlp");

int hook_execlp(const char *path, const char *first, ...) {
    va_list list;
    va_start(list, first);
    GATHER(arguments, first, list);
    va_end(list);
    return hook_execvpe(path, arguments, environ);
}

EXPORTED int hook_execle(const char *path, const char *first, ...) __asm__("execle");

int hook_execle(const char *path, const char *first, ...) {
    va_list list;
    va_start(list, first);
    GATHER(arguments, first, list);
    char *const *const environment = va_arg(list, char *const *);
    va_end(list);
    return hook_execve(path, arguments, environment);
}
