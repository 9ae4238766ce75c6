/* A62, A63, A67, A70: processes that stay, multiply, or belong to others. */
#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ORPHANS = 200, FORKS = 800, LIFETIME_SECONDS = 8 };

static void orphan(void) {
    if (fork() == 0) {
        usleep(1000);
        _exit(0);
    }
}

static bool is_zombie(const char *pid) {
    char path[32], text[512];
    snprintf(path, sizeof path, "/proc/%.16s/stat", pid);
    if (!read_text(path, text, sizeof text)) {
        return false;
    }
    const char *state = strrchr(text, ')');
    return state != NULL && state[2] == 'Z';
}

void attack_zombies(void) {
    for (int i = 0; i < ORPHANS; i++) {
        in_child(orphan);
    }
    sleep(1);
    int zombies = 0;
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;) {
        zombies += entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_zombie(entry->d_name);
    }
    char detail[32];
    snprintf(detail, sizeof detail, "%d-of-%d", zombies, ORPHANS);
    judge("A62", "zombies", zombies > 0, detail);
}

/* Each child waits until it is ended, so that all of them exist at once. */
void attack_forks(void) {
    static pid_t children[FORKS];
    int count = 0;
    int error = 0;
    while (count < FORKS && error == 0) {
        pid_t pid = fork();
        if (pid == 0) {
            pause();
            _exit(0);
        }
        if (pid < 0) {
            error = errno;
        } else {
            children[count++] = pid;
        }
    }
    char detail[64];
    snprintf(detail, sizeof detail, "%d-of-%d-%s", count, FORKS,
             error == 0 ? "none-refused" : strerrorname_np(error));
    say("A67", "forks", error == 0 ? "same" : "ok", detail);
    for (int i = 0; i < count; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
}

/* Seen from outside by its argument, after the jail has ended. */
void linger(void) { sleep(LIFETIME_SECONDS); }

static void start_daemon(void) {
    if (fork() == 0) {
        setsid();
        char token[128];
        snprintf(token, sizeof token, "token=%s", setting("token", "none"));
        for (int descriptor = 0; descriptor < 3; descriptor++) {
            close(descriptor);
        }
        execl("/proc/self/exe", "probe", "linger", token, (char *)NULL);
        _exit(127);
    }
}

void attack_daemon(void) {
    in_child(start_daemon);
    usleep(50 * 1000);
    say("A63", "daemon", "same", "left-behind");
}

void attack_strangers(void) {
    int listed = 0, signalled = 0;
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;) {
        listed += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
    }
    for (pid_t pid = 1; pid <= 65535; pid++) {
        signalled += pid != getpid() && (kill(pid, 0) == 0 || errno == EPERM);
    }
    char detail[64];
    snprintf(detail, sizeof detail, "%d-listed-%d-known", listed, signalled);
    judge("A70", "host-processes", listed > 8 || signalled > 8, detail);
    pid_t outside = atoi(setting("outside", "0"));
    if (outside > 0) {
        attack("A70", "signal-outside", kill(outside, 0));
    }
}
