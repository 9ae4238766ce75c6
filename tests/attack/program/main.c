/* Chooses the mode. */
#include "attacker.h"
#include <stdio.h>
#include <string.h>

static const struct mode {
    const char *name;
    int (*run)(int count, char **arguments);
} modes[] = {
    {"ask", ask_mode},        {"deaf", deaf},           {"descriptors", send_descriptors},
    {"disagree", disagree},   {"flood", flood},         {"forge", forge},
    {"modes", change_modes},  {"replay", replay},       {"reschedule", reschedule},
    {"roll-back", roll_back}, {"shorten", shorten},     {"stream", replay_stream},
    {"swap", swap},           {"take-over", take_over}, {"turns", turns},
};

int main(int count, char **arguments) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t at = 0; count > 1 && at < sizeof modes / sizeof *modes; at++) {
        if (strcmp(arguments[1], modes[at].name) == 0)
            return modes[at].run(count - 2, arguments + 2);
    }
    fputs("attacker: no such mode\n", stderr);
    return 2;
}
