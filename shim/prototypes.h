/*
 * The C library's functions that take a path, as glibc 2.31 to 2.41 export them, and what each does
 * with it. hook.h says how to read a line; each hook_*.c takes the lines of its family. What needs
 * more than a line is written out there. tests/shim/exports_test.ts compares the hooks with what
 * the installed C library exports.
 *
 * Structures that a hook only passes on are void here.
 */

#define READ ACCESS_READ
#define READ_LINK (ACCESS_READ | ACCESS_NOFOLLOW)
#define WRITE ACCESS_WRITE
#define WRITE_LINK (ACCESS_WRITE | ACCESS_NOFOLLOW)

#ifdef PROTOTYPES_OPEN
/* The mode is passed on whether the caller gave one or not: variable arguments travel like others,
 * and the real function takes it only where it means something. */
HOOK(int, open, P(const char *path, int flags, unsigned mode), P(path, flags, mode), AT_FDCWD, path,
     access_of_flags(flags))
HOOK(int, open64, P(const char *path, int flags, unsigned mode), P(path, flags, mode), AT_FDCWD,
     path, access_of_flags(flags))
HOOK(int, __open, P(const char *path, int flags, unsigned mode), P(path, flags, mode), AT_FDCWD,
     path, access_of_flags(flags))
HOOK(int, __open64, P(const char *path, int flags, unsigned mode), P(path, flags, mode), AT_FDCWD,
     path, access_of_flags(flags))
HOOK(int, __open_2, P(const char *path, int flags), P(path, flags), AT_FDCWD, path,
     access_of_flags(flags))
HOOK(int, __open64_2, P(const char *path, int flags), P(path, flags), AT_FDCWD, path,
     access_of_flags(flags))
HOOK(int, openat, P(int directory, const char *path, int flags, unsigned mode),
     P(directory, path, flags, mode), directory, path, access_of_flags(flags))
HOOK(int, openat64, P(int directory, const char *path, int flags, unsigned mode),
     P(directory, path, flags, mode), directory, path, access_of_flags(flags))
HOOK(int, __openat_2, P(int directory, const char *path, int flags), P(directory, path, flags),
     directory, path, access_of_flags(flags))
HOOK(int, __openat64_2, P(int directory, const char *path, int flags), P(directory, path, flags),
     directory, path, access_of_flags(flags))
HOOK(int, creat, P(const char *path, unsigned mode), P(path, mode), AT_FDCWD, path, WRITE)
HOOK(int, creat64, P(const char *path, unsigned mode), P(path, mode), AT_FDCWD, path, WRITE)
HOOK(int, open_tree, P(int directory, const char *path, unsigned flags), P(directory, path, flags),
     directory, path, READ)
HOOK(int, name_to_handle_at,
     P(int directory, const char *path, void *handle, int *mount, int flags),
     P(directory, path, handle, mount, flags), directory, path, READ_LINK)
HOOK(void *, opendir, P(const char *path), P(path), AT_FDCWD, path, READ | ACCESS_OPENS)
#endif

#ifdef PROTOTYPES_STREAM
HOOK(void *, fopen, P(const char *path, const char *mode), P(path, mode), AT_FDCWD, path,
     access_of_mode(mode))
HOOK(void *, fopen64, P(const char *path, const char *mode), P(path, mode), AT_FDCWD, path,
     access_of_mode(mode))
HOOK(void *, _IO_fopen, P(const char *path, const char *mode), P(path, mode), AT_FDCWD, path,
     access_of_mode(mode))
HOOK(void *, _IO_file_fopen, P(void *stream, const char *path, const char *mode, int is_small),
     P(stream, path, mode, is_small), AT_FDCWD, path, access_of_mode(mode))
HOOK(void *, _IO_file_open,
     P(void *stream, const char *path, int flags, int mode, int kind, int is_small),
     P(stream, path, flags, mode, kind, is_small), AT_FDCWD, path, access_of_flags(flags))
HOOK(void *, setmntent, P(const char *path, const char *mode), P(path, mode), AT_FDCWD, path,
     access_of_mode(mode))
HOOK(void *, __setmntent, P(const char *path, const char *mode), P(path, mode), AT_FDCWD, path,
     access_of_mode(mode))
/* A failed freopen has closed the stream already. */
HOOK_ONCE(void *, freopen, P(const char *path, const char *mode, void *stream),
          P(path, mode, stream), AT_FDCWD, path, access_of_mode(mode))
HOOK_ONCE(void *, freopen64, P(const char *path, const char *mode, void *stream),
          P(path, mode, stream), AT_FDCWD, path, access_of_mode(mode))
HOOK_ONCE(void *, catopen, P(const char *name, int flag), P(name, flag), AT_FDCWD,
          path_with_slash(name), READ)
HOOK_BEFORE(char *, bindtextdomain, P(const char *domain, const char *path), P(domain, path),
            AT_FDCWD, path, READ)
HOOK_ONCE(char *, tempnam, P(const char *path, const char *prefix), P(path, prefix), AT_FDCWD, path,
          WRITE)
HOOK_ONCE(int, utmpname, P(const char *path), P(path), AT_FDCWD, path, READ)
HOOK_ONCE(int, utmpxname, P(const char *path), P(path), AT_FDCWD, path, READ)
HOOK_ONCE(long, updwtmp, P(const char *path, const void *entry), P(path, entry), AT_FDCWD, path,
          WRITE)
HOOK_ONCE(long, updwtmpx, P(const char *path, const void *entry), P(path, entry), AT_FDCWD, path,
          WRITE)
#endif

#ifdef PROTOTYPES_STAT
HOOK(int, stat, P(const char *path, void *status), P(path, status), AT_FDCWD, path, READ)
HOOK(int, stat64, P(const char *path, void *status), P(path, status), AT_FDCWD, path, READ)
HOOK(int, lstat, P(const char *path, void *status), P(path, status), AT_FDCWD, path, READ_LINK)
HOOK(int, lstat64, P(const char *path, void *status), P(path, status), AT_FDCWD, path, READ_LINK)
HOOK(int, fstatat, P(int directory, const char *path, void *status, int flags),
     P(directory, path, status, flags), directory, path, access_at(READ, flags))
HOOK(int, fstatat64, P(int directory, const char *path, void *status, int flags),
     P(directory, path, status, flags), directory, path, access_at(READ, flags))
HOOK(int, __xstat, P(int version, const char *path, void *status), P(version, path, status),
     AT_FDCWD, path, READ)
HOOK(int, __xstat64, P(int version, const char *path, void *status), P(version, path, status),
     AT_FDCWD, path, READ)
HOOK(int, __lxstat, P(int version, const char *path, void *status), P(version, path, status),
     AT_FDCWD, path, READ_LINK)
HOOK(int, __lxstat64, P(int version, const char *path, void *status), P(version, path, status),
     AT_FDCWD, path, READ_LINK)
HOOK(int, __fxstatat, P(int version, int directory, const char *path, void *status, int flags),
     P(version, directory, path, status, flags), directory, path, access_at(READ, flags))
HOOK(int, __fxstatat64, P(int version, int directory, const char *path, void *status, int flags),
     P(version, directory, path, status, flags), directory, path, access_at(READ, flags))
HOOK(int, statx, P(int directory, const char *path, int flags, unsigned mask, void *status),
     P(directory, path, flags, mask, status), directory, path, access_at(READ, flags))
HOOK(int, statfs, P(const char *path, void *status), P(path, status), AT_FDCWD, path, READ)
HOOK(int, statfs64, P(const char *path, void *status), P(path, status), AT_FDCWD, path, READ)
HOOK(int, __statfs, P(const char *path, void *status), P(path, status), AT_FDCWD, path, READ)
HOOK(int, statvfs, P(const char *path, void *status), P(path, status), AT_FDCWD, path, READ)
HOOK(int, statvfs64, P(const char *path, void *status), P(path, status), AT_FDCWD, path, READ)
HOOK(int, access, P(const char *path, int mode), P(path, mode), AT_FDCWD, path,
     access_of_permission(mode))
HOOK(int, eaccess, P(const char *path, int mode), P(path, mode), AT_FDCWD, path,
     access_of_permission(mode))
HOOK(int, euidaccess, P(const char *path, int mode), P(path, mode), AT_FDCWD, path,
     access_of_permission(mode))
HOOK(int, faccessat, P(int directory, const char *path, int mode, int flags),
     P(directory, path, mode, flags), directory, path, access_at(access_of_permission(mode), flags))
HOOK(long, pathconf, P(const char *path, int name), P(path, name), AT_FDCWD, path, READ)
HOOK(int, ftok, P(const char *path, int project), P(path, project), AT_FDCWD, path, READ)
HOOK(long, getxattr, P(const char *path, const char *name, void *value, size_t size),
     P(path, name, value, size), AT_FDCWD, path, READ)
HOOK(long, lgetxattr, P(const char *path, const char *name, void *value, size_t size),
     P(path, name, value, size), AT_FDCWD, path, READ_LINK)
HOOK(long, listxattr, P(const char *path, char *list, size_t size), P(path, list, size), AT_FDCWD,
     path, READ)
HOOK(long, llistxattr, P(const char *path, char *list, size_t size), P(path, list, size), AT_FDCWD,
     path, READ_LINK)
HOOK(int, inotify_add_watch, P(int descriptor, const char *path, uint32_t mask),
     P(descriptor, path, mask), AT_FDCWD, path, (mask & IN_DONT_FOLLOW) != 0 ? READ_LINK : READ)
HOOK(int, fanotify_mark,
     P(int descriptor, unsigned flags, uint64_t mask, int directory, const char *path),
     P(descriptor, flags, mask, directory, path), directory, path, READ)
#endif

#ifdef PROTOTYPES_LINK
HOOK(long, readlink, P(const char *path, char *target, size_t size), P(path, target, size),
     AT_FDCWD, path, READ_LINK)
HOOK(long, readlinkat, P(int directory, const char *path, char *target, size_t size),
     P(directory, path, target, size), directory, path, READ_LINK)
HOOK(long, __readlink_chk, P(const char *path, char *target, size_t size, size_t capacity),
     P(path, target, size, capacity), AT_FDCWD, path, READ_LINK)
HOOK(long, __readlinkat_chk,
     P(int directory, const char *path, char *target, size_t size, size_t capacity),
     P(directory, path, target, size, capacity), directory, path, READ_LINK)
HOOK(char *, realpath, P(const char *path, char *resolved), P(path, resolved), AT_FDCWD, path, READ)
HOOK(char *, __realpath_chk, P(const char *path, char *resolved, size_t capacity),
     P(path, resolved, capacity), AT_FDCWD, path, READ)
HOOK(char *, canonicalize_file_name, P(const char *path), P(path), AT_FDCWD, path, READ)
HOOK(int, symlink, P(const char *target, const char *path), P(target, path), AT_FDCWD, path,
     WRITE_LINK)
HOOK(int, symlinkat, P(const char *target, int directory, const char *path),
     P(target, directory, path), directory, path, WRITE_LINK)
HOOK_OF_TWO(int, link, P(const char *from, const char *to), P(from, to), AT_FDCWD, from, READ_LINK,
            AT_FDCWD, to, WRITE_LINK)
HOOK_OF_TWO(int, linkat,
            P(int from_directory, const char *from, int to_directory, const char *to, int flags),
            P(from_directory, from, to_directory, to, flags), from_directory, from,
            (flags & AT_SYMLINK_FOLLOW) != 0 ? READ : READ_LINK, to_directory, to, WRITE_LINK)
HOOK_OF_TWO(int, rename, P(const char *from, const char *to), P(from, to), AT_FDCWD, from,
            WRITE_LINK, AT_FDCWD, to, WRITE_LINK)
HOOK_OF_TWO(int, renameat,
            P(int from_directory, const char *from, int to_directory, const char *to),
            P(from_directory, from, to_directory, to), from_directory, from, WRITE_LINK,
            to_directory, to, WRITE_LINK)
HOOK_OF_TWO(int, renameat2,
            P(int from_directory, const char *from, int to_directory, const char *to,
              unsigned flags),
            P(from_directory, from, to_directory, to, flags), from_directory, from, WRITE_LINK,
            to_directory, to, WRITE_LINK)
#endif

#ifdef PROTOTYPES_CHANGE
HOOK(int, mkdir, P(const char *path, unsigned mode), P(path, mode), AT_FDCWD, path, WRITE_LINK)
HOOK(int, mkdirat, P(int directory, const char *path, unsigned mode), P(directory, path, mode),
     directory, path, WRITE_LINK)
HOOK(int, mknod, P(const char *path, unsigned mode, uint64_t device), P(path, mode, device),
     AT_FDCWD, path, WRITE_LINK)
HOOK(int, mknodat, P(int directory, const char *path, unsigned mode, uint64_t device),
     P(directory, path, mode, device), directory, path, WRITE_LINK)
HOOK(int, __xmknod, P(int version, const char *path, unsigned mode, uint64_t *device),
     P(version, path, mode, device), AT_FDCWD, path, WRITE_LINK)
HOOK(int, __xmknodat,
     P(int version, int directory, const char *path, unsigned mode, uint64_t *device),
     P(version, directory, path, mode, device), directory, path, WRITE_LINK)
HOOK(int, mkfifo, P(const char *path, unsigned mode), P(path, mode), AT_FDCWD, path, WRITE_LINK)
HOOK(int, mkfifoat, P(int directory, const char *path, unsigned mode), P(directory, path, mode),
     directory, path, WRITE_LINK)
HOOK(int, rmdir, P(const char *path), P(path), AT_FDCWD, path, WRITE_LINK)
HOOK(int, unlink, P(const char *path), P(path), AT_FDCWD, path, WRITE_LINK)
HOOK(int, unlinkat, P(int directory, const char *path, int flags), P(directory, path, flags),
     directory, path, WRITE_LINK)
HOOK(int, remove, P(const char *path), P(path), AT_FDCWD, path, WRITE_LINK)
HOOK(int, truncate, P(const char *path, long size), P(path, size), AT_FDCWD, path, WRITE)
HOOK(int, truncate64, P(const char *path, long size), P(path, size), AT_FDCWD, path, WRITE)
HOOK(int, chmod, P(const char *path, unsigned mode), P(path, mode), AT_FDCWD, path, WRITE)
HOOK(int, lchmod, P(const char *path, unsigned mode), P(path, mode), AT_FDCWD, path, WRITE_LINK)
HOOK(int, fchmodat, P(int directory, const char *path, unsigned mode, int flags),
     P(directory, path, mode, flags), directory, path, access_at(WRITE, flags))
HOOK(int, chown, P(const char *path, unsigned owner, unsigned group), P(path, owner, group),
     AT_FDCWD, path, WRITE)
HOOK(int, lchown, P(const char *path, unsigned owner, unsigned group), P(path, owner, group),
     AT_FDCWD, path, WRITE_LINK)
HOOK(int, fchownat, P(int directory, const char *path, unsigned owner, unsigned group, int flags),
     P(directory, path, owner, group, flags), directory, path, access_at(WRITE, flags))
HOOK(int, utime, P(const char *path, const void *times), P(path, times), AT_FDCWD, path, WRITE)
HOOK(int, utimes, P(const char *path, const void *times), P(path, times), AT_FDCWD, path, WRITE)
HOOK(int, lutimes, P(const char *path, const void *times), P(path, times), AT_FDCWD, path,
     WRITE_LINK)
HOOK(int, futimesat, P(int directory, const char *path, const void *times),
     P(directory, path, times), directory, path, WRITE)
HOOK(int, utimensat, P(int directory, const char *path, const void *times, int flags),
     P(directory, path, times, flags), directory, path, access_at(WRITE, flags))
HOOK(int, setxattr,
     P(const char *path, const char *name, const void *value, size_t size, int flags),
     P(path, name, value, size, flags), AT_FDCWD, path, WRITE)
HOOK(int, lsetxattr,
     P(const char *path, const char *name, const void *value, size_t size, int flags),
     P(path, name, value, size, flags), AT_FDCWD, path, WRITE_LINK)
HOOK(int, removexattr, P(const char *path, const char *name), P(path, name), AT_FDCWD, path, WRITE)
HOOK(int, lremovexattr, P(const char *path, const char *name), P(path, name), AT_FDCWD, path,
     WRITE_LINK)
HOOK_ONCE(int, mount,
          P(const char *source, const char *target, const char *type, unsigned long flags,
            const void *data),
          P(source, target, type, flags, data), AT_FDCWD, path_with_slash(source), READ)
#endif

#ifdef PROTOTYPES_WALK
HOOK_ONCE(int, scandir, P(const char *path, void *entries, void *filter, void *compare),
          P(path, entries, filter, compare), AT_FDCWD, path, READ)
HOOK_ONCE(int, scandir64, P(const char *path, void *entries, void *filter, void *compare),
          P(path, entries, filter, compare), AT_FDCWD, path, READ)
HOOK_ONCE(int, scandirat,
          P(int directory, const char *path, void *entries, void *filter, void *compare),
          P(directory, path, entries, filter, compare), directory, path, READ)
HOOK_ONCE(int, scandirat64,
          P(int directory, const char *path, void *entries, void *filter, void *compare),
          P(directory, path, entries, filter, compare), directory, path, READ)
HOOK_ONCE(int, ftw, P(const char *path, void *visit, int descriptors), P(path, visit, descriptors),
          AT_FDCWD, path, READ)
HOOK_ONCE(int, ftw64, P(const char *path, void *visit, int descriptors),
          P(path, visit, descriptors), AT_FDCWD, path, READ)
#endif
