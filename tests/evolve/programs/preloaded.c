/* A library of the user's own: it says that it is there, and stays out of the way. */
#include <unistd.h>

__attribute__((constructor)) static void say(void) {
    static const char text[] = "preloaded\n";
    if (write(1, text, sizeof text - 1) < 0)
        _exit(9);
}
