/**
 * Descriptors and files, relative to directory descriptors. open(2), openat2(2), statx(2).
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
  fchmodat: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  mkdirat: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  symlinkat: { parameters: ["buffer", "i32", "buffer"], result: "i32" },
  unlinkat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  readlinkat: { parameters: ["i32", "buffer", "buffer", "usize"], result: "isize" },
  getdents64: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "usize"],
    result: "isize",
  },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
});

const SYS_openat2 = 437n;
const SYS_getdents64 = Deno.build.arch === "aarch64" ? 61n : 217n;
const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC_STATS = 0x7ff;
const STATX_BYTES = 256;
const MAXIMUM_LINK_BYTES = 4096;

/** Why a path leads nowhere that can be looked at. */
const absences = ["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENAMETOOLONG"];

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

/** What a file is, and where. */
export interface FileStatus {
  /** What kind of file it is. */
  readonly kind:
    | "directory"
    | "file"
    | "link"
    | "socket"
    | "fifo"
    | "character device"
    | "block device";
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  /** Owner, in the reader's user namespace. */
  readonly uid: number;
  /** Group, in the reader's user namespace. */
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Device and inode: the same pair, the same file. */
  readonly identity: string;
}

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

/** mkdirat(2); an existing entry of that name is left as it is. */
export function ensureDirectoryAt(directory: number, name: Text, mode: number): void {
  checkUnless(["EEXIST"], "mkdir", libc.mkdirat(directory, cString(name), mode), name);
}

/**
 * Makes a directory with those above it that are missing.
 *
 * @param path absolute
 * @param mode permission bits of each that is made
 */
export function ensureTree(path: string, mode: number): void {
  const names = path.split("/").slice(1);
  names.forEach((_, index) =>
    ensureDirectoryAt(AT_FDCWD, `/${names.slice(0, index + 1).join("/")}`, mode)
  );
}

/** chmod(2): permission bits, whatever the umask(2) is. */
export function setMode(path: Text, mode: number): void {
  check("chmod", libc.fchmodat(AT_FDCWD, cString(path), mode, 0), path);
}

/** symlinkat(2), unless something of that name exists; whether it was made. */
export function tryLinkAt(target: Text, directory: number, name: Text): boolean {
  const result = libc.symlinkat(cString(target), directory, cString(name));
  return checkUnless(["EEXIST"], "symlink", result, name) >= 0;
}

/** symlinkat(2). */
export function linkAt(target: Text, directory: number, name: Text): void {
  check("symlink", libc.symlinkat(cString(target), directory, cString(name)), name);
}

/** unlinkat(2) of a file; a missing one is no error. */
export function removeAt(directory: number, name: Text): void {
  checkUnless(["ENOENT"], "unlink", libc.unlinkat(directory, cString(name), 0), name);
}

/** unlinkat(2) of an empty directory. */
export function removeDirectoryAt(directory: number, name: Text): void {
  const AT_REMOVEDIR = 0x200;
  const result = libc.unlinkat(directory, cString(name), AT_REMOVEDIR);
  check("rmdir", result, name);
}

/** The text of a symbolic link, or null when the file is not one or does not exist. */
export function readLinkAt(directory: number, path: Text): Uint8Array<ArrayBuffer> | null {
  const text = new Uint8Array(MAXIMUM_LINK_BYTES);
  const result = libc.readlinkat(directory, cString(path), text, BigInt(text.length));
  const length = checkUnless(["EINVAL", "ENOENT", "ENOTDIR"], "readlink", result, path);
  return length < 0 ? null : text.slice(0, length);
}

const kinds: Record<number, FileStatus["kind"]> = {
  0o040000: "directory",
  0o100000: "file",
  0o120000: "link",
  0o140000: "socket",
  0o010000: "fifo",
  0o020000: "character device",
  0o060000: "block device",
};

/** What a descriptor refers to. */
export function statusOf(descriptor: number): FileStatus {
  return statx(descriptor, "", AT_EMPTY_PATH);
}

/** Whether a path names anything, a symbolic link included. */
export function existsAt(directory: number, path: Text): boolean {
  const buffer = new Uint8Array(STATX_BYTES);
  const result = libc.statx(
    directory,
    cString(path),
    AT_SYMLINK_NOFOLLOW,
    STATX_BASIC_STATS,
    buffer,
  );
  return checkUnless(["ENOENT", "ENOTDIR"], "stat", result, path) >= 0;
}

/** What a path names, without following a symbolic link at its end. */
export function statusAt(directory: number, path: Text): FileStatus {
  return statx(directory, path, AT_SYMLINK_NOFOLLOW);
}

function statx(directory: number, path: Text, flags: number): FileStatus {
  const buffer = new Uint8Array(STATX_BYTES);
  check(
    "stat",
    libc.statx(directory, cString(path), flags, STATX_BASIC_STATS, buffer),
    path,
  );
  const view = new DataView(buffer.buffer);
  const mode = view.getUint16(28, true);
  return {
    kind: kinds[mode & 0o170000] ?? "file",
    mode: mode & 0o7777,
    uid: view.getUint32(20, true),
    gid: view.getUint32(24, true),
    size: Number(view.getBigUint64(40, true)),
    identity: `${view.getUint32(136, true)}:${view.getUint32(140, true)}:${
      view.getBigUint64(32, true)
    }`,
  };
}

/** What a path leads to, links followed; null where nothing is there or may be looked at. */
export function statusBehind(path: Text): FileStatus | null {
  return throughLinks(path, statusOf);
}

/** A path without symbolic links; null where nothing is there or may be looked at. */
export function realPath(path: Text): string | null {
  return throughLinks(path, (file) => {
    const text = readLinkAt(AT_FDCWD, `/proc/self/fd/${file}`);
    return text === null ? null : new TextDecoder().decode(text);
  });
}

function throughLinks<Result>(path: Text, use: (file: number) => Result): Result | null {
  const flags = OpenFlag.pathOnly | OpenFlag.closeOnExec;
  const file = checkUnless(absences, "open", libc.openat(AT_FDCWD, cString(path), flags, 0));
  if (file < 0) return null;
  try {
    return use(file);
  } finally {
    close(file);
  }
}

/** The names in an open directory, as bytes, without `.` and `..`. getdents(2). */
export function* readDirectory(directory: number): Generator<Uint8Array<ArrayBuffer>> {
  const NAME_OFFSET = 19;
  const buffer = new Uint8Array(32 * 1024);
  const view = new DataView(buffer.buffer);
  const size = BigInt(buffer.length);
  for (;;) {
    const result = libc.getdents64(SYS_getdents64, directory, buffer, size);
    const end = check("getdents64", result);
    if (end === 0) return;
    for (let at = 0; at < end; at += view.getUint16(at + 16, true)) {
      const name = buffer.slice(at + NAME_OFFSET, buffer.indexOf(0, at + NAME_OFFSET));
      if (!isDotName(name)) yield name;
    }
  }
}

function isDotName(name: Uint8Array): boolean {
  return name.length <= 2 && name.every((byte) => byte === 0x2e);
}
