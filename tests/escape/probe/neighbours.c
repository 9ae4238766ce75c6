/* A90-A99: services and memory of the user outside the jail. */
#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A name that begins with @ is an abstract one. */
static long connect_unix(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, name, sizeof address.sun_path - 1);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    } else {
        length++;
    }
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    long result = connect(client, (struct sockaddr *)&address, length);
    int error = errno;
    close(client);
    errno = error;
    return result;
}

static void attack_sockets(void) {
    attack("A91", "abstract-socket", connect_unix(setting("abstract", "@stemjail-escape")));
    attack("A91", "abstract-x11", connect_unix("@/tmp/.X11-unix/X0"));
    attack("A90", "system-bus", connect_unix("/run/dbus/system_bus_socket"));
    attack("A94", "docker", connect_unix("/var/run/docker.sock"));
    attack("A94", "snapd", connect_unix("/run/snapd.socket"));
    attack("A50", "portal-socket", connect_unix(setting("portal", "/run/stemjail/portal.sock")));
    const char *path = setting("socket", NULL);
    if (path != NULL) {
        tolerate("A95", "socket-in-granted-tree", connect_unix(path));
    }
    char directory[64];
    snprintf(directory, sizeof directory, "/run/user/%u", getuid());
    DIR *entries = opendir(directory);
    attack("A93", "runtime-directory", entries == NULL ? -1 : 0);
}

static void attack_tcp(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((unsigned short)atoi(setting("port", "9")));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    attack("A96", "host-loopback", connect(client, (struct sockaddr *)&address, sizeof address));
    close(client);
    /* For documentation, so nobody answers: what matters is whether there is a way out. */
    inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
    client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    attack("A96", "route-out", connect(client, (struct sockaddr *)&address, sizeof address));
    close(client);
}

static long add_loopback_address(void) {
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
        char reply[512];
    } message = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                            .nlmsg_type = RTM_NEWLINK,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
                 .link = {.ifi_index = 1, .ifi_change = 0x100, .ifi_flags = 0x100}};
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0 || send(netlink, &message, message.header.nlmsg_len, 0) < 0 ||
        recv(netlink, &message, sizeof message, 0) < 0) {
        return -1;
    }
    struct nlmsgerr *answer = NLMSG_DATA(&message.header);
    close(netlink);
    errno = -answer->error;
    return answer->error == 0 ? 0 : -1;
}

static void attack_families(void) {
    attack("A96", "packet-socket", socket(AF_PACKET, SOCK_RAW, 0));
    attack("A96", "packet-socket-by-old-name", socket(AF_INET, SOCK_PACKET, 0));
    attack("A96", "raw-icmp", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    attack("A96", "sctp", socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP));
    attack("A96", "l2tp", socket(AF_INET6, SOCK_DGRAM, 115));
    attack("A96", "vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
    attack("A96", "netlink-netfilter", socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER));
    attack("A96", "change-link", add_loopback_address());
}

static void attack_shared_memory(void) {
    key_t key = (key_t)strtol(setting("shm", "0x5afe"), NULL, 0);
    attack("A97", "sysv-shared-memory", shmget(key, 0, 0));
    char path[128];
    snprintf(path, sizeof path, "/dev/shm/%s", setting("posix-shm", "stemjail-escape"));
    attack_open("A97", "posix-shared-memory", path, O_RDONLY);
    attack_open("A97", "mqueue", "/dev/mqueue", O_RDONLY);
}

static void attack_activity(void) {
    const char *secret = setting("secret", "/root");
    int watcher = inotify_init1(IN_CLOEXEC);
    attack("A98", "inotify-outside", inotify_add_watch(watcher, secret, IN_ALL_EVENTS));
    tolerate("A98", "inotify-granted", inotify_add_watch(watcher, "/usr", IN_OPEN));
    char text[4096];
    bool readable = read_text("/proc/net/unix", text, sizeof text);
    const char *name = setting("abstract", "@stemjail-escape");
    bool seen = readable && strstr(text, name) != NULL;
    judge("A99", "proc-net-unix", seen, seen ? "host-sockets" : "own-only");
    /* Keys are listed where they may be viewed, which has nothing to do with namespaces. */
    readable = read_text("/proc/keys", text, sizeof text);
    seen = readable && strstr(text, setting("key", "stemjail-escape")) != NULL;
    judge("A99", "proc-keys", seen, seen ? "host-key" : "none");
}

void attack_neighbours(void) {
    attack_sockets();
    attack_tcp();
    attack_families();
    attack_shared_memory();
    attack_activity();
}
