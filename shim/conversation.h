/* The client's side of the monitor's protocol, without allocation and without the C library. */
#ifndef STEMJAIL_CONVERSATION_H
#define STEMJAIL_CONVERSATION_H

#include "protocol.h"

#include <stdbool.h>
#include <stddef.h>

/* A connection to the monitor, and the time until which it may be waited for. */
struct conversation {
    int descriptor;
    int64_t deadline; /* nanoseconds of CLOCK_MONOTONIC */
};

/* Connects to the monitor. limit: seconds that the whole conversation may take. Returns false if
 * there is no monitor to talk to. */
bool conversation_open(struct conversation *conversation, unsigned limit);

/* Sends one request of `length` bytes of text. */
bool conversation_send(const struct conversation *conversation, enum request_kind kind,
                       unsigned flags, const char *text, size_t length);

/* Receives one reply to a request of that kind, and up to `capacity` bytes of its text. Returns
 * false if none comes in time, or if it is no valid reply. */
bool conversation_receive(const struct conversation *conversation, enum request_kind kind,
                          struct reply *reply, char *text, size_t capacity);

void conversation_close(const struct conversation *conversation);

/* Whether a message of `size` bytes, received into a reply and its text, is a valid reply to a
 * request of that kind. */
bool reply_is_valid(const struct reply *reply, size_t size, enum request_kind kind);

#endif
