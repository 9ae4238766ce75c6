/*
 * The client's wait for its application: one poll loop between the user's terminal, the jail's
 * pseudoterminal, the monitor and the client's own signals.
 *
 * It is C because a signal reaches any thread of the runtime, and because the bytes of a terminal
 * need not become JavaScript values on their way.
 */
#define _GNU_SOURCE
#include "borrowed.h"
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    BUFFER_SIZE = 64 * 1024,
    DRAIN_WAIT_MS = 1000,
    DRAIN_BYTES = 1024 * 1024, /* a pseudoterminal holds no more (tty_buffer.c: 640 kB) */
    BACKGROUND_WAIT_MS = 250,
    SETTLE_MS = 20,
    PATIENCE_S = 1,
    END_OF_INPUT = 4
};

/* One direction: what was read and is not written yet. */
struct stream {
    int from;
    int to;
    size_t start;
    size_t end;
    char bytes[BUFFER_SIZE];
};

struct relay {
    const struct relay_request *request;
    int status; /* wait status of the application, once it is over */
    struct borrowed_terminal terminal;
    bool is_over;
    bool is_lost;
    bool is_left;   /* the keyboard is left to others: the application has not asked for it */
    bool is_wanted; /* it has asked, and was not answered */
    bool is_typed;  /* something was typed, for whomever */
    bool is_within; /* what was read ends within a line */
    struct stream in;
    struct stream out;
};

static const int forwarded[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,
                                SIGUSR2, SIGCONT, SIGTSTP, SIGWINCH};
enum { FORWARDED = sizeof forwarded / sizeof *forwarded };

/* Written by the handler, in whichever thread; read by the loop. */
static int signal_pipe[2] = {-1, -1};

/* Until the relay begins: the signal that would have ended the process. */
static volatile sig_atomic_t is_waiting;
static volatile sig_atomic_t awaited;

static bool ends_processes(int number) {
    return number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGTERM;
}

static void on_signal(int number) {
    int error = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t ignored = write(signal_pipe[1], &byte, 1);
    (void)ignored;
    if (is_waiting && ends_processes(number)) {
        awaited = number;
        alarm(PATIENCE_S);
    }
    errno = error;
}

/* No application came to give the signal to. */
static void on_alarm(int number) {
    (void)number;
    signal(awaited, SIG_DFL);
    kill(getpid(), awaited);
}

static void send_record(struct relay *relay, enum relay_type type, int value) {
    struct relay_record record = {.type = type, .value = value};
    ssize_t sent = send((int)relay->request->connection, &record, sizeof record, MSG_NOSIGNAL);
    if (sent != (ssize_t)sizeof record) {
        relay->is_lost = true;
    }
}

static void take_keyboard(struct relay *relay) {
    if (!relay->is_left) {
        borrow_keyboard(&relay->terminal);
    }
}

/* What a key does at a terminal that is not raw: all of a pipeline stop, or its shell would go on
 * waiting for the others. */
static void stop_others(void) {
    struct sigaction ours;
    sigaction(SIGTSTP, &(struct sigaction){.sa_handler = SIG_IGN}, &ours);
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
}

/* Stops this process as the application was stopped, for the shell's job control. It returns when
 * the shell continues us; that SIGCONT is caught, and forwarded like any other signal. */
static void stop_here(struct relay *relay) {
    bool had_keyboard = relay->terminal.is_raw;
    return_keyboard(&relay->terminal);
    if (had_keyboard) {
        stop_others();
    }
    kill(getpid(), SIGSTOP);
}

/* The answer waits as long as the keyboard is somebody else's. */
static void give_keyboard(struct relay *relay) {
    if (relay->is_wanted && (relay->terminal.is_raw || !relay->request->raw)) {
        relay->is_wanted = false;
        send_record(relay, RELAY_KEYBOARD, 0);
    }
}

/* What comes from a pipe ends with the character that means it: a terminal has no end of file.
 * Within a line the first one only gives the reader what there is of it. */
static void end_input(struct relay *relay) {
    memset(relay->in.bytes, END_OF_INPUT, 2);
    relay->in.start = 0;
    relay->in.end = relay->is_within ? 2 : 1;
}

/* The kernel stopped the application's whole group with it. Of these some only catch the signal,
 * and stop a moment later: they are not to miss what makes them go on. */
static void want_keyboard(struct relay *relay) {
    poll(NULL, 0, SETTLE_MS);
    relay->is_left = false;
    relay->is_wanted = true;
    take_keyboard(relay);
    if (relay->request->input < 0) {
        end_input(relay);
    }
}

static void handle_signals(struct relay *relay) {
    unsigned char numbers[64];
    ssize_t count = read(signal_pipe[0], numbers, sizeof numbers);
    bool resized = false; /* of a storm only the last size matters */
    for (ssize_t i = 0; i < count; i++) {
        if (numbers[i] == SIGCONT) {
            check_keyboard(&relay->terminal);
            take_keyboard(relay); /* after `fg`; after `bg` we are still in the background */
        }
        if (numbers[i] == SIGWINCH || numbers[i] == SIGCONT) {
            resized = true;
        }
        if (numbers[i] != SIGWINCH || relay->is_left) { /* out of its terminal's foreground */
            send_record(relay, RELAY_SIGNAL, numbers[i]);
        }
    }
    if (resized) {
        copy_size(&relay->terminal);
    }
}

static void handle_record(struct relay *relay) {
    struct relay_record record;
    ssize_t count = recv((int)relay->request->connection, &record, sizeof record, MSG_WAITALL);
    if (count < 0 && errno == EINTR) {
        return;
    }
    if (count != (ssize_t)sizeof record) {
        relay->is_lost = true;
    } else if (record.type == RELAY_EXITED) {
        relay->status = record.value;
        relay->is_over = true;
    } else if (record.type == RELAY_STOPPED) {
        stop_here(relay);
    } else if (record.type == RELAY_KEYBOARD) {
        want_keyboard(relay);
    }
}

static bool is_empty(const struct stream *stream) { return stream->start == stream->end; }

static void fill(struct stream *stream) {
    ssize_t count = read(stream->from, stream->bytes, sizeof stream->bytes);
    if (count > 0) {
        stream->start = 0;
        stream->end = (size_t)count;
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        stream->from = -1; /* EIO: the last process closed the pseudoterminal */
    }
}

static void fill_output(struct relay *relay) {
    struct stream *out = &relay->out;
    fill(out);
    if (!is_empty(out)) {
        out->end = fit_output(&relay->terminal, out->bytes, out->end);
    }
}

static void fill_input(struct relay *relay) {
    struct stream *in = &relay->in;
    fill(in);
    if (in->from < 0) {
        end_input(relay);
    } else if (!is_empty(in)) {
        relay->is_within = in->bytes[in->end - 1] != '\n';
    }
}

static void flush(struct stream *stream) {
    ssize_t count = write(stream->to, stream->bytes + stream->start, stream->end - stream->start);
    if (count > 0) {
        stream->start += (size_t)count;
    } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
        stream->start = stream->end =
            0; /* nobody reads any more; the application is not to block */
    }
}

/* poll(2) ignores a negative descriptor, so an idle direction costs nothing. */
static void watch(struct pollfd *reader, struct pollfd *writer, const struct stream *stream) {
    *reader = (struct pollfd){.fd = is_empty(stream) ? stream->from : -1, .events = POLLIN};
    *writer = (struct pollfd){.fd = is_empty(stream) ? -1 : stream->to, .events = POLLOUT};
}

/* Who polls a terminal is not stopped, and reads only what is there. So a line on what is also the
 * application's standard input goes to it, if nobody else takes that for a while. */
static void take_line(struct relay *relay) {
    if (relay->is_typed && relay->is_left && has_line(&relay->terminal)) {
        want_keyboard(relay);
    }
    relay->is_typed = false;
}

static void step(struct relay *relay) {
    struct pollfd watched[6] = {
        {.fd = (int)relay->request->connection, .events = POLLIN},
        {.fd = signal_pipe[0], .events = POLLIN},
    };
    watch(&watched[2], &watched[3], &relay->in);
    watch(&watched[4], &watched[5], &relay->out);
    bool may_be_typed = relay->is_left && relay->request->input == STDIN_FILENO;
    bool is_in_background = relay->request->raw && !relay->terminal.is_raw && !relay->is_left;
    if (is_in_background || relay->is_left) {
        watched[2].fd = -1; /* the keyboard is somebody else's now */
    }
    if (may_be_typed && !relay->is_typed) {
        watched[2] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    }
    int count = poll(watched, 6, is_in_background || relay->is_typed ? BACKGROUND_WAIT_MS : -1);
    if (count == 0) {
        take_line(relay);
        /* A shell's `fg` tells a job that was not stopped nothing. */
        take_keyboard(relay);
        return;
    }
    if (count < 0) {
        return;
    }
    if (watched[1].revents) {
        handle_signals(relay);
    }
    if (watched[2].revents && may_be_typed) {
        relay->is_typed = true;
    } else if (watched[2].revents) {
        fill_input(relay);
    }
    if (watched[4].revents) {
        fill_output(relay);
    }
    if (!is_empty(&relay->in)) {
        flush(&relay->in);
    }
    if (!is_empty(&relay->out)) {
        flush(&relay->out);
    }
    if (watched[0].revents) {
        handle_record(relay);
    }
}

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads once, and never again when there was as much as `most`; how much there was. */
static size_t drain_some(struct relay *relay, size_t most) {
    fill_output(relay);
    const size_t count = relay->out.end - relay->out.start;
    if (count < most) {
        return count;
    }
    relay->out.from = -1;
    return most;
}

/* What the application wrote before its end is still in the pseudoterminal, and may not have
 * arrived at our end of it: the kernel carries it there by and by. The end of the last process
 * that holds the other end, which the monitor's end brings about, is when all of it has. But a
 * process of another jail may hold it too, which was sent it over a socket: so neither the bytes
 * are without a bound nor the time spent waiting for them. */
static void drain(struct relay *relay) {
    int64_t patience = DRAIN_WAIT_MS;
    size_t rest = DRAIN_BYTES;
    while (relay->out.from >= 0 || !is_empty(&relay->out)) {
        struct pollfd watched[2];
        const bool reads = is_empty(&relay->out);
        const int64_t before = milliseconds();
        watch(&watched[0], &watched[1], &relay->out);
        if (poll(watched, 2, reads ? (int)patience : DRAIN_WAIT_MS) <= 0) {
            return;
        }
        if (reads) {
            const int64_t waited = milliseconds() - before;
            patience = waited < patience ? patience - waited : 0;
        }
        if (watched[0].revents) {
            rest -= drain_some(relay, rest);
        }
        if (!is_empty(&relay->out)) {
            flush(&relay->out);
        }
    }
}

/* What whoever started us has us ignore, such as nohup(1), is not for the application either. */
static void catch_signal(int number) {
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction before;
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        sigaction(number, &action, NULL);
    }
}

int stemjail_relay_prepare(void) {
    if (signal_pipe[0] >= 0) {
        return 0;
    }
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        return -1;
    }
    is_waiting = 1;
    signal(SIGALRM, on_alarm);
    for (int i = 0; i < FORWARDED; i++) {
        catch_signal(forwarded[i]);
    }
    return 0;
}

/* A shell's view of a wait status (wait(2)). */
static int exit_status(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int stemjail_relay(const struct relay_request *request) {
    static struct relay relay; /* two buffers: too large for a stack, and there is one relay */
    bool has_terminal = request->master >= 0;
    relay.request = request;
    relay.in.from = has_terminal ? (int)request->input : -1;
    relay.in.to = (int)request->master;
    relay.out.from = (int)request->master;
    relay.out.to = (int)request->output;
    relay.terminal = (struct borrowed_terminal){.input = (int)request->input,
                                                .output = (int)request->output,
                                                .inner = (int)request->master,
                                                .is_to_raw = request->raw,
                                                .is_shared = request->shared};
    relay.is_left = request->shared;
    is_waiting = 0;
    alarm(0);
    if (has_terminal) {
        fcntl((int)request->master, F_SETFL, O_RDWR | O_NONBLOCK);
        take_keyboard(&relay);
        copy_size(&relay.terminal);
    }
    while (!relay.is_over && !relay.is_lost) {
        step(&relay);
        give_keyboard(&relay);
    }
    drain(&relay);
    return_keyboard(&relay.terminal);
    if (relay.is_over) {
        _exit(exit_status(relay.status));
    }
    return -1;
}
