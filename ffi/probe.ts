/**
 * Asking what a path allows, without doing it. access(2), statvfs(3).
 *
 * @module
 */
import { checkUnless } from "./check.ts";
import { bind } from "./library.ts";
import { cString, type Text } from "./memory.ts";

const libc = bind({
  access: { parameters: ["buffer", "i32"], result: "i32" },
  statvfs: { parameters: ["buffer", "buffer"], result: "i32" },
});

const W_OK = 2;
const X_OK = 1;
const ST_NOEXEC = 8n;
// struct statvfs of 64-bit glibc and musl: eight words before f_fsid, f_flag after it.
const STATVFS_BYTES = 112;
const FLAG_OFFSET = 72;

/** Why a path may not be asked about: it is an answer too. */
const refusals = ["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"];

/**
 * Whether the real user may make entries in a directory: its permissions and its file system allow
 * it.
 */
export function mayMakeEntries(directory: Text): boolean {
  const result = libc.access(cString(directory), W_OK | X_OK);
  return checkUnless(refusals, "access", result) >= 0;
}

/** Whether the file system of a path is mounted noexec; false where the path cannot be asked. */
export function isMountedNoExecute(path: Text): boolean {
  const status = new Uint8Array(STATVFS_BYTES);
  const result = libc.statvfs(cString(path), status);
  if (checkUnless(refusals, "statvfs", result) < 0) return false;
  return (new DataView(status.buffer).getBigUint64(FLAG_OFFSET, true) & ST_NOEXEC) !== 0n;
}
