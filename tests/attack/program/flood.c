/*
 * A58, A59, A60: floods of the monitor, and meanwhile, from the same jail, the requests of somebody
 * who means well, each over a connection of its own.
 */
#include "attacker.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FLOODERS = 8, HELD = 800, DEAF = 64, SAMPLES = 4096, TRIES = 5, LEVELS = 800 };

/* Far above what is promised, which is printed: the machine may be busy with other things. */
static const double late_after = 5000.0;
static const char *granted, *denied;
static volatile unsigned long *done;

static void hold(bool half_closed) {
    int held[HELD];
    size_t count = 0;
    /* A connection that the monitor gave up is a place for the next. */
    for (;; count = (count + 1) % HELD) {
        static bool full;
        if (full)
            close(held[count]);
        held[count] = monitor_connect();
        if (held[count] >= 0 && half_closed)
            shutdown(held[count], SHUT_WR);
        full |= count == HELD - 1;
        ++*done;
    }
}

static void hold_open(void) { hold(false); }
static void hold_half(void) { hold(true); }

static void churn(void) {
    for (;; ++*done)
        close(monitor_connect());
}

static void request_without_end(const unsigned char *request, size_t length) {
    int connection = -1;
    for (;; ++*done) {
        if (connection < 0)
            connection = monitor_connect();
        int answer = exchange(connection, request, length);
        if (answer < 0 || answer == 3) {
            close(connection);
            connection = -1;
        }
    }
}

static void request_path(const char *path) {
    unsigned char request[REQUEST_HEADER + MAXIMUM_PATH];
    request_without_end(request, make_access(request, path, false));
}

static void request_granted(void) { request_path(granted); }
static void request_denied(void) { request_path(denied); }

static void request_long(void) {
    char path[MAXIMUM_PATH + 1];
    size_t length = (size_t)snprintf(path, sizeof path, "%s", granted);
    while (length < MAXIMUM_PATH - 1)
        length += (size_t)snprintf(path + length, sizeof path - length, "/a");
    request_path(path);
}

/* A path that could be read, but not written: it costs more to say why not. */
static void request_long_denied(void) {
    unsigned char request[REQUEST_HEADER + MAXIMUM_PATH];
    char path[MAXIMUM_PATH + 1] = "/usr";
    while (strlen(path) < MAXIMUM_PATH - 1)
        strcat(path, "/a");
    request_without_end(request, make_access(request, path, true));
}

static void request_garbage(void) {
    unsigned char garbage[REQUEST_HEADER + 64];
    for (size_t at = 0; at < sizeof garbage; at++)
        garbage[at] = (unsigned char)rand();
    request_without_end(garbage, sizeof garbage);
}

static void request_distinct(void) {
    unsigned char request[REQUEST_HEADER + MAXIMUM_PATH];
    char path[MAXIMUM_PATH];
    int connection = monitor_connect();
    for (unsigned long number = 0;; ++*done) {
        snprintf(path, sizeof path, "%s/%d/%lu", granted, getpid(), number++);
        if (exchange(connection, request, make_access(request, path, false)) < 0) {
            close(connection);
            connection = monitor_connect();
        }
    }
}

/* Asks and never listens. */
static void ask_deaf(void) {
    unsigned char request[REQUEST_HEADER + MAXIMUM_PATH];
    size_t length = make_access(request, granted, false);
    int connections[DEAF];
    for (size_t at = 0; at < DEAF; at++)
        connections[at] = monitor_connect();
    for (size_t at = 0;; at = (at + 1) % DEAF, ++*done) {
        if (send(connections[at], request, length, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
            continue;
        if (errno == EAGAIN)
            continue;
        close(connections[at]);
        connections[at] = monitor_connect();
    }
}

/* A path that leads through links and directories, in a tree of the jail's own: through the
 * deepest, or through as many as are followed at all. */
static void make_labyrinth(char *path, size_t size, int levels) {
    char target[PATH_MAX] = "", link[32];
    snprintf(path, size, "%s/labyrinth-%d", granted, levels);
    mkdir(path, 0700);
    if (chdir(path) != 0)
        fail(path);
    for (int level = 0; level < levels; level++) {
        if (mkdir("d", 0700) != 0 && errno != EEXIST)
            fail("mkdir");
        strcat(target, "d/");
        if (chdir("d") != 0)
            fail("chdir");
    }
    if (chdir(path) != 0)
        fail("chdir");
    for (int level = 0; level < levels; level++)
        strcat(target, "../");
    for (int at = 0; at < 38; at++) {
        snprintf(link, sizeof link, "l%d", at);
        if (symlink(target, link) != 0 && errno != EEXIST)
            fail("symlink");
        snprintf(path + strlen(path), size - strlen(path), "/%s", link);
    }
}

static void request_labyrinth_of(int levels) {
    char path[PATH_MAX];
    make_labyrinth(path, sizeof path, levels);
    request_path(path);
}

static void request_labyrinth(void) { request_labyrinth_of(LEVELS); }
static void request_maze(void) { request_labyrinth_of(3); }

static const struct kind {
    const char *name;
    const char *number;
    void (*flood)(void);
} kinds[] = {
    {"hold", "A58", hold_open},          {"half-closed", "A58", hold_half},
    {"connect-close", "A58", churn},     {"deaf", "A59", ask_deaf},
    {"granted", "A60", request_granted}, {"denied", "A60", request_denied},
    {"long", "A60", request_long},       {"distinct", "A60", request_distinct},
    {"garbage", "A57", request_garbage}, {"labyrinth", "A60", request_labyrinth},
    {"maze", "A60", request_maze},       {"long-denied", "A60", request_long_denied},
};

/* Milliseconds until a well-meant request is answered; negative if it never is. */
static double well_meant(void) {
    double begin = milliseconds();
    for (int attempt = 0; attempt < TRIES; attempt++) {
        if (ask(granted, false) == 0)
            return milliseconds() - begin;
    }
    return -1;
}

static int by_size(const void *one, const void *other) {
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

static void measure(const struct kind *kind, double duration) {
    static double samples[SAMPLES];
    size_t count = 0;
    unsigned unanswered = 0;
    double end = milliseconds() + duration;
    usleep(100000);
    while (milliseconds() < end && count < SAMPLES) {
        double sample = well_meant();
        if (sample < 0)
            unanswered++;
        else
            samples[count++] = sample;
        usleep(5000);
    }
    qsort(samples, count, sizeof *samples, by_size);
    double worst = count > 0 ? samples[count - 1] : -1;
    judge(kind->number, kind->name,
          *done == 0 || unanswered > 0 || count == 0 || worst > late_after,
          "flood=%lu asked=%zu unanswered=%u median=%.2fms p99=%.2fms worst=%.2fms", *done, count,
          unanswered, count > 0 ? samples[count / 2] : -1,
          count > 0 ? samples[count * 99 / 100] : -1, worst);
}

static void flood_with(const struct kind *kind, double duration) {
    pid_t flooders[FLOODERS];
    *done = 0;
    for (size_t at = 0; at < FLOODERS; at++) {
        flooders[at] = fork();
        if (flooders[at] < 0)
            fail("fork");
        if (flooders[at] == 0) {
            raise_descriptor_limit();
            kind->flood();
            _exit(0);
        }
    }
    measure(kind, duration);
    for (size_t at = 0; at < FLOODERS; at++) {
        kill(flooders[at], SIGKILL);
        waitpid(flooders[at], NULL, 0);
    }
}

/* flood MILLISECONDS GRANTED-TREE DENIED [KIND...] */
int flood(int count, char **arguments) {
    if (count < 3)
        return 2;
    granted = arguments[1];
    denied = arguments[2];
    done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (size_t at = 0; at < sizeof kinds / sizeof *kinds; at++) {
        bool wanted = count == 3;
        for (int given = 3; given < count; given++)
            wanted |= strcmp(arguments[given], kinds[at].name) == 0;
        if (wanted)
            flood_with(&kinds[at], atof(arguments[0]));
    }
    return 0;
}
