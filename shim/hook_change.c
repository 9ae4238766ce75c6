/* Making, removing and changing files by their path. */
#define _GNU_SOURCE
#include "hook.h"

#define PROTOTYPES_CHANGE
#include "prototypes.h"
