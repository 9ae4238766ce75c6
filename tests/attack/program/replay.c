/* Sends prepared messages, and says in one character each what was answered. */
#include "attacker.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct corpus {
    const unsigned char *at;
    const unsigned char *end;
};

/* A file of records: four bytes of length, little-endian, and so many bytes. */
static struct corpus open_corpus(const char *path) {
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        fail(path);
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        fail("mmap");
    close(file);
    return (struct corpus){bytes, (const unsigned char *)bytes + status.st_size};
}

static bool next_record(struct corpus *corpus, const unsigned char **bytes, uint32_t *length) {
    if (corpus->at == corpus->end)
        return false;
    memcpy(length, corpus->at, sizeof *length);
    *bytes = corpus->at + sizeof *length;
    corpus->at = *bytes + *length;
    return true;
}

static char letter_of(int answer) {
    switch (answer) {
    case ANSWER_CLOSED:
        return 'x';
    case ANSWER_SILENT:
        return 't';
    case ANSWER_UNSENDABLE:
        return 'u';
    default:
        return answer <= 9 ? (char)('0' + answer) : '?';
    }
}

/* replay FILE: each record is one message to the monitor. */
int replay(int count, char **arguments) {
    const unsigned char *bytes;
    uint32_t length;
    if (count != 1)
        return 2;
    struct corpus corpus = open_corpus(arguments[0]);
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    int connection = -1;
    while (next_record(&corpus, &bytes, &length)) {
        if (connection < 0 && (connection = monitor_connect()) < 0)
            fail("connect");
        int answer = exchange(connection, bytes, length);
        putchar(letter_of(answer));
        /* After a message that was none, the monitor hangs up. */
        if (answer < 0 || answer == 3) {
            close(connection);
            connection = -1;
        }
    }
    putchar('\n');
    return 0;
}

static int stream_connect(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = 20};
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || strlen(path) >= sizeof address.sun_path)
        fail("socket");
    strcpy(address.sun_path, path);
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        if (errno != EAGAIN)
            fail("connect to the portal");
        usleep(1000);
    }
    return connection;
}

/* 'r' for a reply, 'x' where the other end closed, 't' where it did neither. */
static char hear(int connection) {
    unsigned char reply[4096];
    char heard = 'x';
    for (;;) {
        ssize_t received = recv(connection, reply, sizeof reply, 0);
        if (received < 0 && errno == EAGAIN)
            return heard == 'x' ? 't' : heard;
        if (received <= 0)
            return heard;
        heard = 'r';
    }
}

/* stream FILE SOCKET: each record goes over a connection of its own, of which the sending half is
 * then closed. */
int replay_stream(int count, char **arguments) {
    const unsigned char *bytes;
    uint32_t length;
    if (count != 2)
        return 2;
    struct corpus corpus = open_corpus(arguments[0]);
    while (next_record(&corpus, &bytes, &length)) {
        int connection = stream_connect(arguments[1]);
        for (uint32_t sent = 0; sent < length;) {
            ssize_t taken = send(connection, bytes + sent, length - sent, MSG_NOSIGNAL);
            if (taken <= 0)
                break;
            sent += (uint32_t)taken;
        }
        shutdown(connection, SHUT_WR);
        putchar(hear(connection));
        close(connection);
    }
    putchar('\n');
    return 0;
}
