/** The filter's answers as a plain list of sentences, to compare the assembled program with. */

import type { Abi } from "../../src/monitor/seccomp/numbers.ts";

/** How many threads the monitor of the filters that are compared has. */
export const LAST_THREAD = 9;

/** The answer in words. */
export type Answer = "allow" | "nothing" | "EPERM" | "ENOSYS" | "EAFNOSUPPORT" | "EPROTONOSUPPORT";

const EPERM_ALWAYS = new Set(
  ("acct clock_settime clock_settime64 ioperm iopl quotactl quotactl_fd reboot settimeofday stime " +
    "swapoff swapon syslog vhangup vm86 vm86old delete_module finit_module init_module " +
    "kexec_file_load kexec_load add_key keyctl request_key bpf open_by_handle_at perf_event_open " +
    "userfaultfd").split(" "),
);

const ENOSYS_ALWAYS = new Set(
  ("io_setup io_uring_enter io_uring_register io_uring_setup _sysctl bdflush create_module get_kernel_syms " +
    "lookup_dcookie nfsservctl query_module sysfs uselib ustat").split(" "),
);

const MOUNT_EPERM = new Set(["mount", "pivot_root", "umount", "umount2", "setns"]);

const MOUNT_ENOSYS = new Set(
  ("clone3 fsconfig fsmount fsopen fspick mount_setattr move_mount open_tree open_tree_attr")
    .split(" "),
);

/**
 * What a call answers, by its name in the kernel's headers; the caller deals with numbers that have no name.
 */
export function reference(
  call: string | undefined,
  _abi: Abi,
  nested: boolean,
  values: readonly bigint[],
): Answer {
  const low = (index: number) => Number(values[index] & 0xffffffffn);
  if (call === undefined) return "allow";
  if (EPERM_ALWAYS.has(call)) return "EPERM";
  if (ENOSYS_ALWAYS.has(call)) return "ENOSYS";
  if (!nested && MOUNT_EPERM.has(call)) return "EPERM";
  if (!nested && MOUNT_ENOSYS.has(call)) return "ENOSYS";
  switch (call) {
    case "clone": {
      // NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
      const flags = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000];
      return !nested && flags.some((flag) => (low(0) & flag) !== 0) ? "EPERM" : "allow";
    }
    case "unshare": {
      const harmless = [0x100, 0x200, 0x400, 0x800, 0x10000, 0x40000];
      const rest = harmless.reduce((flags, flag) => flags & ~flag, low(0));
      return !nested && rest !== 0 ? "EPERM" : "allow";
    }
    case "ioctl":
      return [0x5412, 0x541c, 0x5423].includes(low(1)) ? "EPERM" : "allow";
    case "fcntl":
    case "fcntl64":
      return low(1) === 1024 ? "EPERM" : "allow";
    case "sched_setaffinity":
    case "sched_setattr":
    case "sched_setparam":
    case "sched_setscheduler":
      return nested && isMonitor(low(0)) ? "EPERM" : "allow";
    case "setpriority":
      return nested && (low(0) === 2 || isMonitor(low(1))) ? "EPERM" : "allow";
    case "ioprio_set":
      return nested && (low(0) === 3 || isMonitor(low(1))) ? "EPERM" : "allow";
    case "prlimit64":
      if (low(0) !== 0) return "EPERM";
      if (low(1) !== 4 || !values[2]) return "allow";
      return values[3] ? "EPERM" : "nothing";
    case "setrlimit":
      return low(0) === 4 ? "nothing" : "allow";
    case "personality":
      return [0, 8, 0x20000, 0x20008, 0x40000, 0x40008, 0xffffffff].includes(low(0))
        ? "allow"
        : "EPERM";
    case "socket":
      return socket(low(0), low(1), low(2));
    case "socketpair":
      return low(0) === 1 ? "allow" : "EAFNOSUPPORT";
    case "socketcall":
      return low(0) === 1 || low(0) === 8 ? "ENOSYS" : "allow";
  }
  return "allow";
}

function isMonitor(thread: number): boolean {
  return thread >= 1 && thread <= LAST_THREAD;
}

function socket(family: number, type: number, protocol: number): Answer {
  if (family === 1) return "allow";
  if (family === 2 && (type & 15) >= 8) return "EAFNOSUPPORT";
  if (family === 2 || family === 10) {
    return [0, 1, 6, 17, 58, 136, 262].includes(protocol) ? "allow" : "EPROTONOSUPPORT";
  }
  if (family === 16) return [0, 4, 15, 16].includes(protocol) ? "allow" : "EPROTONOSUPPORT";
  return "EAFNOSUPPORT";
}
