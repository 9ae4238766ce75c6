#define _GNU_SOURCE
#include "execution.h"
#include "shim.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int execution_run(const struct execution *execution, char *const *environment) {
    const struct environment_plan plan = environment_plan(environment);
    if (LIKELY(plan.entry_count == 0))
        return execution->call(execution, environment);
    char *entries[plan.entry_count];
    char text[plan.text_size];
    environment_build(&plan, environment, entries, text);
    return execution->call(execution, entries);
}

static unsigned access_of(const struct execution *execution) {
    return (execution->flags & AT_SYMLINK_NOFOLLOW) != 0 ? ACCESS_READ | ACCESS_NOFOLLOW
                                                         : ACCESS_READ;
}

/* A missing interpreter looks like a missing program. */
static bool ask_for_interpreter(const struct execution *execution) {
    return errno == ENOENT && interpreter_ask(execution->directory, execution->path);
}

static NOINLINE int prepare_and_run(struct execution *execution, char *const *environment) {
    struct place place;
    const unsigned access = access_of(execution);
    execution->path = place_prepare(&place, execution->directory, execution->path, access);
    const int result = execution_run(execution, environment);
    if (place.is_denied || (!look_again(execution->directory, execution->path, access) &&
                            !ask_for_interpreter(execution)))
        return result;
    execution->path = place_prepare(&place, execution->directory, execution->path, access);
    return execution_run(execution, environment);
}

int execution_of_path(struct execution *execution, char *const *environment) {
    const unsigned access = access_of(execution);
    if (shim_mode() == MODE_OFF)
        return execution_run(execution, environment);
    if (look_first(execution->directory, execution->path, access) != LOOK_CLOSER) {
        const int result = execution_run(execution, environment);
        if (result == 0 || (!look_again(execution->directory, execution->path, access) &&
                            !ask_for_interpreter(execution)))
            return result;
    }
    return prepare_and_run(execution, environment);
}

/* ---- the search in PATH ---- */

static const char *path_variable(char *const *environment) {
    for (; environment != NULL && *environment != NULL; environment++)
        if (starts_with(*environment, "PATH="))
            return *environment + 5;
    return "/bin:/usr/bin";
}

/* Makes the next candidate for a name, and steps on. Returns false at the end. An empty directory
 * is the working one; a candidate that is too long comes out empty, which is no path. */
static bool next_candidate(const char **directories, const char *name, char *candidate) {
    const char *at = *directories;
    size_t length = 0;
    if (at == NULL)
        return false;
    while (at[length] != '\0' && at[length] != ':')
        length++;
    *directories = at[length] == ':' ? at + length + 1 : NULL;
    const size_t name_size = strlen(name) + 1;
    candidate[0] = '\0';
    if (length + 1 + name_size <= PATH_CAPACITY) {
        memcpy(candidate, at, length);
        if (length > 0)
            candidate[length++] = '/';
        memcpy(candidate + length, name, name_size);
    }
    return true;
}

static bool is_executable(const char *path) {
    return path[0] != '\0' && raw_faccessat(AT_FDCWD, path, X_OK) == 0;
}

/* Whether a candidate would have to be asked for: mostly none has, and the search is the C
 * library's alone. */
static NOINLINE bool has_candidate_to_ask_for(const char *directories, const char *name) {
    char candidate[PATH_CAPACITY];
    while (next_candidate(&directories, name, candidate))
        if (look_first(AT_FDCWD, candidate, ACCESS_READ) == LOOK_CLOSER)
            return true;
    return false;
}

/* Asks for the candidates in their order, up to the first that is there. */
static NOINLINE void ask_for_candidates(const char *directories, const char *name) {
    char candidate[PATH_CAPACITY];
    while (next_candidate(&directories, name, candidate)) {
        if (look_first(AT_FDCWD, candidate, ACCESS_READ) == LOOK_CLOSER)
            look_through(AT_FDCWD, candidate, ACCESS_READ);
        if (is_executable(candidate))
            return;
    }
}

/* After a search in vain: a candidate may be a link to a reachable place, or lack its interpreter.
 * Returns whether anything was granted. */
static NOINLINE bool ask_for_failed_candidates(const char *directories, const char *name) {
    char candidate[PATH_CAPACITY];
    while (next_candidate(&directories, name, candidate)) {
        if (look_through(AT_FDCWD, candidate, ACCESS_READ))
            return true;
        if (is_executable(candidate))
            return interpreter_ask(AT_FDCWD, candidate);
    }
    return false;
}

int execution_of_name(struct execution *execution, char *const *environment, char *const *own) {
    const char *const name = execution->path;
    if (shim_mode() != MODE_ON || name == NULL || name[0] == '\0')
        return execution_run(execution, environment);
    /* A name with a slash is no name to search for. */
    const char *const directories = strchr(name, '/') != NULL ? "" : path_variable(own);
    if (has_candidate_to_ask_for(directories, name))
        ask_for_candidates(directories, name);
    const int result = execution_run(execution, environment);
    if (result == 0 || errno != ENOENT || shim_mode() != MODE_ON ||
        !ask_for_failed_candidates(directories, name))
        return result;
    return execution_run(execution, environment);
}
