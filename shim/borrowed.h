/*
 * The user's terminal, as the client borrows it for the jail's pseudoterminal.
 */
#ifndef STEMJAIL_BORROWED_H
#define STEMJAIL_BORROWED_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct borrowed_terminal {
    int input;      /* its keyboard, or -1 */
    int output;     /* where it shows something, or -1 */
    int inner;      /* our end of the jail's pseudoterminal, or -1 */
    bool is_to_raw; /* whether the keyboard is to be raw while we have it */
    bool is_shared; /* whether others read and write there meanwhile */
    bool is_raw;
    struct termios before;
    struct termios raw;
};

/* Whether a line was typed that nobody has read. */
bool has_line(const struct borrowed_terminal *terminal);

/* Makes the keyboard raw, unless it is so, or somebody else's now. */
void borrow_keyboard(struct borrowed_terminal *terminal);

/* After a stop: finds out whether somebody else has set the terminal meanwhile, as a shell does
 * that goes on while we are stopped. */
void check_keyboard(struct borrowed_terminal *terminal);

/* Gives the terminal its settings back. */
void return_keyboard(struct borrowed_terminal *terminal);

/* Gives the pseudoterminal the terminal's size. */
void copy_size(const struct borrowed_terminal *terminal);

/* Before bytes are shown that came from inside: has the terminal treat them, and what others write,
 * as the pseudoterminal would; and takes out of the bytes what would be done twice. Returns how
 * many there are then. */
size_t fit_output(struct borrowed_terminal *terminal, char *bytes, size_t length);

#endif
