/**
 * Entries of directories, relative to directory descriptors. mkdir(2), symlink(2), unlink(2),
 * readlink(2), getdents(2).
 *
 * @module
 */
import { check, checkUnless } from "./check.ts";
import { AT_FDCWD } from "./file.ts";
import { bind } from "./library.ts";
import { cString, type Text } from "./memory.ts";

const libc = bind({
  mkdirat: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  fchmodat: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  symlinkat: { parameters: ["buffer", "i32", "buffer"], result: "i32" },
  unlinkat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  readlinkat: { parameters: ["i32", "buffer", "buffer", "usize"], result: "isize" },
  getdents64: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "usize"],
    result: "isize",
  },
});

const SYS_getdents64 = Deno.build.arch === "aarch64" ? 61n : 217n;
const MAXIMUM_LINK_BYTES = 4096;

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
