/*
 * A protocol peer for the tests of the shim: it listens where the monitor would, notes every
 * request, and grants what its rules say, by a command and a new policy table.
 *
 *     peer RUN_DIRECTORY MODE [PREFIX ACCESS TABLE COMMAND]...
 *
 * MODE is `answer`, `silent` (never replies), `garbage` (replies with nonsense) or `close` (hangs
 * up). A request for a path at or below PREFIX, for reading or, where ACCESS is `w`, for either,
 * runs COMMAND with the shell and replaces the bytes of RUN_DIRECTORY/table by those of TABLE. It
 * prints a line when it listens, one for each request, and `marker` for a SIGUSR1.
 */
#define _GNU_SOURCE
#include "../../shim/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { MAXIMUM_CLIENTS = 1000, GENERATION_OFFSET = 12 };

struct rule {
    const char *prefix;
    bool write;
    const char *table;
    const char *command;
    bool is_done;
};

static struct rule rules[16];
static int rule_count;
static const char *mode;
static const char *run_directory;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static bool covers(const struct rule *rule, const char *path, bool write) {
    const size_t length = strlen(rule->prefix);
    return (!write || rule->write) && strncmp(path, rule->prefix, length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

/* Overwrites the mapping from its end to its start, the generation after all else. */
static void replace_table(const char *from) {
    char path[PROTOCOL_MAXIMUM_PATH + 1];
    char bytes[1 << 16];
    snprintf(path, sizeof path, "%s/table", run_directory);
    const int source = open(from, O_RDONLY);
    const ssize_t size = read(source, bytes, sizeof bytes);
    const int target = open(path, O_RDWR);
    char *const map = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, target, 0);
    if (size < 64 || map == MAP_FAILED)
        fail(from);
    memcpy(map + 64, bytes + 64, (size_t)size - 64);
    __atomic_store_n((uint32_t *)(map + GENERATION_OFFSET),
                     *(const uint32_t *)(bytes + GENERATION_OFFSET), __ATOMIC_SEQ_CST);
    munmap(map, (size_t)size);
    close(source);
    close(target);
}

static bool grant(const char *path, bool write) {
    for (int index = 0; index < rule_count; index++) {
        struct rule *const rule = &rules[index];
        if (!covers(rule, path, write))
            continue;
        if (!rule->is_done) {
            if (system(rule->command) != 0)
                fail(rule->command);
            replace_table(rule->table);
            rule->is_done = true;
        }
        return true;
    }
    return false;
}

static void reply_to(int client, const struct request *request, enum reply_verdict verdict,
                     const char *text) {
    struct {
        struct reply head;
        char text[64];
    } reply = {{PROTOCOL_MAGIC, (uint8_t)verdict, request->kind, (uint16_t)strlen(text), 1}, ""};
    strcpy(reply.text, text);
    send(client, &reply, sizeof reply.head + reply.head.length, MSG_NOSIGNAL);
}

static void answer(int client, const struct request *request, char *text) {
    if (strcmp(mode, "silent") == 0)
        return;
    if (strcmp(mode, "garbage") == 0) {
        send(client, "nonsense", strlen("nonsense"), MSG_NOSIGNAL);
        return;
    }
    if (request->kind == REQUEST_ACCESS) {
        const bool is_granted = grant(text, (request->flags & REQUEST_WRITE) != 0);
        reply_to(client, request, is_granted ? REPLY_GRANTED : REPLY_DENIED, "");
    } else if (request->kind == REQUEST_LIST && grant(text, false)) {
        reply_to(client, request, REPLY_GRANTED, "one");
        reply_to(client, request, REPLY_GRANTED, "two");
        reply_to(client, request, REPLY_GRANTED, "");
    } else {
        reply_to(client, request, REPLY_REFUSED, "");
    }
}

/* A marker in the output, for a reader that wants to know where it is. */
static void on_marker(int signal) {
    static const char marker[] = "marker\n";
    (void)signal;
    if (write(STDOUT_FILENO, marker, sizeof marker - 1) < 0)
        _exit(1);
}

/* Returns false when the client is gone. */
static bool serve(int client) {
    struct {
        struct request head;
        char text[PROTOCOL_MAXIMUM_TEXT + 1];
    } message;
    const ssize_t size = recv(client, &message, sizeof message - 1, 0);
    if (size <= 0 || strcmp(mode, "close") == 0)
        return false;
    if ((size_t)size != sizeof message.head + message.head.length ||
        message.head.magic != PROTOCOL_MAGIC) {
        printf("malformed\n");
        return false;
    }
    message.text[message.head.length] = '\0';
    for (size_t at = 0; message.head.kind == REQUEST_MOUNT && at < message.head.length; at++)
        if (message.text[at] == '\0')
            message.text[at] = '|';
    printf("%u %u %s\n", message.head.kind, message.head.flags, message.text);
    answer(client, &message.head, message.text);
    return true;
}

static int listen_at(const char *directory) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", directory);
    const int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    unlink(address.sun_path);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, SOMAXCONN) != 0)
        fail(address.sun_path);
    return listener;
}

int main(int count, char **arguments) {
    static struct pollfd polled[1 + MAXIMUM_CLIENTS];
    nfds_t polled_count = 1;
    run_directory = arguments[1];
    mode = arguments[2];
    for (int index = 3; index + 3 < count; index += 4)
        rules[rule_count++] = (struct rule){arguments[index], arguments[index + 1][0] == 'w',
                                            arguments[index + 2], arguments[index + 3], false};
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGUSR1, on_marker);
    polled[0] = (struct pollfd){listen_at(run_directory), POLLIN, 0};
    printf("listening\n");
    for (;;) {
        if (poll(polled, polled_count, -1) < 0) {
            if (errno == EINTR)
                continue;
            fail("poll");
        }
        for (nfds_t index = polled_count; index-- > 1;) {
            if (polled[index].revents == 0 || serve(polled[index].fd))
                continue;
            close(polled[index].fd);
            polled[index] = polled[--polled_count];
        }
        if ((polled[0].revents & POLLIN) != 0 && polled_count <= MAXIMUM_CLIENTS)
            polled[polled_count++] =
                (struct pollfd){accept4(polled[0].fd, NULL, NULL, SOCK_CLOEXEC), POLLIN, 0};
    }
}
