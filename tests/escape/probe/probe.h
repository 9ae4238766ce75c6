/*
 * An attacker to run inside a jail. Each mode tries the attacks of one theme and prints one line
 * for each:
 *
 *     NUMBER NAME VERDICT DETAIL
 *
 * NUMBER is the attack's number in the catalogue of threats; VERDICT is
 *     ok    the attack was refused (DETAIL: errno by name, or what was seen)
 *     FAIL  the attack worked
 *     same  the call worked, and showed or changed nothing that the jail did not have
 *     skip  it could not be tried here (DETAIL says why)
 *
 * Arguments of the form KEY=VALUE tell a mode what lies outside, for it to look for.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The value of an argument KEY=VALUE, or `otherwise`. */
const char *setting(const char *key, const char *otherwise);

/* Prints one line. */
void say(const char *number, const char *name, const char *verdict, const char *detail);

/* An attack that worked if `result` is not negative; else errno says how it was refused. */
long attack(const char *number, const char *name, long result);

/* An attack that worked if `worked`; `detail` says what was seen. */
void judge(const char *number, const char *name, bool worked, const char *detail);

/* Like attack, for a call that does no harm where it works. */
void tolerate(const char *number, const char *name, long result);

/* Opens a file only to see whether it opens, and closes it. */
void attack_open(const char *number, const char *name, const char *path, int flags);

/* Runs `act` in a child, whose changes of itself stay there. */
void in_child(void (*act)(void));

/* Reads a whole small file as text; false where it cannot be read. */
bool read_text(const char *path, char *text, size_t size);

/* Writes text to an existing file; false where it cannot be written. */
bool write_text(const char *path, const char *text);

/* The modes. */
void attack_terminal(void);
void attack_monitor(void);
void attack_signals(void);
void attack_nested(void);
void attack_privileges(void);
void attack_kernel(void);
void attack_neighbours(void);
void attack_zombies(void);
void attack_forks(void);
void attack_daemon(void);
void attack_strangers(void);
void attack_descriptors(void);
void attack_standard_directory(void);
void attack_links(void);
void attack_mounts(void);
void attack_environment(void);
void linger(void);
void report_identity(void);

/* Outside a jail: plants what the modes look for, then executes `command`. */
int plant(char *const command[]);

#endif
