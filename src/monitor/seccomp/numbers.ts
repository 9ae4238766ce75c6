/**
 * The numbers of the system calls that the filter judges, for each binary interface that it knows.
 *
 * The numbers are part of the kernel's promise to programs and never change; a test compares them with
 * the installed kernel headers.
 *
 * @module
 */

/** A set of system call numbers that a process can use. */
export type Abi = "x86_64" | "i386" | "aarch64";

/** What a number is where the interface has no such call. */
const NONE = -1;

/** The column of each interface in the table. */
const COLUMN: Record<Abi, 0 | 1 | 2> = { x86_64: 0, i386: 1, aarch64: 2 };

/** By name: the number in x86_64, i386 and aarch64. */
export const NUMBERS = {
  _sysctl: [156, 149, NONE],
  acct: [163, 51, 89],
  add_key: [248, 286, 217],
  bdflush: [NONE, 134, NONE],
  bpf: [321, 357, 280],
  clock_settime64: [NONE, 404, NONE],
  clock_settime: [227, 264, 112],
  clone3: [435, 435, 435],
  clone: [56, 120, 220],
  create_module: [174, 127, NONE],
  delete_module: [176, 129, 106],
  fcntl64: [NONE, 221, NONE],
  fcntl: [72, 55, 25],
  finit_module: [313, 350, 273],
  fsconfig: [431, 431, 431],
  fsmount: [432, 432, 432],
  fsopen: [430, 430, 430],
  fspick: [433, 433, 433],
  get_kernel_syms: [177, 130, NONE],
  init_module: [175, 128, 105],
  io_setup: [206, 245, 0],
  io_uring_enter: [426, 426, 426],
  io_uring_register: [427, 427, 427],
  io_uring_setup: [425, 425, 425],
  ioctl: [16, 54, 29],
  ioperm: [173, 101, NONE],
  iopl: [172, 110, NONE],
  ioprio_set: [251, 289, 30],
  kexec_file_load: [320, NONE, 294],
  kexec_load: [246, 283, 104],
  keyctl: [250, 288, 219],
  lookup_dcookie: [212, 253, 18],
  mount: [165, 21, 40],
  mount_setattr: [442, 442, 442],
  move_mount: [429, 429, 429],
  nfsservctl: [180, 169, 42],
  open_by_handle_at: [304, 342, 265],
  open_tree: [428, 428, 428],
  open_tree_attr: [467, 467, 467],
  perf_event_open: [298, 336, 241],
  personality: [135, 136, 92],
  pivot_root: [155, 217, 41],
  prlimit64: [302, 340, 261],
  query_module: [178, 167, NONE],
  quotactl: [179, 131, 60],
  quotactl_fd: [443, 443, 443],
  reboot: [169, 88, 142],
  request_key: [249, 287, 218],
  sched_setaffinity: [203, 241, 122],
  sched_setattr: [314, 351, 274],
  sched_setparam: [142, 154, 118],
  sched_setscheduler: [144, 156, 119],
  setns: [308, 346, 268],
  setpriority: [141, 97, 140],
  setrlimit: [160, 75, 164],
  settimeofday: [164, 79, 170],
  socket: [41, 359, 198],
  socketcall: [NONE, 102, NONE],
  socketpair: [53, 360, 199],
  stime: [NONE, 25, NONE],
  swapoff: [168, 115, 225],
  swapon: [167, 87, 224],
  sysfs: [139, 135, NONE],
  syslog: [103, 103, 116],
  umount2: [166, 52, 39],
  umount: [NONE, 22, NONE],
  unshare: [272, 310, 97],
  uselib: [134, 86, NONE],
  userfaultfd: [323, 374, 282],
  ustat: [136, 62, NONE],
  vhangup: [153, 111, 58],
  vm86: [NONE, 166, NONE],
  vm86old: [NONE, 113, NONE],
} as const;

/** The name of a system call that the filter judges. */
export type SystemCall = keyof typeof NUMBERS;

/** Every system call that the filter judges. */
export const SYSTEM_CALLS = Object.keys(NUMBERS) as SystemCall[];

/** The highest number that this table's authors have judged: file_setattr, Linux 6.17, everywhere. */
export const LAST_NUMBER = 469;

/** The number of `call` in `abi`, or null where that interface has no such call. */
export function numberOf(call: SystemCall, abi: Abi): number | null {
  const number = NUMBERS[call][COLUMN[abi]];
  return number === NONE ? null : number;
}
