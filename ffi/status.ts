/**
 * What a path or a descriptor refers to. statx(2), path_resolution(7).
 *
 * @module
 */
import { check, checkUnless } from "./check.ts";
import { readLinkAt } from "./entry.ts";
import { AT_FDCWD, close, OpenFlag, openResolved } from "./file.ts";
import { bind } from "./library.ts";
import { cString, type Text } from "./memory.ts";

const libc = bind({
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
});

const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC_STATS = 0x7ff;
const STATX_BYTES = 256;

/** Why a path leads nowhere that can be looked at. */
const absences = ["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENAMETOOLONG"];

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
  const how = { flags: OpenFlag.pathOnly, resolve: 0, allowed: absences };
  const file = openResolved(AT_FDCWD, path, how);
  if (file < 0) return null;
  try {
    return use(file);
  } finally {
    close(file);
  }
}
