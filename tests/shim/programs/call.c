/*
 * Makes one call of the C library with a path, and says how it ended.
 *
 *     call NAME PATH
 *
 * Prints `ok`, or the name of the error. Structures are too large on purpose.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <mntent.h>
#include <nl_types.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>
#include <wordexp.h>

/* Old entry points, and checking ones, which no header declares. */
int __xstat(int, const char *, void *);
int __xstat64(int, const char *, void *);
int __lxstat(int, const char *, void *);
int __lxstat64(int, const char *, void *);
int __fxstatat(int, int, const char *, void *, int);
int __fxstatat64(int, int, const char *, void *, int);
int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);
ssize_t __readlink_chk(const char *, char *, size_t, size_t);
ssize_t __readlinkat_chk(int, const char *, char *, size_t, size_t);
char *__realpath_chk(const char *, char *, size_t);
int __open(const char *, int, ...);
int __open64(const char *, int, ...);
int eaccess(const char *, int);

static const char *path;
static char buffer[8192];
static char other[8192];

/* Most calls succeed with 0 or a descriptor. */
static int of_number(long result) { return result < 0 ? -1 : 0; }

static int of_pointer(const void *result) { return result == NULL ? -1 : 0; }

static const char *sibling(const char *name) {
    snprintf(other, sizeof other, "%s", path);
    snprintf(strrchr(other, '/') + 1, 64, "%s", name);
    return other;
}

static int visit(const char *name, const struct stat *status, int kind) {
    (void)status;
    return kind == FTW_NS && strcmp(name, path) == 0 ? -1 : 0;
}

static int visit_more(const char *name, const struct stat *status, int kind, struct FTW *place) {
    (void)place;
    return visit(name, status, kind);
}

static int with_socket(int (*call)(int, const struct sockaddr *, socklen_t)) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);
    return call(descriptor, (struct sockaddr *)&address, sizeof address);
}

static int send_message(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct iovec part = {"x", 1};
    struct msghdr message = {
        .msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &part, .msg_iovlen = 1};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return of_number(sendmsg(socket(AF_UNIX, SOCK_DGRAM, 0), &message, 0));
}

static int send_to(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return of_number(sendto(socket(AF_UNIX, SOCK_DGRAM, 0), "x", 1, 0, (struct sockaddr *)&address,
                            sizeof address));
}

static int walk_roots(void) {
    char *roots[] = {(char *)path, NULL};
    FTS *const walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    const FTSENT *const entry = walk == NULL ? NULL : fts_read(walk);
    return entry == NULL || entry->fts_info == FTS_NS ? -1 : 0;
}

static int expand(void) {
    glob_t found;
    snprintf(buffer, sizeof buffer, "%s/*", path);
    return glob(buffer, 0, NULL, &found) == 0 ? 0 : -1;
}

static int expand_words(void) {
    wordexp_t found;
    snprintf(buffer, sizeof buffer, "%s/*", path);
    return wordexp(buffer, &found, 0) == 0 && strchr(found.we_wordv[0], '*') == NULL ? 0 : -1;
}

static int from_template(int (*call)(char *)) {
    snprintf(buffer, sizeof buffer, "%s/tXXXXXX", path);
    return of_number(call(buffer));
}

static int temporary_directory(void) {
    snprintf(buffer, sizeof buffer, "%s/tXXXXXX", path);
    return of_pointer(mkdtemp(buffer));
}

static int with_suffix(void) {
    snprintf(buffer, sizeof buffer, "%s/tXXXXXX.c", path);
    return of_number(mkstemps(buffer, 2));
}

/* Succeeds if the child could open what it was told to. */
static int spawn_that_opens(void) {
    char *const arguments[] = {"true", NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 9, path, O_RDONLY, 0);
    errno = posix_spawn(&child, "/bin/true", &actions, NULL, arguments, NULL);
    return errno == 0 ? 0 : -1;
}

static int spawn_that_changes(void) {
    char *const arguments[] = {"true", NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, path);
    errno = posix_spawn(&child, "/bin/true", &actions, NULL, arguments, NULL);
    return errno == 0 ? 0 : -1;
}

static int open_with_how(void) {
    const uint64_t how[] = {O_RDONLY, 0, 0};
    int (*const openat2)(int, const char *, const void *, size_t) =
        (int (*)(int, const char *, const void *, size_t))dlsym(RTLD_DEFAULT, "openat2");
    return of_number(openat2(AT_FDCWD, path, how, sizeof how));
}

static int open_with_how_by_number(void) {
    const uint64_t how[] = {O_RDONLY, 0, 0};
    return of_number(syscall(SYS_openat2, AT_FDCWD, path, how, sizeof how));
}

/* An object that is no library: another error than a missing file's. */
static int load(void) {
    dlopen(path, RTLD_NOW);
    return strstr(dlerror(), "No such file") == NULL ? 0 : -1;
}

static int change_directory(void) {
    return chdir(path) == 0 && access("inner", F_OK) == 0 ? 0 : -1;
}

#define NUMBER(name, expression)                                                                   \
    if (strcmp(call, name) == 0)                                                                   \
    return of_number(expression)
#define POINTER(name, expression)                                                                  \
    if (strcmp(call, name) == 0)                                                                   \
    return of_pointer(expression)

static int call_to_open(const char *call) {
    NUMBER("open", open(path, O_RDONLY));
    NUMBER("open-write", open(path, O_WRONLY));
    NUMBER("open-create", open(path, O_RDONLY | O_CREAT, 0600));
    NUMBER("open-truncate", open(path, O_RDONLY | O_TRUNC));
    NUMBER("open64", open64(path, O_RDONLY));
    NUMBER("__open", __open(path, O_RDONLY));
    NUMBER("__open64", __open64(path, O_RDONLY));
    NUMBER("__open_2", __open_2(path, O_RDONLY));
    NUMBER("__open64_2", __open64_2(path, O_RDONLY));
    NUMBER("openat", openat(AT_FDCWD, path, O_RDONLY));
    NUMBER("openat64", openat64(AT_FDCWD, path, O_RDONLY));
    NUMBER("__openat_2", __openat_2(AT_FDCWD, path, O_RDONLY));
    NUMBER("__openat64_2", __openat64_2(AT_FDCWD, path, O_RDONLY));
    NUMBER("openat2", open_with_how());
    NUMBER("creat", creat(path, 0600));
    NUMBER("creat64", creat64(path, 0600));
    POINTER("fopen", fopen(path, "r"));
    POINTER("fopen-write", fopen(path, "r+"));
    POINTER("fopen-charset", fopen(path, "r,ccs=utf-8"));
    POINTER("fopen64", fopen64(path, "r"));
    POINTER("freopen", freopen(path, "r", stdin));
    POINTER("freopen64", freopen64(path, "r", stdin));
    POINTER("setmntent", setmntent(path, "r"));
    POINTER("opendir", opendir(path));
    NUMBER("catopen", catopen(path, 0) == (nl_catd)-1 && errno == ENOENT ? -1 : 0);
    NUMBER("dlopen", load());
    NUMBER("syscall-openat", syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
    NUMBER("syscall-openat2", open_with_how_by_number());
    NUMBER("syscall-statx", syscall(SYS_statx, AT_FDCWD, path, 0, 0x7ff, buffer));
    NUMBER("mkstemp", from_template(mkstemp));
    NUMBER("mkstemp64", from_template(mkstemp64));
    NUMBER("mkstemps", with_suffix());
    NUMBER("mkdtemp", temporary_directory());
    errno = EINVAL;
    return 1;
}

static int call_to_read(const char *call) {
    NUMBER("stat", stat(path, (void *)buffer));
    NUMBER("stat64", stat64(path, (void *)buffer));
    NUMBER("lstat", lstat(path, (void *)buffer));
    NUMBER("lstat64", lstat64(path, (void *)buffer));
    NUMBER("fstatat", fstatat(AT_FDCWD, path, (void *)buffer, 0));
    NUMBER("fstatat64", fstatat64(AT_FDCWD, path, (void *)buffer, 0));
    NUMBER("__xstat", __xstat(1, path, buffer));
    NUMBER("__xstat64", __xstat64(1, path, buffer));
    NUMBER("__lxstat", __lxstat(1, path, buffer));
    NUMBER("__lxstat64", __lxstat64(1, path, buffer));
    NUMBER("__fxstatat", __fxstatat(1, AT_FDCWD, path, buffer, 0));
    NUMBER("__fxstatat64", __fxstatat64(1, AT_FDCWD, path, buffer, 0));
    NUMBER("statx", statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, (void *)buffer));
    NUMBER("statfs", statfs(path, (void *)buffer));
    NUMBER("statfs64", statfs64(path, (void *)buffer));
    NUMBER("statvfs", statvfs(path, (void *)buffer));
    NUMBER("statvfs64", statvfs64(path, (void *)buffer));
    NUMBER("access", access(path, R_OK));
    NUMBER("access-write", access(path, W_OK));
    NUMBER("eaccess", eaccess(path, R_OK));
    NUMBER("euidaccess", euidaccess(path, R_OK));
    NUMBER("faccessat", faccessat(AT_FDCWD, path, R_OK, AT_EACCESS));
    NUMBER("pathconf", pathconf(path, _PC_NAME_MAX));
    NUMBER("ftok", ftok(path, 1));
    NUMBER("getxattr", getxattr(path, "user.x", buffer, 9) < 0 && errno == ENOENT ? -1 : 0);
    NUMBER("lgetxattr", lgetxattr(path, "user.x", buffer, 9) < 0 && errno == ENOENT ? -1 : 0);
    NUMBER("listxattr", listxattr(path, buffer, sizeof buffer));
    NUMBER("llistxattr", llistxattr(path, buffer, sizeof buffer));
    NUMBER("inotify_add_watch", inotify_add_watch(inotify_init(), path, IN_MODIFY));
    NUMBER("name_to_handle_at",
           name_to_handle_at(AT_FDCWD, path, (void *)buffer, (int *)other, 0) < 0 && errno == ENOENT
               ? -1
               : 0);
    NUMBER("readlink", readlink(path, buffer, sizeof buffer));
    NUMBER("readlinkat", readlinkat(AT_FDCWD, path, buffer, sizeof buffer));
    NUMBER("__readlink_chk", __readlink_chk(path, buffer, 9, 9));
    NUMBER("__readlinkat_chk", __readlinkat_chk(AT_FDCWD, path, buffer, 9, 9));
    POINTER("realpath", realpath(path, NULL));
    POINTER("__realpath_chk", __realpath_chk(path, buffer, sizeof buffer));
    POINTER("canonicalize_file_name", canonicalize_file_name(path));
    errno = EINVAL;
    return 1;
}

static int call_to_change(const char *call) {
    const struct timeval times[2] = {{1, 0}, {1, 0}};
    NUMBER("mkdir", mkdir(path, 0700));
    NUMBER("mkdirat", mkdirat(AT_FDCWD, path, 0700));
    NUMBER("mknod", mknod(path, S_IFREG | 0600, 0));
    NUMBER("mknodat", mknodat(AT_FDCWD, path, S_IFREG | 0600, 0));
    NUMBER("mkfifo", mkfifo(path, 0600));
    NUMBER("mkfifoat", mkfifoat(AT_FDCWD, path, 0600));
    NUMBER("rmdir", rmdir(path));
    NUMBER("unlink", unlink(path));
    NUMBER("unlinkat", unlinkat(AT_FDCWD, path, 0));
    NUMBER("remove", remove(path));
    NUMBER("rename", rename(path, sibling("renamed")));
    NUMBER("renameat", renameat(AT_FDCWD, path, AT_FDCWD, sibling("renamed")));
    NUMBER("renameat2", renameat2(AT_FDCWD, path, AT_FDCWD, sibling("renamed"), 0));
    NUMBER("link", link(path, sibling("linked")));
    NUMBER("linkat", linkat(AT_FDCWD, path, AT_FDCWD, sibling("linked"), 0));
    NUMBER("symlink", symlink("target", path));
    NUMBER("symlinkat", symlinkat("target", AT_FDCWD, path));
    NUMBER("truncate", truncate(path, 0));
    NUMBER("truncate64", truncate64(path, 0));
    NUMBER("chmod", chmod(path, 0600));
    NUMBER("lchmod", lchmod(path, 0600));
    NUMBER("fchmodat", fchmodat(AT_FDCWD, path, 0600, 0));
    NUMBER("chown", chown(path, getuid(), getgid()));
    NUMBER("lchown", lchown(path, getuid(), getgid()));
    NUMBER("fchownat", fchownat(AT_FDCWD, path, getuid(), getgid(), 0));
    NUMBER("utime", utime(path, NULL));
    NUMBER("utimes", utimes(path, times));
    NUMBER("lutimes", lutimes(path, times));
    NUMBER("futimesat", futimesat(AT_FDCWD, path, times));
    NUMBER("utimensat", utimensat(AT_FDCWD, path, NULL, 0));
    NUMBER("setxattr", setxattr(path, "user.x", "v", 1, 0) < 0 && errno == ENOENT ? -1 : 0);
    NUMBER("lsetxattr", lsetxattr(path, "user.x", "v", 1, 0) < 0 && errno == ENOENT ? -1 : 0);
    NUMBER("removexattr", removexattr(path, "user.x") < 0 && errno == ENOENT ? -1 : 0);
    NUMBER("lremovexattr", lremovexattr(path, "user.x") < 0 && errno == ENOENT ? -1 : 0);
    NUMBER("bind", with_socket(bind));
    NUMBER("connect", with_socket(connect) < 0 && errno == ENOENT ? -1 : 0);
    NUMBER("sendto", send_to() < 0 && errno == ENOENT ? -1 : 0);
    NUMBER("sendmsg", send_message() < 0 && errno == ENOENT ? -1 : 0);
    errno = EINVAL;
    return 1;
}

static int call_to_walk(const char *call) {
    struct dirent **entries;
    NUMBER("chdir", change_directory());
    NUMBER("scandir", scandir(path, &entries, NULL, alphasort));
    NUMBER("scandirat", scandirat(AT_FDCWD, path, &entries, NULL, alphasort));
    NUMBER("ftw", ftw(path, visit, 9));
    NUMBER("ftw64", ftw64(path, (void *)visit, 9));
    NUMBER("nftw", nftw(path, visit_more, 9, 0));
    NUMBER("nftw64", nftw64(path, (void *)visit_more, 9, 0));
    NUMBER("fts_open", walk_roots());
    NUMBER("glob", expand());
    NUMBER("wordexp", expand_words());
    NUMBER("addopen", spawn_that_opens());
    NUMBER("addchdir_np", spawn_that_changes());
    errno = EINVAL;
    return 1;
}

int main(int count, char **arguments) {
    int (*const families[])(const char *) = {call_to_open, call_to_read, call_to_change,
                                             call_to_walk};
    int result = 1;
    if (count != 3)
        return 2;
    path = arguments[2];
    for (size_t index = 0; index < 4 && result == 1; index++)
        result = families[index](arguments[1]);
    printf("%s\n", result == 0 ? "ok" : result == 1 ? "unknown" : strerrorname_np(errno));
    return result == 1 ? 2 : 0;
}
