/*
 * Starts a program, with `LD_PRELOAD` as its one argument.
 *
 *     execute WAY PROGRAM [SETTING]
 *
 * SETTING says how the environment is to differ from this process's: `keep` (not at all), `empty`
 * (there is none), `drop` (all but LD_PRELOAD), or else the new value of LD_PRELOAD. Prints the
 * name of the error if there is one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void set_environment(const char *setting) {
    if (strcmp(setting, "empty") == 0) {
        const char *const path = getenv("PATH");
        clearenv();
        if (path != NULL)
            setenv("PATH", path, 1);
    } else if (strcmp(setting, "drop") == 0) {
        unsetenv("LD_PRELOAD");
    } else if (strcmp(setting, "keep") != 0) {
        setenv("LD_PRELOAD", setting, 1);
    }
}

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *,
                           const posix_spawnattr_t *, char *const[], char *const[]);

static int spawn(spawn_function *function, const char *program, char *const *arguments) {
    pid_t child;
    int status;
    errno = function(&child, program, NULL, NULL, arguments, environ);
    if (errno != 0)
        return -1;
    waitpid(child, &status, 0);
    exit(WEXITSTATUS(status));
}

static int start(const char *way, const char *program) {
    char *const arguments[] = {(char *)program, "LD_PRELOAD", NULL};
    if (strcmp(way, "execve") == 0)
        return execve(program, arguments, environ);
    if (strcmp(way, "execv") == 0)
        return execv(program, arguments);
    if (strcmp(way, "execl") == 0)
        return execl(program, program, "LD_PRELOAD", NULL);
    if (strcmp(way, "execle") == 0)
        return execle(program, program, "LD_PRELOAD", NULL, environ);
    if (strcmp(way, "execveat") == 0)
        return execveat(AT_FDCWD, program, arguments, environ, 0);
    if (strcmp(way, "fexecve") == 0)
        return fexecve(open(program, O_PATH), arguments, environ);
    if (strcmp(way, "execvp") == 0)
        return execvp(program, arguments);
    if (strcmp(way, "execvpe") == 0)
        return execvpe(program, arguments, environ);
    if (strcmp(way, "execlp") == 0)
        return execlp(program, program, "LD_PRELOAD", NULL);
    if (strcmp(way, "posix_spawn") == 0)
        return spawn(posix_spawn, program, arguments);
    if (strcmp(way, "posix_spawnp") == 0)
        return spawn(posix_spawnp, program, arguments);
    return 0;
}

int main(int count, char **arguments) {
    if (count < 3)
        return 2;
    if (count > 3)
        set_environment(arguments[3]);
    if (start(arguments[1], arguments[2]) == 0)
        return 2;
    puts(strerrorname_np(errno));
    return 1;
}
