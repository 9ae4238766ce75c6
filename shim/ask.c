#define _GNU_SOURCE
#include "conversation.h"
#include "shim.h"

enum { LIMIT_SECONDS = 5 };

/* A connection is opened for each question, and closed with its answer. Questions are as rare as
 * transitions, so keeping it would save nothing, and this way a program may close, reuse or inherit
 * descriptors as it likes, and threads and vfork children ask side by side without a lock. */
bool ask_access(const char *path, size_t length, bool write) {
    struct conversation conversation;
    struct reply reply;
    if (!shim_may_speak() || !conversation_open(&conversation, LIMIT_SECONDS))
        return false;
    const bool is_granted =
        conversation_send(&conversation, REQUEST_ACCESS, write ? REQUEST_WRITE : 0, path, length) &&
        conversation_receive(&conversation, REQUEST_ACCESS, &reply, NULL, 0) &&
        reply.verdict == REPLY_GRANTED;
    conversation_close(&conversation);
    shim_refresh();
    return is_granted;
}
