/*
 * A50, A82: StemJail's own files outside, in a tree that the jail may write to. For each path, and
 * each directory around it: read it, write to it, remove it, put another one in its place.
 */
#include "attacker.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Whether a directory, seen from here, holds anything. */
static bool holds_something(const char *path) {
    DIR *directory = opendir(path);
    bool something = false;
    if (directory == NULL)
        return false;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        something |= strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return something;
}

static bool reads_something(const char *path) {
    char byte;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool something = file >= 0 && read(file, &byte, 1) > 0;
    if (file >= 0)
        close(file);
    return something;
}

static bool connects(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    bool connected = connect(connection, (struct sockaddr *)&address, sizeof address) == 0;
    close(connection);
    return connected;
}

static void plant_in(const char *directory) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/planted.toml", directory);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    judge("A82", "plant", file >= 0, "%s", path);
    if (file >= 0)
        close(file);
    snprintf(path, sizeof path, "%s/profiles", directory);
    judge("A82", "make-directory", mkdir(path, 0700) == 0, "%s", path);
}

/* Takes a path away and puts a link to the attacker's own directory there. */
static void replace(const char *path) {
    char away[PATH_MAX];
    snprintf(away, sizeof away, "%s.away", path);
    bool removed = rename(path, away) == 0 || unlink(path) == 0 || rmdir(path) == 0;
    judge("A82", "take-away", removed, "%s", path);
    bool planted = symlink("/dev/shm", path) == 0;
    judge("A82", "put-another", planted, "%s", path);
    /* For the next path to be there still. */
    if (planted)
        unlink(path);
    if (removed)
        rename(away, path);
}

static void attack_path(const char *path) {
    struct stat status;
    bool is_directory = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    judge("A50", "read", is_directory ? holds_something(path) : reads_something(path), "%s", path);
    judge("A50", "connect", connects(path), "%s", path);
    if (is_directory)
        plant_in(path);
    else
        judge("A50", "write", open(path, O_WRONLY | O_CLOEXEC) >= 0, "%s", path);
    judge("A50", "truncate", truncate(path, 0) == 0, "%s", path);
    judge("A50", "modes", chmod(path, 0777) == 0, "%s", path);
    replace(path);
}

/* take-over LIMIT PATH...: the directories around a path are tried as far as below LIMIT. */
int take_over(int count, char **arguments) {
    for (int at = 1; at < count; at++) {
        char path[PATH_MAX];
        attack_path(arguments[at]);
        snprintf(path, sizeof path, "%s", arguments[at]);
        for (char *slash; (slash = strrchr(path, '/')) != NULL;) {
            *slash = '\0';
            if (strlen(path) <= strlen(arguments[0]))
                break;
            replace(path);
        }
    }
    return 0;
}
