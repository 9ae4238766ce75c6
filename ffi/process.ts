/**
 * Processes: identity, signals, ends. prctl(2), waitid(2), pidfd_send_signal(2).
 *
 * @module
 */
import { check, checkUnless, retry, unlessRefused } from "./check.ts";
import { AT_FDCWD, readTextAt } from "./file.ts";
import { bind } from "./library.ts";
import { cString } from "./memory.ts";

const libc = bind({
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  setsid: { parameters: [], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
  getuid: { parameters: [], result: "u32" },
  getgid: { parameters: [], result: "u32" },
  pidfdSendSignal: {
    name: "syscall",
    parameters: ["i64", "i32", "i32", "pointer", "u32"],
    result: "isize",
  },
});

const SYS_pidfd_send_signal = 424n;
const PR_SET_DUMPABLE = 4;
const WNOHANG = 1;
const WUNTRACED = 2;

/** Signal numbers of x86-64 and arm64. */
export const Signal = {
  hangUp: 1,
  interrupt: 2,
  quit: 3,
  kill: 9,
  terminate: 15,
  child: 17,
  continue: 18,
  stop: 19,
  terminalStop: 20,
  terminalInput: 21,
  terminalOutput: 22,
  windowChange: 28,
} as const;

/** The real user id. */
export function userId(): number {
  return libc.getuid();
}

/** The real group id. */
export function groupId(): number {
  return libc.getgid();
}

/**
 * Whether a process is in the user namespace of this one. Who is in a jail never is, by whatever
 * mount or descriptor it came by a socket; one that may not be asked about is taken for one.
 */
export function isInSameUserNamespace(pid: number): boolean {
  const ours = userNamespace("self");
  return ours !== null && ours === userNamespace(String(pid));
}

function userNamespace(process: string): string | null {
  const path = cString(`/proc/${process}/ns/user`);
  const text = new Uint8Array(64);
  const result = libc.readlink(path, text, BigInt(text.length));
  const length = checkUnless(["EACCES", "EPERM", "ENOENT", "ESRCH"], "readlink", result);
  return length < 0 ? null : new TextDecoder().decode(text.subarray(0, length));
}

/** The umask(2) of a process, or the usual one where it is not told. proc_pid_status(5). */
export function fileMaskOf(pid: number): number {
  const USUAL = "0022";
  const MAXIMUM_BYTES = 8192;
  const text = unlessRefused(() => readTextAt(AT_FDCWD, `/proc/${pid}/status`, MAXIMUM_BYTES));
  return parseInt(/^Umask:\s+([0-7]+)$/m.exec(text ?? "")?.[1] ?? USUAL, 8);
}

/** Numbers of RLIMIT_* (getrlimit(2)). */
export const Resource = { openFiles: 7, pendingSignals: 11, messageQueues: 12 } as const;

/** What RLIM_INFINITY is. */
export const NO_LIMIT: bigint = 2n ** 64n - 1n;

/** A limit of this process, by its {@link Resource} number. getrlimit(2). */
export function resourceLimit(resource: number): { soft: bigint; hard: bigint } {
  const limit = new BigUint64Array(2);
  check("getrlimit", libc.getrlimit(resource, new Uint8Array(limit.buffer)));
  return { soft: limit[0], hard: limit[1] };
}

/** How many descriptors this process may have (RLIMIT_NOFILE). */
export function openFileLimit(): number {
  return Number(resourceLimit(Resource.openFiles).soft);
}

/** Shuts /proc/PID and ptrace(2) to other processes of the same user (PR_SET_DUMPABLE 0). */
export function becomeUndumpable(): void {
  check("prctl PR_SET_DUMPABLE", libc.prctl(PR_SET_DUMPABLE, 0n, 0n, 0n, 0n));
}

/** setsid(2). */
export function startSession(): void {
  check("setsid", libc.setsid());
}

/**
 * kill(2).
 *
 * @param pid a process, a negated process group, or -1 for all that the caller can see but init
 * @param signal a number, or 0 to ask only whether there is such a process
 * @returns false when there is none
 */
export function sendSignal(pid: number, signal: number): boolean {
  return checkUnless(["ESRCH"], "kill", libc.kill(pid, signal), String(pid)) >= 0;
}

/** pidfd_send_signal(2); false when the process is gone. */
export function signalProcess(pidfd: number, signal: number): boolean {
  return checkUnless(
    ["ESRCH"],
    "pidfd_send_signal",
    libc.pidfdSendSignal(SYS_pidfd_send_signal, pidfd, signal, null, 0),
  ) >= 0;
}

/** A child that ended or stopped. */
export interface ChildChange {
  /** Which child. */
  readonly pid: number;
  /** A wait status, as {@link stopSignal} and {@link exitCode} read it. */
  readonly status: number;
}

/** One waitpid(2) that does not block: a child that changed, or null when none did. */
export function reap(pid = -1): ChildChange | null {
  const status = new Int32Array(1);
  const bytes = new Uint8Array(status.buffer);
  const reaped = retry(() =>
    checkUnless(["ECHILD"], "waitpid", libc.waitpid(pid, bytes, WNOHANG | WUNTRACED))
  );
  return reaped <= 0 ? null : { pid: reaped, status: status[0] };
}

/** Waits for a child to end, and collects it. */
export function awaitEnd(pid: number): void {
  retry(() => checkUnless(["ECHILD"], "waitpid", libc.waitpid(pid, new Uint8Array(4), 0)));
}

/** The signal that stopped the child, or 0 when it did not stop but end. */
export function stopSignal(status: number): number {
  return (status & 0xff) === 0x7f ? status >> 8 & 0xff : 0;
}

/** A shell's view of an end: the exit code, or 128 and the number of the signal. */
export function exitCode(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? status >> 8 & 0xff : 128 + signal;
}
