/* Streams and other files that the C library opens on its own. */
#define _GNU_SOURCE
#include "hook.h"

#define PROTOTYPES_STREAM
#include "prototypes.h"
