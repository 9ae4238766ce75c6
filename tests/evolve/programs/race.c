/*
 * Two processes at a time that want what no profile grants together.
 *
 *     race BASE ROUNDS
 *
 * In round N one opens BASE/N/L/file and the other BASE/N/R/file, at the same moment. Prints a
 * letter for each round: L or R for the one that could while the other was told ENOENT, `b` if both
 * could, `n` if neither, `e` if the loser was told something else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static _Atomic int *ready;

/* Both spin until both are there; on one processor the scheduler takes its turns. */
static void run(const char *base, int round, char side) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%d/%c/file", base, round, side);
    ++*ready;
    while (*ready < 2)
        if (side == 'L')
            usleep(0);
    const int descriptor = open(path, O_RDONLY);
    _exit(descriptor >= 0 ? 0 : errno);
}

static int status_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char judge(int left, int right) {
    if (left == 0 && right == 0)
        return 'b';
    if (left != 0 && right != 0)
        return 'n';
    if ((left == 0 ? right : left) != ENOENT)
        return 'e';
    return left == 0 ? 'L' : 'R';
}

int main(int count, char **arguments) {
    if (count != 3)
        return 2;
    ready = mmap(NULL, sizeof *ready, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int round = 0; round < atoi(arguments[2]); round++) {
        *ready = 0;
        /* Who is started first has an advantage; it changes sides. */
        const char first = round % 2 == 0 ? 'L' : 'R';
        const pid_t one = fork();
        if (one == 0)
            run(arguments[1], round, first);
        const pid_t other = fork();
        if (other == 0)
            run(arguments[1], round, first == 'L' ? 'R' : 'L');
        const int status_one = status_of(one), status_other = status_of(other);
        putchar(first == 'L' ? judge(status_one, status_other) : judge(status_other, status_one));
    }
    putchar('\n');
    return 0;
}
