/*
 * The C side of the protocol, for comparison with the other.
 *
 *     frames request KIND FLAGS TEXT    the request as it goes over the socket, in hexadecimal
 *     frames reply KIND HEX             what is read from a reply: VERDICT GENERATION TEXT, or
 *                                       `invalid`
 *     frames places                     the paths of the shim, the table, the socket, the filters
 */
#define _GNU_SOURCE
#include "../../../shim/conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static struct conversation conversation;
static int other_end;

static void converse(void) {
    int ends[2];
    struct timespec now;
    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
    clock_gettime(CLOCK_MONOTONIC, &now);
    conversation = (struct conversation){ends[0], (now.tv_sec + 5) * INT64_C(1000000000)};
    other_end = ends[1];
}

static int show_request(int kind, unsigned flags, const char *text) {
    static unsigned char bytes[1 << 16];
    if (!conversation_send(&conversation, (enum request_kind)kind, flags, text, strlen(text)))
        return puts("not sent") < 0;
    const ssize_t size = recv(other_end, bytes, sizeof bytes, 0);
    for (ssize_t at = 0; at < size; at++)
        printf("%02x", bytes[at]);
    return puts("") < 0;
}

static int show_reply(int kind, const char *digits) {
    static unsigned char bytes[1 << 16];
    char text[100];
    struct reply reply;
    size_t size = 0;
    for (; digits[2 * size] != '\0'; size++)
        sscanf(digits + 2 * size, "%2hhx", &bytes[size]);
    send(other_end, bytes, size, 0);
    if (!conversation_receive(&conversation, (enum request_kind)kind, &reply, text, sizeof text))
        return puts("invalid") < 0;
    printf("%u %u %.*s\n", reply.verdict, reply.generation, (int)reply.length, text);
    return 0;
}

static int show_places(void) {
    return printf("%s\n%s\n%s\n%s\n", STEMJAIL_SHIM_PATH, STEMJAIL_TABLE_PATH, STEMJAIL_SOCKET_PATH,
                  STEMJAIL_FILTERS_PATH) < 0;
}

int main(int count, char **arguments) {
    converse();
    if (count == 5 && strcmp(arguments[1], "request") == 0)
        return show_request(atoi(arguments[2]), (unsigned)atoi(arguments[3]), arguments[4]);
    if (count == 4 && strcmp(arguments[1], "reply") == 0)
        return show_reply(atoi(arguments[2]), arguments[3]);
    if (count == 2 && strcmp(arguments[1], "places") == 0)
        return show_places();
    return 2;
}
