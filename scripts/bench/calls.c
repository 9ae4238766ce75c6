/*
 * Times calls from the inside, wherever it is started.
 *
 *     calls measure GRANTED ABSENT   prints a line NAME NANOSECONDS for each kind of call
 *     calls first PATH               prints the nanoseconds of one open, the first of this process
 *     calls now                      prints the real-time clock in nanoseconds, as early as it can
 *
 * A figure of `measure` is the median of many short rounds: what disturbs a few of them, such as
 * an interrupt, does not count.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 101, CALLS_PER_ROUND = 100, FORKS = 51 };

static void fail(const char *what) {
    fprintf(stderr, "calls: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void open_granted(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        fail(path);
    close(descriptor);
}

static void open_absent(const char *path) {
    if (open(path, O_RDONLY | O_CLOEXEC) >= 0) {
        errno = EEXIST;
        fail(path);
    }
}

static void stat_granted(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0)
        fail(path);
}

static void fork_and_exec(const char *path) {
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        execl(path, path, (char *)NULL);
        _exit(127);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0)
        fail(path);
}

static int compare(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static void measure(const char *name, void (*call)(const char *), const char *path, int rounds,
                    int calls) {
    double figures[ROUNDS];
    for (int round = 0; round < rounds; round++) {
        int64_t begin = now(CLOCK_MONOTONIC);
        for (int count = 0; count < calls; count++)
            call(path);
        figures[round] = (double)(now(CLOCK_MONOTONIC) - begin) / calls;
    }
    qsort(figures, rounds, sizeof figures[0], compare);
    printf("%s %.1f\n", name, figures[rounds / 2]);
}

int main(int count, char **arguments) {
    const char *mode = count > 1 ? arguments[1] : "";
    if (strcmp(mode, "now") == 0 && count == 2) {
        printf("%lld\n", (long long)now(CLOCK_REALTIME));
    } else if (strcmp(mode, "first") == 0 && count == 3) {
        int64_t begin = now(CLOCK_MONOTONIC);
        int descriptor = open(arguments[2], O_RDONLY | O_CLOEXEC);
        int64_t end = now(CLOCK_MONOTONIC);
        if (descriptor < 0)
            fail(arguments[2]);
        printf("%lld\n", (long long)(end - begin));
    } else if (strcmp(mode, "measure") == 0 && count == 4) {
        measure("open-granted", open_granted, arguments[2], ROUNDS, CALLS_PER_ROUND);
        measure("open-absent", open_absent, arguments[3], ROUNDS, CALLS_PER_ROUND);
        measure("stat-granted", stat_granted, arguments[2], ROUNDS, CALLS_PER_ROUND);
        measure("fork-exec", fork_and_exec, "/usr/bin/true", FORKS, 1);
    } else {
        fprintf(stderr, "usage: calls measure GRANTED ABSENT | first PATH | now\n");
        return 2;
    }
    return 0;
}
