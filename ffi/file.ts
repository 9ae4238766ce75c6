/**
 * Open files: opening, reading and writing them, and what else a descriptor can be asked.
 * open(2), openat2(2), read(2).
 *
 * @module
 */
import { check, checkUnless, KernelError, retry } from "./check.ts";
import { bind, lastErrno } from "./library.ts";
import { cString, type Text, textOf } from "./memory.ts";

const libc = bind({
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
  openat2: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "buffer", "usize"],
    result: "isize",
  },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  fcntl: { parameters: ["i32", "i32"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
});

const SYS_openat2 = 437n;

/** EINTR and EAGAIN: to be tried again. */
const again = new Set([4, 11]);

/** The directory descriptor that means the working directory. */
export const AT_FDCWD: number = -100;

/** Flags of open(2), as x86-64 and the generic ABI number them. */
export const OpenFlag = {
  readOnly: 0,
  writeOnly: 1,
  readWrite: 2,
  create: 0o100,
  exclusive: 0o200,
  noControllingTerminal: 0o400,
  truncate: 0o1000,
  append: 0o2000,
  nonBlocking: 0o4000,
  directory: Deno.build.arch === "aarch64" ? 0o40000 : 0o200000,
  noFollow: Deno.build.arch === "aarch64" ? 0o100000 : 0o400000,
  closeOnExec: 0o2000000,
  pathOnly: 0o10000000,
} as const;

/** Flags of openat2(2). */
export const ResolveFlag = {
  noMagicLinks: 0x02,
  noSymbolicLinks: 0x04,
  beneath: 0x08,
  inRoot: 0x10,
} as const;

/**
 * openat(2), always close-on-exec.
 *
 * @param flags {@link OpenFlag} bits
 * @param mode permission bits of a file that is created
 */
export function openAt(directory: number, path: Text, flags: number, mode = 0): number {
  return retry(() =>
    check(
      "open",
      libc.openat(directory, cString(path), flags | OpenFlag.closeOnExec, mode),
      path,
    )
  );
}

/** What openat2(2) is told. */
export interface Resolution {
  /** {@link OpenFlag} bits. */
  readonly flags: number;
  /** {@link ResolveFlag} bits. */
  readonly resolve: number;
  /** errno names of failures that are an answer. */
  readonly allowed?: readonly string[];
}

/** How often to try: a rename or mount anywhere makes the kernel unsure about `..`: EAGAIN. */
const RESOLUTION_ATTEMPTS = 16;

/**
 * openat2(2), always close-on-exec.
 *
 * @returns the descriptor, or -1 after an allowed failure
 */
export function openResolved(directory: number, path: Text, how: Resolution): number {
  const { flags, resolve, allowed = [] } = how;
  const words = new BigUint64Array([BigInt(flags | OpenFlag.closeOnExec), 0n, BigInt(resolve)]);
  const bytes = new Uint8Array(words.buffer);
  for (let attempt = 1;; attempt++) {
    const result = libc.openat2(SYS_openat2, directory, cString(path), bytes, 24n);
    if (result < 0 && attempt < RESOLUTION_ATTEMPTS && again.has(lastErrno())) continue;
    return checkUnless(allowed, "openat2", result, path);
  }
}

/** close(2). Linux frees the descriptor whatever it answers, so there is nothing to check. */
export function close(descriptor: number): void {
  libc.close(descriptor);
}

/** One read(2): the number of bytes, 0 at the end, -1 when a nonblocking descriptor has none. */
export function read(descriptor: number, into: Uint8Array<ArrayBuffer>): number {
  return retry(() =>
    checkUnless(["EAGAIN"], "read", libc.read(descriptor, into, BigInt(into.length)))
  );
}

/** Everything up to the end, but at most `limit` bytes. */
export function readAll(descriptor: number, limit: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(limit);
  let length = 0;
  while (length < limit) {
    const count = read(descriptor, bytes.subarray(length));
    if (count <= 0) break;
    length += count;
  }
  return bytes.slice(0, length);
}

/** Back to the beginning of a file. lseek(2). */
export function rewind(descriptor: number): void {
  const SEEK_SET = 0;
  check("lseek", libc.lseek(descriptor, 0n, SEEK_SET));
}

/** Writes all bytes to a blocking descriptor. */
export function writeAll(descriptor: number, bytes: Uint8Array<ArrayBuffer>): void {
  for (let rest = bytes; rest.length > 0;) {
    const taken = retry(() => check("write", libc.write(descriptor, rest, BigInt(rest.length))));
    rest = rest.subarray(taken);
  }
}

/**
 * What a small file says, such as one of /proc.
 *
 * @param limit bytes at most
 */
export function readTextAt(directory: number, path: Text, limit: number): string {
  const file = openAt(directory, path, OpenFlag.readOnly);
  try {
    return new TextDecoder().decode(readAll(file, limit));
  } finally {
    close(file);
  }
}

/**
 * Writes to a file that exists, by one write(2) where it takes all at once, as those of /proc do.
 *
 * @throws KernelError that names the file, whichever call fails
 */
export function writeTextAt(directory: number, path: Text, text: string): void {
  const file = openAt(directory, path, OpenFlag.writeOnly);
  try {
    writeAll(file, new TextEncoder().encode(text));
  } catch (error) {
    throw error instanceof KernelError
      ? new KernelError(error.call, error.errno, textOf(path))
      : error;
  } finally {
    close(file);
  }
}

/** What an open descriptor can be used for. fcntl(2), F_GETFL. */
export function accessOf(descriptor: number): { read: boolean; write: boolean } {
  const F_GETFL = 3;
  const ACCESS_MODE = 3;
  const mode = check("fcntl", libc.fcntl(descriptor, F_GETFL)) & ACCESS_MODE;
  return { read: mode !== OpenFlag.writeOnly, write: mode !== OpenFlag.readOnly };
}

/** A pipe, close-on-exec: the end to read, the end to write. pipe(2). */
export function pipe(): [reader: number, writer: number] {
  const ends = new Int32Array(2);
  check("pipe", libc.pipe2(new Uint8Array(ends.buffer), OpenFlag.closeOnExec));
  return [ends[0], ends[1]];
}

/** ftruncate(2). */
export function setLength(descriptor: number, bytes: number): void {
  check("ftruncate", libc.ftruncate(descriptor, BigInt(bytes)));
}

/** Takes the exclusive lock of flock(2) if nobody holds it; false if somebody does. */
export function tryLock(descriptor: number): boolean {
  const LOCK_EXCLUSIVE_NONBLOCKING = 2 | 4;
  return checkUnless(["EAGAIN"], "flock", libc.flock(descriptor, LOCK_EXCLUSIVE_NONBLOCKING)) >= 0;
}
