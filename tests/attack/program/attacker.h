/*
 * An attacker that speaks the monitor's protocol itself, without the shim. Each mode makes one kind
 * of trouble; some print one line for each attack, as tests/escape's probe does:
 *
 *     NUMBER NAME VERDICT DETAIL
 *
 * VERDICT is ok where the attack failed and FAIL where it worked.
 */
#ifndef ATTACKER_H
#define ATTACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MONITOR_SOCKET "/dev/stemjail/socket"

enum { REQUEST_HEADER = 8, MAXIMUM_MESSAGE = 1 << 17, MAXIMUM_PATH = 4095 };

/* What came of a request: a verdict of shim/protocol.h, or one of these. */
enum answer { ANSWER_CLOSED = -1, ANSWER_SILENT = -2, ANSWER_UNSENDABLE = -3 };

/* A connection to the monitor, which answers within seconds or not at all; or -1 with errno. */
int monitor_connect(void);

/* Builds a well-formed request about a path; its length. `to` has room for MAXIMUM_PATH more. */
size_t make_access(unsigned char *to, const char *path, bool write);

/* Sends bytes as one message and waits for its answer. */
int exchange(int connection, const void *bytes, size_t length);

/* Asks for a path over a connection of its own. */
int ask(const char *path, bool write);

/* Prints one line of result. */
void judge(const char *number, const char *name, bool worked, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Prints an error with errno and ends: the attack could not even be tried. */
void fail(const char *what) __attribute__((noreturn));

/* Milliseconds of the monotonic clock. */
double milliseconds(void);

/* Lets this process have as many descriptors as it may; how many that is. */
size_t raise_descriptor_limit(void);

/* The modes; arguments follow the mode's name. */
int replay(int count, char **arguments);
int send_descriptors(int count, char **arguments);
int flood(int count, char **arguments);
int turns(int count, char **arguments);
int deaf(int count, char **arguments);
int forge(int count, char **arguments);
int ask_mode(int count, char **arguments);
int swap(int count, char **arguments);
int disagree(int count, char **arguments);
int roll_back(int count, char **arguments);
int take_over(int count, char **arguments);
int replay_stream(int count, char **arguments);
int shorten(int count, char **arguments);
int change_modes(int count, char **arguments);
int reschedule(int count, char **arguments);

#endif
