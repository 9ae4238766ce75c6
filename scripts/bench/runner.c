/*
 * Runs contenders in turn, A B C A B C ..., and prints what each run took.
 *
 *     runner [--rounds N] [--warmups N] [--pause MS] [--batch N] [--parallel N]
 *            , [--before SHELL] [--after SHELL] COMMAND [ARGUMENT...] , ...
 *
 * A run is one start of the command, or --batch of them with at most --parallel at once: from just
 * before the first process is made until the last one is collected, by the monotonic clock. What
 * --before and --after name, and the pause that follows, belong to no run. The first --warmups
 * rounds are not printed. Commands have /dev/null as standard input and output.
 *
 * Each line of the output is: the contender's index from 0, and nanoseconds. A contender whose
 * command fails prints its index and `failed`, and runs no more; the exit status then is 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAXIMUM_CONTENDERS = 64 };

struct contender {
    char *before;
    char *after;
    char **command;
    bool has_failed;
};

struct plan {
    long rounds;
    long warmups;
    long pause;
    long batch;
    long parallel;
};

static void fail(const char *what, int error) {
    fprintf(stderr, "runner: %s: %s\n", what, strerror(error));
    exit(2);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void sleep_for(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR)
        ;
}

/* posix_spawn shares the memory with the child until it executes: the cheapest start there is. */
static void start(char **command) {
    static posix_spawn_file_actions_t actions;
    static bool is_ready;
    if (!is_ready) {
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        is_ready = true;
    }
    int error = posix_spawnp(&(pid_t){0}, command[0], &actions, NULL, command, environ);
    if (error != 0)
        fail(command[0], error);
}

/* Waits for any one child; whether it succeeded. */
static bool collect(void) {
    int status;
    while (wait(&status) < 0)
        if (errno != EINTR)
            fail("wait", errno);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void run_shell(char *text) {
    if (text == NULL)
        return;
    char *command[] = {"sh", "-c", text, NULL};
    start(command);
    collect();
}

/* One run; the nanoseconds, or -1 if a command failed. */
static int64_t run(const struct plan *plan, char **command) {
    bool is_fine = true;
    long running = 0;
    int64_t begin = now();
    for (long started = 0; started < plan->batch; started++) {
        if (running == plan->parallel) {
            is_fine &= collect();
            running--;
        }
        start(command);
        running++;
    }
    for (; running > 0; running--)
        is_fine &= collect();
    int64_t end = now();
    return is_fine ? end - begin : -1;
}

static void take_turn(const struct plan *plan, struct contender *contender, int index,
                      bool prints) {
    if (contender->has_failed)
        return;
    run_shell(contender->before);
    int64_t nanoseconds = run(plan, contender->command);
    run_shell(contender->after);
    if (nanoseconds < 0) {
        contender->has_failed = true;
        printf("%d failed\n", index);
    } else if (prints) {
        printf("%d %lld\n", index, (long long)nanoseconds);
    }
    sleep_for(plan->pause);
}

/* Splits the arguments from the first "," on; each "," becomes the end of the command before it. */
static int read_contenders(char **arguments, struct contender *contenders) {
    int count = 0;
    while (*arguments != NULL) {
        if (strcmp(*arguments, ",") != 0) {
            arguments++;
            continue;
        }
        *arguments++ = NULL;
        if (count == MAXIMUM_CONTENDERS)
            fail("contenders", E2BIG);
        struct contender *contender = &contenders[count++];
        for (; *arguments != NULL && arguments[1] != NULL; arguments += 2) {
            if (strcmp(*arguments, "--before") == 0)
                contender->before = arguments[1];
            else if (strcmp(*arguments, "--after") == 0)
                contender->after = arguments[1];
            else
                break;
        }
        if (*arguments == NULL || strcmp(*arguments, ",") == 0)
            fail("a contender without a command", EINVAL);
        contender->command = arguments;
    }
    return count;
}

static struct plan read_plan(int count, char **arguments) {
    struct plan plan = {.rounds = 1, .batch = 1, .parallel = 1};
    const struct option options[] = {
        {"rounds", required_argument, NULL, 'r'},   {"warmups", required_argument, NULL, 'w'},
        {"pause", required_argument, NULL, 'p'},    {"batch", required_argument, NULL, 'b'},
        {"parallel", required_argument, NULL, 'l'}, {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(count, arguments, "+", options, NULL)) != -1) {
        long *field = option == 'r'   ? &plan.rounds
                      : option == 'w' ? &plan.warmups
                      : option == 'p' ? &plan.pause
                      : option == 'b' ? &plan.batch
                      : option == 'l' ? &plan.parallel
                                      : NULL;
        if (field == NULL)
            exit(2);
        *field = strtol(optarg, NULL, 10);
    }
    if (plan.rounds < 1 || plan.batch < 1 || plan.parallel < 1)
        fail("a count below 1", EINVAL);
    return plan;
}

int main(int count, char **arguments) {
    static struct contender contenders[MAXIMUM_CONTENDERS];
    struct plan plan = read_plan(count, arguments);
    int many = read_contenders(arguments + optind, contenders);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (long round = -plan.warmups; round < plan.rounds; round++)
        for (int index = 0; index < many; index++)
            take_turn(&plan, &contenders[index], index, round >= 0);
    bool has_failed = false;
    for (int index = 0; index < many; index++)
        has_failed |= contenders[index].has_failed;
    return has_failed;
}
