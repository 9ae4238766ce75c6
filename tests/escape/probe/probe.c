#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct mode {
    const char *name;
    void (*run)(void);
};

static const struct mode modes[] = {
    {"tty", attack_terminal},
    {"proc", attack_monitor},
    {"kill1", attack_signals},
    {"nested", attack_nested},
    {"sys", attack_privileges},
    {"kernel", attack_kernel},
    {"conn", attack_neighbours},
    {"zombies", attack_zombies},
    {"forks", attack_forks},
    {"daemon", attack_daemon},
    {"strangers", attack_strangers},
    {"fds", attack_descriptors},
    {"fds-directory", attack_standard_directory},
    {"link", attack_links},
    {"mounts", attack_mounts},
    {"env", attack_environment},
    {"linger", linger},
    {"identity", report_identity},
};

static char *const *settings;

const char *setting(const char *key, const char *otherwise) {
    size_t length = strlen(key);
    for (char *const *argument = settings; *argument != NULL; argument++) {
        if (strncmp(*argument, key, length) == 0 && (*argument)[length] == '=') {
            return *argument + length + 1;
        }
    }
    return otherwise;
}

void say(const char *number, const char *name, const char *verdict, const char *detail) {
    printf("%s %s %s %s\n", number, name, verdict, detail);
    fflush(stdout);
}

static void say_errno(const char *number, const char *name) {
    const char *error = strerrorname_np(errno);
    say(number, name, "ok", error != NULL ? error : "unknown-errno");
}

long attack(const char *number, const char *name, long result) {
    if (result < 0) {
        say_errno(number, name);
    } else {
        say(number, name, "FAIL", "worked");
    }
    return result;
}

void judge(const char *number, const char *name, bool worked, const char *detail) {
    say(number, name, worked ? "FAIL" : "ok", detail);
}

void tolerate(const char *number, const char *name, long result) {
    if (result < 0) {
        say_errno(number, name);
    } else {
        say(number, name, "same", "worked");
    }
}

void attack_open(const char *number, const char *name, const char *path, int flags) {
    int file = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    attack(number, name, file);
    if (file >= 0) {
        close(file);
    }
}

void in_child(void (*act)(void)) {
    pid_t pid = fork();
    if (pid == 0) {
        act();
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

bool read_text(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    size_t length = 0;
    ssize_t count;
    while (length < size - 1 && (count = read(file, text + length, size - 1 - length)) > 0) {
        length += (size_t)count;
    }
    text[length] = '\0';
    close(file);
    return true;
}

bool write_text(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    bool written = write(file, text, strlen(text)) == (ssize_t)strlen(text);
    int error = errno;
    close(file);
    errno = error;
    return written;
}

static int usage(void) {
    fputs("usage: probe MODE [KEY=VALUE]...\n       probe plant [KEY=VALUE]... -- COMMAND...\n",
          stderr);
    return 2;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        return usage();
    }
    settings = argv + 2;
    if (strcmp(argv[1], "plant") == 0) {
        for (int i = 2; i < argc; i++) {
            if (strcmp(argv[i], "--") == 0) {
                argv[i] = NULL;
                return plant(argv + i + 1);
            }
        }
        return usage();
    }
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, argv[1]) == 0) {
            modes[i].run();
            /* Without this line the mode did not come to its end. */
            puts("probe-ended");
            return 0;
        }
    }
    return usage();
}
