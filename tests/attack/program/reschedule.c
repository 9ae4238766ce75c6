/*
 * A18: how the monitor is scheduled, as the root of a namespace of its own would have it. The
 * kernel compares the capabilities that both have, and not where they hold.
 */
#include "attacker.h"
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What works is to what it was. */
static void attack_thread(pid_t thread) {
    const struct sched_param none = {0};
    cpu_set_t all;
    memset(&all, 0xff, sizeof all);
    judge("A18", "policy", sched_setscheduler(thread, SCHED_OTHER, &none) == 0, "%d", thread);
    judge("A18", "parameter", sched_setparam(thread, &none) == 0, "%d", thread);
    judge("A18", "processors", sched_setaffinity(thread, sizeof all, &all) == 0, "%d", thread);
    judge("A18", "priority", setpriority(PRIO_PROCESS, (id_t)thread, 0) == 0, "%d", thread);
    judge("A18", "io-priority", syscall(SYS_ioprio_set, 1, thread, 0) == 0, "%d", thread);
}

/* reschedule FIRST: below the jail's first process are the monitor's threads, or those that ended.
 */
int reschedule(int count, char **arguments) {
    const struct sched_param none = {0};
    if (count != 1)
        return 2;
    for (pid_t thread = 1; thread < atoi(arguments[0]); thread++)
        attack_thread(thread);
    judge("A18", "priority-of-group", setpriority(PRIO_PGRP, 1, 0) == 0, "%s", strerror(errno));
    judge("A18", "priority-of-all", setpriority(PRIO_USER, 0, 0) == 0, "%s", strerror(errno));
    judge("A18", "io-priority-of-all", syscall(SYS_ioprio_set, 3, 0, 0) == 0, "%s",
          strerror(errno));
    /* Its own it may set. */
    if (setpriority(PRIO_PROCESS, 0, 1) < 0 || sched_setscheduler(0, SCHED_BATCH, &none) < 0)
        fail("its own priority");
    return 0;
}
