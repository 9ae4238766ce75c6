/*
 * The program `stemjail` inside a jail: it puts a question to the monitor and prints the answer.
 *
 * It needs no library, static or not, so that it runs in every jail and costs its few pages only.
 */
#define _GNU_SOURCE
#include "conversation.h"
#include "syscall.h"

#include <string.h>

enum {
    EXIT_GRANTED = 0,
    EXIT_DENIED = 1,
    EXIT_USAGE = 2,
    LIMIT_SECONDS = 30, /* a mount may take the host a while */
    TEXT_CAPACITY = PROTOCOL_MAXIMUM_TEXT + 1,
};

static const char usage[] = "usage: stemjail shim --access PATH [-w|--write]\n"
                            "       stemjail shim --list DIRECTORY\n"
                            "       stemjail mount -s|--source PATH -d|--destination PATH"
                            " [-w|--write] [-p|--parent]\n"
                            "The other commands work outside a jail only.\n";

/* What the command line asks for. */
struct order {
    enum request_kind kind;
    unsigned flags;
    const char *path; /* or the source of a mount */
    const char *destination;
};

/* ---- output ---- */

static void print(int descriptor, const char *text, size_t size) {
    while (size > 0) {
        const long written = raw_write(descriptor, text, size);
        if (written <= 0)
            return;
        text += written;
        size -= (size_t)written;
    }
}

static void print_text(int descriptor, const char *text) { print(descriptor, text, strlen(text)); }

/* Prints one line on standard error: what, and why. Returns the exit status. */
static int complain(int status, const char *what, const char *why) {
    print_text(2, "stemjail: ");
    print_text(2, what);
    print_text(2, ": ");
    print_text(2, why);
    print_text(2, "\n");
    return status;
}

static const char *command_of(enum request_kind kind) {
    return kind == REQUEST_MOUNT ? "mount" : "shim";
}

/* ---- the command line ---- */

static bool is_one_of(const char *argument, const char *short_name, const char *long_name) {
    return strcmp(argument, short_name) == 0 || strcmp(argument, long_name) == 0;
}

/* Takes the option `-w` or `--write`, and the like. Returns false if it is another one. */
static bool take_flag(struct order *order, const char *option) {
    if (is_one_of(option, "-w", "--write"))
        order->flags |= REQUEST_WRITE;
    else if (order->kind == REQUEST_MOUNT && is_one_of(option, "-p", "--parent"))
        order->flags |= REQUEST_PARENT;
    else
        return false;
    return true;
}

/* Takes an option that has a value. Returns false if there is no such option. */
static bool take_value(struct order *order, const char *option, const char *value) {
    if (order->kind == REQUEST_MOUNT) {
        if (is_one_of(option, "-s", "--source"))
            order->path = value;
        else if (is_one_of(option, "-d", "--destination"))
            order->destination = value;
        else
            return false;
        return true;
    }
    if (strcmp(option, "--access") == 0)
        order->kind = REQUEST_ACCESS;
    else if (strcmp(option, "--list") == 0)
        order->kind = REQUEST_LIST;
    else
        return false;
    const bool is_first = order->path == NULL;
    order->path = value;
    return is_first;
}

/* Reads the arguments after the command's name. Returns false if they make no sense. */
static bool read_order(struct order *order, char *const *arguments) {
    const bool is_mount = order->kind == REQUEST_MOUNT;
    for (; *arguments != NULL; arguments++) {
        if (take_flag(order, *arguments))
            continue;
        if (arguments[1] == NULL || !take_value(order, arguments[0], arguments[1]))
            return false;
        arguments++;
    }
    if (order->path == NULL || (is_mount && order->destination == NULL))
        return false;
    return order->kind != REQUEST_LIST || order->flags == 0;
}

/* ---- the request ---- */

/* Appends the absolute form of a path to a text. Returns the new length, or 0 if it is empty or too
 * long. The monitor resolves it; here only the working directory is known. */
static size_t append_path(char *text, size_t length, const char *path) {
    size_t directory_length = 0;
    const size_t path_length = strlen(path);
    if (path_length == 0 || path_length > PROTOCOL_MAXIMUM_PATH)
        return 0;
    if (path[0] != '/') {
        const long size = raw_getcwd(text + length, PROTOCOL_MAXIMUM_PATH);
        if (size <= 1 || text[length] != '/')
            return 0;
        directory_length = (size_t)size - 1;
        text[length + directory_length++] = '/';
    }
    if (directory_length + path_length > PROTOCOL_MAXIMUM_PATH)
        return 0;
    memcpy(text + length + directory_length, path, path_length);
    return length + directory_length + path_length;
}

/* Writes the request's text. Returns its length, or 0 with a complaint printed. */
static size_t write_text(const struct order *order, char *text) {
    size_t length = append_path(text, 0, order->path);
    if (length == 0)
        complain(EXIT_USAGE, order->path, "is empty, too long, or starts nowhere");
    if (length == 0 || order->kind != REQUEST_MOUNT)
        return length;
    text[length++] = '\0';
    length = append_path(text, length, order->destination);
    if (length == 0)
        complain(EXIT_USAGE, order->destination, "is empty, too long, or starts nowhere");
    return length;
}

/* ---- the reply ---- */

static int report(const struct order *order, unsigned verdict) {
    switch (verdict) {
    case REPLY_GRANTED:
        print_text(1, "granted\n");
        return EXIT_GRANTED;
    case REPLY_DENIED:
        print_text(1, "denied\n");
        return EXIT_DENIED;
    case REPLY_REFUSED:
        return complain(EXIT_DENIED, command_of(order->kind),
                        "refused: the portal runs confined; start it with --unconfined");
    default:
        return complain(EXIT_USAGE, order->path, "is not a path that the monitor takes");
    }
}

static int no_answer(const struct order *order) {
    return complain(EXIT_DENIED, command_of(order->kind),
                    "no answer from the monitor of this jail");
}

/* Prints the entries as they come. A first message without a granted verdict is all there is. */
static int print_list(const struct conversation *conversation, const struct order *order) {
    char text[TEXT_CAPACITY];
    struct reply reply;
    while (conversation_receive(conversation, REQUEST_LIST, &reply, text, sizeof text - 1)) {
        if (reply.verdict != REPLY_GRANTED)
            return report(order, reply.verdict);
        if (reply.length == 0)
            return EXIT_GRANTED;
        text[reply.length] = '\n';
        print(1, text, (size_t)reply.length + 1);
    }
    return no_answer(order);
}

static int print_verdict(const struct conversation *conversation, const struct order *order) {
    char text[TEXT_CAPACITY];
    struct reply reply;
    if (!conversation_receive(conversation, order->kind, &reply, text, sizeof text))
        return no_answer(order);
    return report(order, reply.verdict);
}

static int carry_out(const struct order *order) {
    char text[2 * (PROTOCOL_MAXIMUM_PATH + 1)];
    struct conversation conversation;
    const size_t length = write_text(order, text);
    if (length == 0)
        return EXIT_USAGE;
    if (!conversation_open(&conversation, LIMIT_SECONDS))
        return complain(EXIT_DENIED, STEMJAIL_SOCKET_PATH,
                        "no monitor listens; this program works inside a jail");
    int status = EXIT_DENIED;
    if (!conversation_send(&conversation, order->kind, order->flags, text, length))
        status = no_answer(order);
    else
        status = order->kind == REQUEST_LIST ? print_list(&conversation, order)
                                             : print_verdict(&conversation, order);
    conversation_close(&conversation);
    return status;
}

/* ---- the start ---- */

static int run(char *const *arguments) {
    struct order order = {REQUEST_ACCESS, 0, NULL, NULL};
    const char *const command = arguments[0];
    if (command == NULL)
        return complain(EXIT_USAGE, "no command", "try stemjail --help");
    if (is_one_of(command, "-h", "--help")) {
        print_text(1, usage);
        return EXIT_GRANTED;
    }
    if (strcmp(command, "mount") == 0)
        order.kind = REQUEST_MOUNT;
    else if (strcmp(command, "shim") != 0)
        return complain(EXIT_USAGE, command, "works outside a jail only; inside: shim, mount");
    if (arguments[1] != NULL && is_one_of(arguments[1], "-h", "--help")) {
        print_text(1, usage);
        return EXIT_GRANTED;
    }
    if (!read_order(&order, arguments + 1))
        return complain(EXIT_USAGE, command, "unknown or missing option; try stemjail --help");
    return carry_out(&order);
}

/* The kernel leaves the count of arguments and the arguments on the stack. */
__attribute__((used)) _Noreturn void start(const long *stack) {
    char *const *const arguments = (char *const *)(stack + 1);
    const int status = run(stack[0] > 0 ? arguments + 1 : arguments);
    raw_syscall(SYS_exit_group, status, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n"
        "xor %ebp, %ebp\n"
        "mov %rsp, %rdi\n"
        "and $-16, %rsp\n"
        "call start\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n"
        "mov x29, #0\n"
        "mov x30, #0\n"
        "mov x0, sp\n"
        "bl start\n");
#endif
