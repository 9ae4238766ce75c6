/* Links and names: reading, making and moving them. */
#define _GNU_SOURCE
#include "hook.h"

#include <fcntl.h>

#define PROTOTYPES_LINK
#include "prototypes.h"
