/*
 * Many that ask at once.
 *
 *     crowd threads|processes COUNT FORMAT
 *
 * Each of COUNT opens the file that FORMAT names, with its own number for %d, all at the same
 * moment. Prints how many could.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct crowd {
    pthread_barrier_t start;
    _Atomic int opened;
};

struct member {
    pthread_t thread;
    struct crowd *crowd;
    char path[4096];
};

static void *try_to_open(void *argument) {
    struct member *const member = argument;
    pthread_barrier_wait(&member->crowd->start);
    const int descriptor = open(member->path, O_RDONLY);
    if (descriptor >= 0) {
        member->crowd->opened++;
        close(descriptor);
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 4)
        return 2;
    const int size = atoi(arguments[2]);
    struct crowd *const crowd =
        mmap(NULL, sizeof *crowd, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct member *const members = calloc((size_t)size, sizeof *members);
    pthread_barrierattr_t shared;
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&crowd->start, &shared, (unsigned)size);
    const int is_threads = strcmp(arguments[1], "threads") == 0;
    for (int index = 0; index < size; index++) {
        struct member *const member = &members[index];
        member->crowd = crowd;
        /* The format is the test's own. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(member->path, sizeof member->path, arguments[3], index);
        if (is_threads)
            pthread_create(&member->thread, NULL, try_to_open, member);
        else if (fork() == 0) {
            try_to_open(member);
            _exit(0);
        }
    }
    for (int index = 0; index < size; index++) {
        if (is_threads)
            pthread_join(members[index].thread, NULL);
        else
            wait(NULL);
    }
    printf("%d\n", crowd->opened);
    return 0;
}
