/*
 * A60: who is answered first. Processes queue requests on many connections each; then somebody asks
 * once, for a path that moves the jail on. Every answer tells the policy table's generation, so
 * those of the old one were given before that somebody's turn: no clock is needed to count them.
 *
 * While the monitor is stopped, files tell how far this is.
 */
#include "attacker.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPLY_BYTES = 12, GENERATION = 8, PATIENCE = 60, MAXIMUM_CONNECTIONS = 512 };

static struct counts {
    unsigned connected, queued;
    unsigned long before, after, lost;
} * counts;

static unsigned char request[REQUEST_HEADER + MAXIMUM_PATH];
static size_t request_length;

static void await(const char *name) {
    for (int tries = 0; access(name, F_OK) != 0; tries++) {
        if (tries > PATIENCE * 100)
            fail(name);
        usleep(10000);
    }
}

static void await_count(const unsigned *count, unsigned wanted) {
    while (__atomic_load_n(count, __ATOMIC_SEQ_CST) < wanted)
        usleep(1000);
}

static void say(const char *name) { close(open(name, O_WRONLY | O_CREAT, 0600)); }

static uint32_t receive_generation(int connection) {
    unsigned char reply[64];
    uint32_t generation = 0;
    if (recv(connection, reply, sizeof reply, 0) >= REPLY_BYTES)
        memcpy(&generation, reply + GENERATION, sizeof generation);
    return generation;
}

static void queue_up(int connections, int requests) {
    int sockets[MAXIMUM_CONNECTIONS];
    uint32_t generation = 0;
    for (int at = 0; at < connections; at++) {
        sockets[at] = monitor_connect();
        if (sockets[at] < 0 || send(sockets[at], request, request_length, MSG_NOSIGNAL) < 0)
            fail("connect");
        generation = receive_generation(sockets[at]);
    }
    __atomic_add_fetch(&counts->connected, 1, __ATOMIC_SEQ_CST);
    await("stopped");
    for (int at = 0; at < connections * requests; at++) {
        if (send(sockets[at % connections], request, request_length, MSG_NOSIGNAL) < 0)
            fail("send");
    }
    __atomic_add_fetch(&counts->queued, 1, __ATOMIC_SEQ_CST);
    for (int at = 0; at < connections * requests; at++) {
        const uint32_t answered = receive_generation(sockets[at % connections]);
        unsigned long *count = answered == 0            ? &counts->lost
                               : answered == generation ? &counts->before
                                                        : &counts->after;
        __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    }
    _exit(0);
}

/* turns GRANTED MOVING PROCESSES CONNECTIONS REQUESTS */
int turns(int count, char **arguments) {
    if (count != 5)
        return 2;
    const int processes = atoi(arguments[2]), connections = atoi(arguments[3]);
    counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    request_length = make_access(request, arguments[0], false);
    raise_descriptor_limit();
    for (int at = 0; at < processes; at++) {
        if (fork() == 0)
            queue_up(connections, atoi(arguments[4]));
    }
    await_count(&counts->connected, (unsigned)processes);
    say("connected");
    await("stopped");
    await_count(&counts->queued, (unsigned)processes);
    unsigned char moving[REQUEST_HEADER + MAXIMUM_PATH];
    const size_t length = make_access(moving, arguments[1], false);
    const int connection = monitor_connect();
    if (connection < 0 || send(connection, moving, length, MSG_NOSIGNAL) < 0)
        fail("ask");
    say("asked");
    receive_generation(connection);
    while (wait(NULL) > 0)
        ;
    printf("before=%lu after=%lu lost=%lu\n", counts->before, counts->after, counts->lost);
    return 0;
}

/* deaf PATH r|w NUMBER: asks so often before it listens; how many answers it then has. */
int deaf(int count, char **arguments) {
    if (count != 3)
        return 2;
    const bool write = arguments[1][0] == 'w';
    request_length = make_access(request, arguments[0], write);
    const int connection = monitor_connect(), number = atoi(arguments[2]);
    const pid_t sender = fork();
    if (sender == 0) {
        for (int at = 0; at < number; at++) {
            if (send(connection, request, request_length, MSG_NOSIGNAL) < 0)
                fail("send");
        }
        _exit(0);
    }
    /* Somebody else is answered meanwhile. */
    usleep(200000);
    const int other = ask(arguments[0], write);
    int answers = 0;
    while (answers < number && receive_generation(connection) != 0)
        answers++;
    waitpid(sender, NULL, 0);
    printf("other=%d answers=%d\n", other, answers);
    return 0;
}
