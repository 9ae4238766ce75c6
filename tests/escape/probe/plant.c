/* Outside the jail: what the modes look for inside. */
#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_unix(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, name, sizeof address.sun_path - 1);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    } else {
        unlink(name);
        length++;
    }
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return bind(server, (struct sockaddr *)&address, length) < 0 ? -1 : listen(server, 16);
}

static int listen_tcp(unsigned short port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int reuse = 1;
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    return bind(server, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : listen(server, 16);
}

static const char *shared_memory_path(void) {
    static char path[128];
    snprintf(path, sizeof path, "/dev/shm/%s", setting("posix-shm", "stemjail-escape"));
    return path;
}

static int shared_memory(int flags) {
    return shmget((key_t)strtol(setting("shm", "0x5afe"), NULL, 0), 4096, flags);
}

/* The command that is attacked from has ended: nothing planted stays. */
static void clean_up(int number) {
    (void)number;
    unlink(shared_memory_path());
    shmctl(shared_memory(0), IPC_RMID, NULL);
    _exit(0);
}

/* The user's other programs: they end with the command that is attacked from. */
static void serve(int ready) {
    bool listening = listen_unix(setting("abstract", "@stemjail-escape")) == 0 &&
                     listen_tcp((unsigned short)atoi(setting("port", "9999"))) == 0;
    const char *path = setting("socket", NULL);
    listening = listening && (path == NULL || listen_unix(path) == 0);
    signal(SIGTERM, clean_up);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    /* Nothing of the command's, so that who reads its output sees the end of it. */
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        close(descriptor);
    }
    write(ready, listening ? "1" : "0", 1);
    for (;;) {
        pause();
    }
}

static bool start_servers(void) {
    int ready[2];
    char answer = '0';
    if (pipe2(ready, O_CLOEXEC) < 0) {
        return false;
    }
    if (fork() == 0) {
        serve(ready[1]);
    }
    close(ready[1]);
    bool started = read(ready[0], &answer, 1) == 1 && answer == '1';
    close(ready[0]);
    return started;
}

static bool plant_key(void) {
    const char *description = setting("key", "stemjail-escape");
    return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 &&
           syscall(SYS_add_key, "user", description, "secret", 6, KEY_SPEC_SESSION_KEYRING) >= 0;
}

/* A file and a directory, without close-on-exec, as a careless parent leaves them. */
static bool plant_descriptors(void) {
    const char *secret = setting("secret", "/etc/passwd");
    int file = open(secret, O_RDONLY);
    int directory = open("/", O_RDONLY | O_DIRECTORY);
    return dup2(file, 8) == 8 && dup2(directory, 9) == 9;
}

static void plant_environment(void) {
    setenv("SECRET_TOKEN", "secret", 1);
    setenv("SSH_AUTH_SOCK", "/run/user/agent", 1);
    setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/bus", 1);
    setenv("XAUTHORITY", "/run/user/xauth", 1);
    setenv("WAYLAND_DISPLAY", "wayland-0", 1);
    setenv("LD_LIBRARY_PATH", "/nonexistent", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
}

static bool plant_memory(void) {
    int file = open(shared_memory_path(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return file >= 0 && shared_memory(IPC_CREAT | 0600) >= 0;
}

int plant(char *const command[]) {
    if (!start_servers() || !plant_key() || !plant_memory() || !plant_descriptors()) {
        perror("probe plant");
        return 2;
    }
    plant_environment();
    execvp(command[0], command);
    perror(command[0]);
    return 127;
}
