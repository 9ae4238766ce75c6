/* Reading what a path leads to, without opening it. */
#define _GNU_SOURCE
#include "hook.h"

#include <sys/inotify.h>

#define PROTOTYPES_STAT
#include "prototypes.h"
