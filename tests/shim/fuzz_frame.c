/* A fuzz target: replies from a socket, and the other bytes of strangers that the shim reads: the
 * head of a script, and the environment. */
#define _GNU_SOURCE
#include "../../shim/conversation.h"
#include "../../shim/shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- what the parts under test need of the rest ---- */

static bool is_silenced;

_Atomic int shim_current_mode = MODE_ON;

enum shim_mode shim_start(void) { return MODE_ON; }

bool shim_is_silenced(void) { return is_silenced; }

bool shim_may_speak(void) { return true; }

bool look_through(int directory, const char *path, unsigned access) {
    (void)directory, (void)path, (void)access;
    return false;
}

/* ---- the targets ---- */

static void require(bool condition, const char *what) {
    if (condition)
        return;
    fprintf(stderr, "violated: %s\n", what);
    abort();
}

static void try_reply(const uint8_t *data, size_t size) {
    int ends[2];
    char text[64];
    struct reply reply;
    struct timespec now;
    if (size == 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
        return;
    if (send(ends[0], data, size, MSG_DONTWAIT) == (ssize_t)size) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        const struct conversation conversation = {ends[1], (now.tv_sec + 5) * INT64_C(1000000000)};
        if (conversation_receive(&conversation, REQUEST_LIST, &reply, text, sizeof text)) {
            require(size >= sizeof reply && memcmp(&reply, data, sizeof reply) == 0, "as sent");
            require(reply.magic == PROTOCOL_MAGIC && reply.kind == REQUEST_LIST, "a reply to this");
            require(reply.verdict <= REPLY_MALFORMED, "a known verdict");
            require(reply.length + sizeof reply == size, "the length is right");
        }
    }
    close(ends[0]);
    close(ends[1]);
}

static void try_script(const char *text, size_t size) {
    char *const head = malloc(size + 1);
    char *const name = malloc(size + 1);
    memcpy(head, text, size);
    if (interpreter_of_script(head, size, name))
        require(strlen(name) > 0 && strlen(name) < size && strpbrk(name, " \t\n") == NULL,
                "a name");
    free(head);
    free(name);
}

/* Each line is an entry. */
static void try_environment(const char *text, size_t size) {
    char *const copy = strndup(text, size);
    char *environment[64];
    size_t count = 0;
    for (char *entry = strtok(copy, "\n"); entry != NULL && count < 63; entry = strtok(NULL, "\n"))
        environment[count++] = entry;
    environment[count] = NULL;
    const struct environment_plan plan = environment_plan(environment);
    if (plan.entry_count > 0) {
        char **const entries = calloc(plan.entry_count, sizeof *entries);
        char *const entry = malloc(plan.text_size);
        environment_build(&plan, environment, entries, entry);
        size_t new_count = 0;
        while (entries[new_count] != NULL)
            new_count++;
        require(new_count + 1 >= count && new_count <= count + 1, "one entry more or less");
        require((strstr(entry, STEMJAIL_SHIM_PATH) != NULL) || shim_current_mode == MODE_OFF,
                "the shim is passed on");
        free(entries);
        free(entry);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_reply(data, size);
    try_script((const char *)data, size);
    is_silenced = false;
    atomic_store(&shim_current_mode, MODE_ON);
    try_environment((const char *)data, size);
    is_silenced = true;
    atomic_store(&shim_current_mode, MODE_OFF);
    try_environment((const char *)data, size);
    return 0;
}
