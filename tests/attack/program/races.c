/* A25, A26, A74, A79: what is changed while the monitor looks. */
#include "attacker.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exchanges two names for each other until it is killed. */
static void exchange_for_ever(const char *one, const char *other) {
    for (;;)
        renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
}

/* Starts a process that does so, and dies with this one. */
static pid_t start_exchanging(const char *one, const char *other) {
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child > 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    exchange_for_ever(one, other);
    return 0;
}

static void end(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* swap MILLISECONDS ONE OTHER: exchanges two names for a while. */
int swap(int count, char **arguments) {
    if (count != 3)
        return 2;
    pid_t child = start_exchanging(arguments[1], arguments[2]);
    puts("swapping");
    usleep((useconds_t)(atof(arguments[0]) * 1000));
    end(child);
    puts("swapped");
    return 0;
}

static bool readable(const char *path) {
    char byte;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool something = file >= 0 && read(file, &byte, 1) == 1;
    if (file >= 0)
        close(file);
    return something;
}

/* Counts, in a process of its own, how often one of two files can be read. */
static pid_t start_reading(const char *one, const char *other, volatile unsigned *seen) {
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child > 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
        *seen += readable(one) || readable(other);
}

/*
 * roll-back ROUNDS DIRECTORY DECOY NAME OBSTACLE [OTHER]: each request for DIRECTORY/NAME wants
 * another grant too, which the link OBSTACLE makes fail; so what is mounted must be taken off
 * again. Meanwhile DIRECTORY and DECOY, which has a NAME too, change places, and OBSTACLE with
 * OTHER if that is given. Ends when a request is granted.
 */
int roll_back(int count, char **arguments) {
    char wanted[PATH_MAX], decoy[PATH_MAX], secret[2 * PATH_MAX], stray[2 * PATH_MAX];
    volatile unsigned *seen =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned granted = 0;
    if (count < 5)
        return 2;
    const char *directory = arguments[1], *name = arguments[3];
    snprintf(wanted, sizeof wanted, "%s/%s", directory, name);
    snprintf(decoy, sizeof decoy, "%s/%s", arguments[2], name);
    snprintf(secret, sizeof secret, "%s/secret", wanted);
    snprintf(stray, sizeof stray, "%s/secret", decoy);
    mkdir(directory, 0700);
    mkdir(arguments[2], 0700);
    mkdir(decoy, 0700);
    if (symlink("/dev/shm", arguments[4]) != 0)
        fail(arguments[4]);
    if (count > 5)
        mkdir(arguments[5], 0700);
    pid_t children[] = {
        start_exchanging(directory, arguments[2]),
        start_reading(secret, stray, seen),
        count > 5 ? start_exchanging(arguments[4], arguments[5]) : 0,
    };
    for (int round = 0; round < atoi(arguments[0]) && granted == 0; round++)
        granted += ask(secret, false) == 0;
    for (size_t at = 0; at < sizeof children / sizeof *children; at++) {
        if (children[at] > 0)
            end(children[at]);
    }
    *seen += readable(secret) || readable(stray);
    printf("granted %u seen %u\n", granted, *seen);
    return 0;
}

/* Two processes wait for one byte and then ask at once; the answers. */
static void ask_at_once(const char *const paths[2], int answers[2]) {
    volatile int *shared =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t children[2];
    for (int at = 0; at < 2; at++) {
        children[at] = fork();
        if (children[at] < 0)
            fail("fork");
        if (children[at] == 0) {
            unsigned char request[REQUEST_HEADER + MAXIMUM_PATH];
            size_t length = make_access(request, paths[at], false);
            int connection = monitor_connect();
            __atomic_fetch_add(&shared[0], 1, __ATOMIC_SEQ_CST);
            while (__atomic_load_n(&shared[0], __ATOMIC_SEQ_CST) < 2)
                ;
            shared[1 + at] = exchange(connection, request, length);
            _exit(0);
        }
    }
    for (int at = 0; at < 2; at++)
        waitpid(children[at], NULL, 0);
    answers[0] = shared[1];
    answers[1] = shared[2];
    munmap((void *)shared, 4096);
}

/*
 * disagree DIRECTORY ROUNDS: in round N one asks for DIRECTORY/N/0/file, the other for
 * DIRECTORY/N/1/file, which no profile grants together.
 */
int disagree(int count, char **arguments) {
    unsigned wrong = 0, both = 0, first = 0;
    if (count != 2)
        return 2;
    for (int round = 0; round < atoi(arguments[1]); round++) {
        char paths[2][PATH_MAX];
        int answers[2];
        for (int at = 0; at < 2; at++)
            snprintf(paths[at], PATH_MAX, "%s/%d/%d/file", arguments[0], round, at);
        ask_at_once((const char *const[2]){paths[0], paths[1]}, answers);
        wrong += answers[0] + answers[1] != 1 || answers[0] < 0 || answers[1] < 0;
        both += readable(paths[0]) == readable(paths[1]);
        first += answers[0] == 0;
    }
    judge("A74", "one-wins", wrong > 0, "%u-wrong first-won=%u", wrong, first);
    judge("A74", "one-is-seen", both > 0, "%u-wrong", both);
    return 0;
}
