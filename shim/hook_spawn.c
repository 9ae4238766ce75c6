/* Starting processes: posix_spawn, and what runs the shell. */
#define _GNU_SOURCE
#include "execution.h"
#include "hook.h"

extern char **environ __attribute__((weak));

/* A real posix_spawn, which returns an error number; so do its relatives for a process descriptor.
 */
typedef int spawn_function(void *result, const char *path, const void *actions,
                           const void *attributes, char *const *arguments,
                           char *const *environment);

/* What the real call needs besides the path, the arguments and the environment. */
struct spawn_call {
    spawn_function *function;
    void *result;
    const void *actions;
    const void *attributes;
};

static int call_spawn(const struct execution *execution, char *const *environment) {
    const struct spawn_call *const call = execution->other;
    const int error = call->function(call->result, execution->path, call->actions, call->attributes,
                                     execution->arguments, environment);
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

/* Returns an error number, and leaves errno as it was. */
static int spawn(struct spawn_call *call, bool is_name, const char *path, char *const *arguments,
                 char *const *environment) {
    struct execution execution = {.call = call_spawn,
                                  .directory = AT_FDCWD,
                                  .path = path,
                                  .arguments = arguments,
                                  .other = call};
    const int saved = errno;
    const int result = is_name ? execution_of_name(&execution, environment, environ)
                               : execution_of_path(&execution, environment);
    const int error = result == 0 ? 0 : errno;
    errno = saved;
    return error;
}

#define HOOK_OF_SPAWN(name, is_name)                                                               \
    REAL(int, name,                                                                                \
         P(void *result, const char *path, const void *actions, const void *attributes,            \
           char *const *arguments, char *const *environment),                                      \
         P(result, path, actions, attributes, arguments, environment))                             \
    int hook_##name(void *result, const char *path, const void *actions, const void *attributes,   \
                    char *const *arguments, char *const *environment) {                            \
        struct spawn_call call = {real_##name, result, actions, attributes};                       \
        return spawn(&call, is_name, path, arguments, environment);                                \
    }

HOOK_OF_SPAWN(posix_spawn, false)
HOOK_OF_SPAWN(posix_spawnp, true)
HOOK_OF_SPAWN(pidfd_spawn, false)
HOOK_OF_SPAWN(pidfd_spawnp, true)

/* What a child will open, or change to, is asked for when it is noted down. */
HOOK_BEFORE(int, posix_spawn_file_actions_addopen,
            P(void *actions, int descriptor, const char *path, int flags, unsigned mode),
            P(actions, descriptor, path, flags, mode), AT_FDCWD, path, access_of_flags(flags))
HOOK_BEFORE(int, posix_spawn_file_actions_addchdir_np, P(void *actions, const char *path),
            P(actions, path), AT_FDCWD, path, ACCESS_READ)
HOOK_BEFORE(int, posix_spawn_file_actions_addchdir, P(void *actions, const char *path),
            P(actions, path), AT_FDCWD, path, ACCESS_READ)

static const char shell[] = "/bin/sh";

HOOK_BEFORE(int, system, P(const char *command), P(command), AT_FDCWD, shell, ACCESS_READ)
HOOK_BEFORE(void *, popen, P(const char *command, const char *mode), P(command, mode), AT_FDCWD,
            shell, ACCESS_READ)
HOOK_BEFORE(void *, _IO_popen, P(const char *command, const char *mode), P(command, mode), AT_FDCWD,
            shell, ACCESS_READ)
HOOK_BEFORE(void *, _IO_proc_open, P(void *stream, const char *command, const char *mode),
            P(stream, command, mode), AT_FDCWD, shell, ACCESS_READ)
