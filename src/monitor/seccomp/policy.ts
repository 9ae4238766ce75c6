/**
 * Which system calls an application may not make, and what each answers instead.
 *
 * The filter takes away parts of the kernel that no desktop or developer program needs, so that an error
 * in them is not a way out of the jail; the jail's other walls stand without it. What is answered
 * matters: EPERM where a program expects that it may lack the right, ENOSYS where it knows a kernel
 * without the call and has another way.
 *
 * Allowed on purpose:
 * - ptrace, process_vm_readv and pidfd_getfd: debuggers and tracers are developer programs, the kernel
 *   refuses them for the monitor, and since Linux 4.8 a tracer cannot get a call past the filter.
 * - name_to_handle_at: it only names a file; open_by_handle_at, which opens the name, is refused.
 * - modify_ldt: Wine needs it for 16-bit and some 32-bit Windows programs.
 * - adjtimex and clock_adjtime: reading the clock's state goes through them, changing it needs a capability.
 * - chroot, sethostname and the like, which the kernel ties to capabilities that only a nested user
 *   namespace has, over itself alone. Chromium and Firefox need chroot in theirs.
 * - seccomp and landlock_*: a program may confine itself further.
 *
 * @module
 */

import type { Abi, SystemCall } from "./numbers.ts";
import type { Test } from "./program.ts";

/** What the filter answers: a return value at once, or one that depends on an argument. */
export type Decision = number | ArgumentDecision;

/** A decision by 32 bits of one argument; the first case that holds decides. */
export interface ArgumentDecision {
  /** Which argument, 0 to 5. */
  readonly argument: number;
  /** Which of its bits; the low ones, where it does not say. */
  readonly half?: "high";
  /** Tried in order. */
  readonly cases: readonly Case[];
  /** What holds where no case does. */
  readonly otherwise: Decision;
}

/** One comparison of an argument, and what follows where it holds. */
export interface Case {
  /** How the argument is compared. */
  readonly test: Test;
  /** With what, 32 bits. */
  readonly operand: number;
  /** What is decided if the comparison holds. */
  readonly then: Decision;
}

/** The architectures a machine can have, and the interfaces that its programs can call. */
export const INTERFACES: Record<"x86_64" | "aarch64", readonly Abi[]> = {
  x86_64: ["x86_64", "i386"],
  aarch64: ["aarch64"],
};

/** AUDIT_ARCH_* of linux/audit.h, as `struct seccomp_data` carries it. */
export const AUDIT_ARCHITECTURE: Record<Abi, number> = {
  x86_64: 0xc000003e,
  i386: 0x40000003,
  aarch64: 0xc00000b7,
};

/** SECCOMP_RET_ALLOW: the call goes on. */
export const ALLOW = 0x7fff0000;

/** SECCOMP_RET_KILL_PROCESS: the whole process ends with SIGSYS. */
export const KILL = 0x80000000;

/** SECCOMP_RET_ERRNO: the call returns -1 with this errno. The four have one number everywhere. */
const errno = (number: number): number => 0x00050000 | number;

/** The call is not made, and the program is told that it was. */
export const NOTHING: number = errno(0);

/** The call is not permitted. */
export const EPERM: number = errno(1);

/** The kernel has no such call: the program takes its other way. */
export const ENOSYS: number = errno(38);

/** The kernel has no such protocol of a family. */
export const EPROTONOSUPPORT: number = errno(93);

/** The kernel has no such family of sockets. */
export const EAFNOSUPPORT: number = errno(97);

/** Every CLONE_NEW* flag of clone(2), whose lowest byte is a signal. */
const CLONE_NAMESPACES = 0x7e020000;

/** What unshare(2) takes but namespaces: VM, FS, FILES, SIGHAND, THREAD, SYSVSEM. */
const UNSHARE_HARMLESS = 0x00050f00;

/** A lease on a file that can only be read makes whoever writes to it outside wait (fcntl(2)). */
const F_SETLEASE = 1024;

const RLIMIT_CORE = 4;

const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
/** Line disciplines are of modems and the like, and errors in them were ways out before. */
const TIOCSETD = 0x5423;

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;

/**
 * The default, ICMP, TCP, UDP, ICMPv6, UDP-Lite and MPTCP. The kernel would load modules for others, such
 * as SCTP, DCCP and L2TP, for whoever asks.
 */
const INTERNET_PROTOCOLS = [0, 1, 6, 17, 58, 136, 262];

/** SOCK_PACKET is 10, and the only type with this bit. */
const SOCK_PACKET_BIT = 0x8;

/** NETLINK_ROUTE, SOCK_DIAG, KOBJECT_UEVENT and GENERIC: interfaces, `ss`, udev's clients, nl80211. */
const NETLINK_PROTOCOLS = [0, 4, 15, 16];

/** SYS_SOCKET and SYS_SOCKETPAIR of linux/net.h. */
const SOCKETCALL_CREATORS = [1, 8];

/**
 * The usual values: Linux and 32-bit Linux, each also with UNAME26, as `setarch` and `linux32` set them;
 * without randomised addresses, as gdb sets it; and the question for the present value.
 */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0x40000, 0x40008, 0xffffffff];

const PRIVILEGED: readonly SystemCall[] = [
  ...["acct", "clock_settime", "clock_settime64", "ioperm", "iopl", "quotactl"] as const,
  ...["quotactl_fd", "reboot", "settimeofday", "stime", "swapoff", "swapon"] as const,
  ...["syslog", "vhangup", "vm86", "vm86old"] as const,
  ...["delete_module", "finit_module", "init_module", "kexec_file_load", "kexec_load"] as const,
];

const KERNEL_SURFACE: readonly SystemCall[] = [
  ...["add_key", "keyctl", "request_key"] as const,
  ...["bpf", "open_by_handle_at", "perf_event_open", "userfaultfd"] as const,
];

/**
 * Programs that use them have another way. io_uring makes calls that no filter sees; and the machine has a
 * number of requests for all (fs.aio-max-nr), of which io_setup(2) takes as many as are asked for.
 */
const ASYNCHRONOUS: readonly SystemCall[] = [
  ...["io_setup", "io_uring_enter", "io_uring_register", "io_uring_setup"] as const,
];

const OBSOLETE: readonly SystemCall[] = [
  ...["_sysctl", "bdflush", "create_module", "get_kernel_syms", "lookup_dcookie"] as const,
  ...["nfsservctl", "query_module", "sysfs", "uselib", "ustat"] as const,
];

const MOUNT: readonly SystemCall[] = ["mount", "pivot_root", "umount", "umount2"];

/** What says how threads are scheduled, by the id of one. */
const SCHEDULING: readonly SystemCall[] = [
  ...["sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler"] as const,
];

/** A program that finds no new mount interface uses the old one, which answers EPERM. */
const NEW_MOUNT: readonly SystemCall[] = [
  ...["fsconfig", "fsmount", "fsopen", "fspick", "mount_setattr"] as const,
  ...["move_mount", "open_tree", "open_tree_attr"] as const,
];

/**
 * What is decided for each call; one that is not named here is allowed.
 *
 * @param nestedNamespaces whether programs may make namespaces of their own and mount in them, where the
 * kernel judges by the capabilities that they have there.
 * @param lastThread the highest id of a thread of the monitor, whose first is 1.
 */
export function decisions(
  nestedNamespaces: boolean,
  lastThread: number,
): Map<SystemCall, Decision> {
  const table = new Map<SystemCall, Decision>([
    ["ioctl", select(1, [TIOCSTI, TIOCLINUX, TIOCSETD], EPERM, ALLOW)],
    ["fcntl", select(1, [F_SETLEASE], EPERM, ALLOW)],
    ["fcntl64", select(1, [F_SETLEASE], EPERM, ALLOW)],
    // Of another process the kernel asks no more than the same user ids (prlimit(2)), and the
    // monitor has those: without descriptors or memory it would grant nothing any more.
    ["prlimit64", select(0, [0], select(1, [RLIMIT_CORE], newCoreLimit(), ALLOW), EPERM)],
    ["setrlimit", select(0, [RLIMIT_CORE], NOTHING, ALLOW)],
    ["personality", select(0, PERSONALITIES, ALLOW, EPERM)],
    ["socket", socketDecision()],
    ["socketpair", select(0, [AF_UNIX], ALLOW, EAFNOSUPPORT)],
    // The family lies behind a pointer, where a filter cannot look: what makes a socket is refused, and
    // a C library that knows the calls of their own (Linux 4.3) goes on with those. One that does not,
    // as glibc for i386 built for older kernels, has no new sockets; the rest works on inherited ones.
    ["socketcall", select(0, SOCKETCALL_CREATORS, ENOSYS, ALLOW)],
  ]);
  const refuse = (calls: readonly SystemCall[], answer: number) =>
    calls.forEach((call) => table.set(call, answer));
  refuse([...PRIVILEGED, ...KERNEL_SURFACE], EPERM);
  refuse([...ASYNCHRONOUS, ...OBSOLETE], ENOSYS);
  if (nestedNamespaces) {
    // The kernel lets set how a process is scheduled who has all capabilities that it has, wherever
    // those hold: a nested root could have the monitor wait for ever, and no stop would be heard.
    const sparingMonitor = sparing(0, lastThread);
    SCHEDULING.forEach((call) => table.set(call, sparingMonitor));
    // Of a process, of a group, and of all that the user has.
    table.set("setpriority", select(0, [2], EPERM, sparing(1, lastThread)));
    table.set("ioprio_set", select(0, [3], EPERM, sparing(1, lastThread)));
  } else {
    refuse([...MOUNT, "setns"], EPERM);
    // The flags of clone3 lie behind a pointer: the C library falls back to clone.
    refuse([...NEW_MOUNT, "clone3"], ENOSYS);
    table.set("clone", anyBit(0, CLONE_NAMESPACES, EPERM, ALLOW));
    // A flag that is unknown today may be a namespace tomorrow.
    table.set("unshare", anyBit(0, ~UNSHARE_HARMLESS >>> 0, EPERM, ALLOW));
  }
  return table;
}

/**
 * With a limit of 0 a crash starts the system's handler, outside and by root, which has the program's
 * memory to read (core(5)); with the limit that a jail has, it does not. Programs that set it mean to
 * leave no core file, and are told that they will not; some of them end if they cannot.
 */
function newCoreLimit(): Decision {
  const NEW = 2;
  const OLD = 3;
  // The old limit is not there to be read if the call is not made.
  return ifNull(NEW, ALLOW, ifNull(OLD, NOTHING, EPERM));
}

function socketDecision(): Decision {
  const protocol = select(2, INTERNET_PROTOCOLS, ALLOW, EPROTONOSUPPORT);
  // socket(AF_INET, SOCK_PACKET) is a packet socket by its oldest name.
  const internet = anyBit(1, SOCK_PACKET_BIT, EAFNOSUPPORT, protocol);
  const netlink = select(2, NETLINK_PROTOCOLS, ALLOW, EPROTONOSUPPORT);
  return {
    argument: 0,
    cases: [
      { test: "equal", operand: AF_UNIX, then: ALLOW },
      { test: "equal", operand: AF_INET, then: internet },
      { test: "equal", operand: AF_INET6, then: protocol },
      { test: "equal", operand: AF_NETLINK, then: netlink },
    ],
    otherwise: EAFNOSUPPORT,
  };
}

/** What is about a process or a group: 0 for the caller's own, or any above the monitor's threads. */
function sparing(argument: number, lastThread: number): ArgumentDecision {
  const others: Case = { test: "atLeast", operand: lastThread + 1, then: ALLOW };
  return {
    argument,
    cases: [{ test: "equal", operand: 0, then: ALLOW }, others],
    otherwise: EPERM,
  };
}

/** Whether a pointer is null. */
function ifNull(argument: number, then: Decision, otherwise: Decision): ArgumentDecision {
  const high: ArgumentDecision = {
    argument,
    half: "high",
    cases: [{ test: "equal", operand: 0, then }],
    otherwise,
  };
  return select(argument, [0], high, otherwise);
}

function select(
  argument: number,
  operands: readonly number[],
  then: Decision,
  otherwise: Decision,
): ArgumentDecision {
  const cases = operands.map((operand): Case => ({ test: "equal", operand, then }));
  return { argument, cases, otherwise };
}

function anyBit(
  argument: number,
  mask: number,
  then: number,
  otherwise: Decision,
): ArgumentDecision {
  return { argument, cases: [{ test: "anyBit", operand: mask, then }], otherwise };
}
