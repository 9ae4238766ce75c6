/** The system calls of a launch that are made to fail, and with what. */

/** One kind of call. */
export interface Row {
  readonly call: string;
  /** An errno that the kernel may really answer it with. */
  readonly error: string;
  /** How many of its occurrences are tried; the first, the last, and some between them. */
  readonly most: number;
  /** Which of them, by their arguments: all unless said. */
  readonly matching?: RegExp;
  /** The first one that is tried, from 1. */
  readonly least?: number;
}

const row = (call: string, error: string, most = 6, matching?: RegExp): Row => ({
  call,
  error,
  most,
  matching,
});

/** What makes the namespaces, the mounts and the files of a jail. */
export const JAIL_CALLS: readonly Row[] = [
  row("clone", "EAGAIN"),
  row("unshare", "EPERM"),
  row("setns", "EPERM", 8),
  row("mount", "EPERM", 9),
  row("open_tree", "EPERM", 8),
  row("mount_setattr", "EPERM", 8),
  row("move_mount", "EPERM", 8),
  row("pivot_root", "EBUSY"),
  row("umount2", "EINVAL"),
  row("openat", "EMFILE", 14),
  row("openat2", "EMFILE", 8),
  row("mkdirat", "ENOSPC", 8),
  row("symlinkat", "ENOSPC", 4),
  row("ftruncate", "ENOSPC"),
  row("sethostname", "EPERM"),
  row("chdir", "EACCES"),
  row("readlinkat", "ENOMEM", 4),
  // The files of the run directory; the runtime wakes its threads by writing a few bytes.
  row("write", "ENOSPC", 4, /, \d{4,}\)/),
  row("read", "EIO", 4, /, \d{4,}\)/),
];

/** What connects the jail with its portal and its client, and what the runtime needs to go on. */
export const CONNECTION_CALLS: readonly Row[] = [
  // The portal looks at a command's path, and tells what it could not see as what is not there.
  row("statx", "ENOMEM", 8),
  // The policy table, and the stack of a child; not the portal's memory, without which its runtime ends.
  { ...row("mmap", "ENOMEM", 8, /MAP_SHARED|MAP_STACK/), least: 50 },
  row("socket", "EMFILE"),
  row("socketpair", "EMFILE"),
  row("bind", "EADDRINUSE"),
  row("listen", "EOPNOTSUPP"),
  row("accept4", "EMFILE"),
  row("getsockopt", "ENOBUFS"),
  row("sendmsg", "ENOBUFS"),
  row("recvmsg", "ENOMEM"),
  // The limit is one of watches; taking one away always works.
  row("epoll_ctl", "ENOSPC", 6, /EPOLL_CTL_ADD/),
  row("epoll_wait", "EINTR", 4),
  row("signalfd4", "EMFILE"),
];

/** What confines the application. */
export const WALL_CALLS: readonly Row[] = [
  row("prctl", "EPERM", 10),
  row("capset", "EPERM"),
  row("setsid", "EPERM"),
  row("setpgid", "EPERM"),
  row("dup2", "EMFILE"),
  row("fcntl", "EMFILE", 8),
  row("close_range", "ENOMEM"),
  row("prlimit64", "EPERM", 4),
  row("keyctl", "EDQUOT"),
  row("landlock_create_ruleset", "EINVAL"),
  row("landlock_add_rule", "EINVAL", 4),
  row("landlock_restrict_self", "E2BIG"),
  row("seccomp", "EINVAL"),
  row("ioctl", "EINVAL", 4),
  row("execve", "EACCES"),
];
