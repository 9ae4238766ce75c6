/**
 * What is mounted where. proc_pid_mountinfo(5).
 *
 * @module
 */
import { AT_FDCWD, readTextAt } from "../../ffi/file.ts";

const MAXIMUM_BYTES = 16 * 1024 * 1024;

/** A mount: where, and of what. */
export interface Mount {
  /** Device number, as major:minor. */
  readonly device: string;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  /** Where it is mounted. */
  readonly point: string;
  /** The kind of file system, such as `tmpfs`. */
  readonly type: string;
}

/** The kernel writes space, tab, newline and backslash as octal numbers. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}

/** The mounts that the text of a mountinfo file lists. */
export function parseMounts(text: string): Mount[] {
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const words = line.split(" ");
    const [, , device, root, point] = words;
    // As many optional fields as there may be end with a hyphen.
    const type = words[words.indexOf("-", 6) + 1];
    return { device, root: unescape(root), point: unescape(point), type };
  });
}

/** The mounts of this process. */
export function currentMounts(): Mount[] {
  return parseMounts(readTextAt(AT_FDCWD, "/proc/self/mountinfo", MAXIMUM_BYTES));
}
