#include "launcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The home directory of the user database. Read by hand: getpwuid(3) of a static program loads
 * libraries of the system's libc at run time, which need not be the one it was built with. */
static bool home_from_database(char home[PATH_MAX]) {
    FILE *database = fopen("/etc/passwd", "re");
    if (database == NULL)
        return false;
    char *line = NULL;
    size_t room = 0;
    bool found = false;
    while (!found && getline(&line, &room, database) > 0) {
        char *field[7] = {0}, *rest = line;
        for (int i = 0; i < 7 && rest != NULL; i++)
            field[i] = strsep(&rest, ":\n");
        char *end = NULL;
        found = field[5] != NULL && field[5][0] == '/' && strlen(field[5]) < PATH_MAX &&
                field[2][0] != '\0' && strtoul(field[2], &end, 10) == geteuid() && *end == '\0';
        if (found)
            strcpy(home, field[5]);
    }
    free(line);
    fclose(database);
    return found;
}

bool location_find(char path[PATH_MAX], const char *variable, const char *fallback) {
    const char *value = getenv(variable);
    if (value != NULL && value[0] == '/')
        return snprintf(path, PATH_MAX, "%s", value) < PATH_MAX;
    char home[PATH_MAX];
    value = getenv("HOME");
    if (value == NULL || value[0] != '/') {
        if (!home_from_database(home))
            return false;
        value = home;
    }
    return snprintf(path, PATH_MAX, "%s/%s", value, fallback) < PATH_MAX;
}

bool location_make(const char *path) {
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = part + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(part, 0700); /* what cannot be made is seen at the last one */
        *slash = '/';
    }
    return mkdir(part, 0700) == 0 || errno == EEXIST;
}
