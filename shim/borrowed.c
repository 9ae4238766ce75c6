/*
 * Settings and size of the user's terminal.
 */
#define _GNU_SOURCE
#include "borrowed.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* From the background the kernel stops who sets the terminal or reads from it (termios(3)); but
 * nobody whose session it does not control, as that of `su -c` and setsid(1). */
static bool is_in_foreground(const struct borrowed_terminal *terminal) {
    const pid_t group = tcgetpgrp(terminal->input);
    return group < 0 ? errno == ENOTTY : group == getpgrp();
}

bool has_line(const struct borrowed_terminal *terminal) {
    struct pollfd keyboard = {.fd = terminal->input, .events = POLLIN};
    struct termios now;
    return is_in_foreground(terminal) && tcgetattr(terminal->input, &now) == 0 &&
           (now.c_lflag & ICANON) && poll(&keyboard, 1, 0) == 1;
}

void borrow_keyboard(struct borrowed_terminal *terminal) {
    if (!terminal->is_to_raw || terminal->is_raw || !is_in_foreground(terminal) ||
        tcgetattr(terminal->input, &terminal->before) != 0) {
        return;
    }
    terminal->raw = terminal->before;
    cfmakeraw(&terminal->raw);
    if (terminal->is_shared) {
        terminal->raw.c_oflag = terminal->before.c_oflag;
    }
    terminal->is_raw = tcsetattr(terminal->input, TCSADRAIN, &terminal->raw) == 0;
}

void check_keyboard(struct borrowed_terminal *terminal) {
    struct termios now;
    if (terminal->is_raw && tcgetattr(terminal->input, &now) == 0 && (now.c_lflag & ISIG)) {
        terminal->is_raw = false;
    }
}

void return_keyboard(struct borrowed_terminal *terminal) {
    if (terminal->is_raw) {
        tcsetattr(terminal->input, TCSADRAIN, &terminal->before);
        terminal->is_raw = false;
    }
}

void copy_size(const struct borrowed_terminal *terminal) {
    struct winsize size;
    const int known = terminal->input >= 0 ? terminal->input : terminal->output;
    if (terminal->inner >= 0 && ioctl(known, TIOCGWINSZ, &size) == 0) {
        ioctl(terminal->inner, TIOCSWINSZ, &size);
    }
}

static bool adds_returns(const struct termios *settings) {
    return (settings->c_oflag & OPOST) && (settings->c_oflag & ONLCR);
}

/* Takes the carriage return off every line's end. */
static size_t strip_returns(char *bytes, size_t length) {
    size_t kept = 0;
    for (size_t at = 0; at < length; at++) {
        if (bytes[at] != '\r' || at + 1 == length || bytes[at + 1] != '\n') {
            bytes[kept++] = bytes[at];
        }
    }
    return kept;
}

size_t fit_output(struct borrowed_terminal *terminal, char *bytes, size_t length) {
    struct termios inside;
    struct termios outside;
    if (!terminal->is_shared || tcgetattr(terminal->inner, &inside) != 0) {
        return length;
    }
    if (terminal->is_raw && inside.c_oflag != terminal->raw.c_oflag) {
        terminal->raw.c_oflag = inside.c_oflag;
        tcsetattr(terminal->input, TCSANOW, &terminal->raw);
    }
    if (!adds_returns(&inside) || tcgetattr(terminal->output, &outside) != 0 ||
        !adds_returns(&outside)) {
        return length;
    }
    return strip_returns(bytes, length);
}
