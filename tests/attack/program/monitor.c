/* The monitor's protocol, and what all modes share. */
#include "attacker.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const uint32_t magic = 0x314a5453;

int monitor_connect(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = MONITOR_SOCKET};
    const struct timeval patience = {.tv_sec = 5};
    int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connection < 0)
        return -1;
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0)
        return connection;
    close(connection);
    return -1;
}

size_t make_access(unsigned char *to, const char *path, bool write) {
    uint16_t length = (uint16_t)strlen(path);
    memcpy(to, &magic, sizeof magic);
    to[4] = 1;
    to[5] = write;
    memcpy(to + 6, &length, sizeof length);
    memcpy(to + REQUEST_HEADER, path, length);
    return REQUEST_HEADER + length;
}

int exchange(int connection, const void *bytes, size_t length) {
    unsigned char reply[512];
    if (send(connection, bytes, length, MSG_NOSIGNAL) < 0)
        return errno == EMSGSIZE ? ANSWER_UNSENDABLE : ANSWER_CLOSED;
    ssize_t received = recv(connection, reply, sizeof reply, 0);
    if (received < 0)
        return errno == EAGAIN ? ANSWER_SILENT : ANSWER_CLOSED;
    return received < 5 ? ANSWER_CLOSED : reply[4];
}

int ask(const char *path, bool write) {
    unsigned char request[REQUEST_HEADER + MAXIMUM_PATH];
    int connection = monitor_connect();
    if (connection < 0)
        return ANSWER_CLOSED;
    int answer = exchange(connection, request, make_access(request, path, write));
    close(connection);
    return answer;
}

/* ask PATH r|w: prints the verdict. */
int ask_mode(int count, char **arguments) {
    if (count != 2)
        return 2;
    printf("%d\n", ask(arguments[0], arguments[1][0] == 'w'));
    return 0;
}

void judge(const char *number, const char *name, bool worked, const char *format, ...) {
    va_list values;
    printf("%s %s %s ", number, name, worked ? "FAIL" : "ok");
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    putchar('\n');
}

void fail(const char *what) {
    fprintf(stderr, "attacker: %s: %s\n", what, strerror(errno));
    exit(3);
}

double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

size_t raise_descriptor_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_max;
}
