#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* A descriptor opened later must not become the runtime's standard input or output. */
static void open_standard_descriptors(void) {
    for (int descriptor = 0; descriptor <= 2; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0)
            open("/dev/null", O_RDWR); /* takes the lowest free number, this one */
}

/* Whatever else the user's shell had open is nobody's business; a monitor and a portal in the
 * background are given their descriptor 3 by StemJail itself. */
static void close_other_descriptors(int argc, char **argv) {
    bool has_own = argc > 2 ? strcmp(argv[2], "--background") == 0
                            : argc > 1 && strcmp(argv[1], "monitor") == 0;
    unsigned first = has_own ? 4 : 3;
    if (syscall(SYS_close_range, first, ~0U, 0) != 0)
        fail("Cannot close inherited descriptors: close_range: %s", error_name(errno));
}

/* With fewer descriptors than this the runtime does not start, and does not say why. */
static void raise_descriptor_limit(void) {
    enum { LEAST = 64, WANTED = 1024 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= LEAST)
        return;
    if (limit.rlim_max < LEAST)
        fail("Cannot start: only %lu files may be open; raise the limit, as in `ulimit -n 256`",
             (unsigned long)limit.rlim_max);
    limit.rlim_cur = limit.rlim_max < WANTED ? limit.rlim_max : WANTED;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* The runtime reserves 32 GiB of addresses at its start, most of which it never uses; with a limit
 * below, it dies with a trace of its own stack. */
static void raise_address_limit(void) {
    const rlim_t least = (rlim_t)33 << 30;
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur >= least)
        return;
    if (limit.rlim_max < least)
        fail("Cannot start: only %lu MiB of address space may be reserved; raise the limit, as in "
             "`ulimit -v unlimited`",
             (unsigned long)(limit.rlim_max >> 20));
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_AS, &limit);
}

/* The runtime does not start in a directory that is gone, or that cannot be reached from the root
 * (getcwd(3)); then it starts where an application does whose directory is not visible. */
static void leave_lost_directory(void) {
    static char here[PATH_MAX];
    if ((getcwd(here, sizeof here) == NULL || here[0] != '/') && chdir("/") != 0)
        fail("Cannot leave a directory that is gone: %s", error_name(errno));
}

/* Replaces the process by the runtime; returns, with errno, only if the kernel refused. */
static void start(const struct image *image, const struct files *files, int argc, char **argv) {
    const char **arguments = runtime_arguments(image, files, argc, argv);
    execve(runtime_path(image, files), (char *const *)arguments, runtime_environment(image, files));
}

static const char *remedy(int error, const char *otherwise) {
    return error == E2BIG ? "the arguments and the environment are over the kernel's limit"
                          : otherwise;
}

int main(int argc, char **argv) {
    static struct image image;
    static struct files files;
    restore_home();
    open_standard_descriptors();
    close_other_descriptors(argc, argv);
    raise_descriptor_limit();
    raise_address_limit();
    leave_lost_directory();
    image_open(&image);
    if (cache_open(&image, &files)) {
        start(&image, &files, argc, argv);
        /* A file system mounted noexec has the files, but does not let them run. */
        if (errno != EACCES || !image.footer->has_contents)
            fail("Cannot start the runtime \"%s/" RUNTIME_NAME "\": %s; %s", files.directory,
                 error_name(errno), remedy(errno, "remove that directory to have it made again"));
    }
    memory_open(&image, &files);
    start(&image, &files, argc, argv);
    fail("Cannot start the runtime from memory: %s; %s", error_name(errno),
         remedy(errno, "set XDG_CACHE_HOME to a directory of yours that allows execution"));
}
