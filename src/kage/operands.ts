/**
 * Operands and the working directory as bytes: the runtime decodes its arguments as UTF-8, with a
 * replacement character where a file's name is not, and does not name such a directory at all.
 *
 * @module
 */
import { readLinkAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag, readAll } from "../../ffi/file.ts";
import { decodePath } from "../stemflow/path.ts";

/** Arguments and environment together have at most so many bytes (execve(2)). */
const MAXIMUM_BYTES = 6 * 1024 * 1024;

/** The words of a NUL-separated list that ends with a NUL. */
function wordsOf(bytes: Uint8Array): string[] {
  const words: string[] = [];
  for (let start = 0, end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    words.push(decodePath(bytes.subarray(start, end)));
    start = end + 1;
  }
  return words;
}

/**
 * The last arguments of this process, from the kernel (proc_pid_cmdline(5)).
 *
 * @param count how many
 * @returns the strings that decodePath makes of their bytes
 */
export function exactOperands(count: number): string[] {
  const file = openAt(AT_FDCWD, "/proc/self/cmdline", OpenFlag.readOnly);
  try {
    return wordsOf(readAll(file, MAXIMUM_BYTES)).slice(-count);
  } finally {
    close(file);
  }
}

/** The working directory (proc_pid_cwd(5)); the root if it is gone. */
export function exactDirectory(): string {
  const bytes = readLinkAt(AT_FDCWD, "/proc/self/cwd");
  const path = bytes === null ? "/" : decodePath(bytes);
  return path.startsWith("/") && !path.endsWith(" (deleted)") ? path : "/";
}
