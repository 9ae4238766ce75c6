/* What exec and posix_spawn have in common. */
#ifndef STEMJAIL_EXECUTION_H
#define STEMJAIL_EXECUTION_H

/* One program to execute, and the real call that does it. */
struct execution {
    /* Returns -1 with errno set if it fails. */
    int (*call)(const struct execution *execution, char *const *environment);
    int directory;          /* where `path` starts, or the program itself */
    const char *path;       /* or a name to be searched for */
    char *const *arguments; /* argv */
    int flags;
    void *other; /* what only `call` knows */
};

/* Calls with the shim in the environment. Returns as `call` does. */
int execution_run(const struct execution *execution, char *const *environment);

/* The same, after asking for the program at a path. */
int execution_of_path(struct execution *execution, char *const *environment);

/* The same, for a name that the C library searches for in PATH. own: the environment of this
 * process, whose PATH counts. */
int execution_of_name(struct execution *execution, char *const *environment, char *const *own);

#endif
