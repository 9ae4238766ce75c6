/**
 * Changes of directories. inotify(7).
 *
 * @module
 */
import { check, checkUnless } from "./check.ts";
import { read } from "./file.ts";
import { bind } from "./library.ts";
import { cString } from "./memory.ts";

const libc = bind({
  inotify_init1: { parameters: ["i32"], result: "i32" },
  inotify_add_watch: { parameters: ["i32", "buffer", "u32"], result: "i32" },
});

const CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;
const BUFFER_BYTES = 16 * 1024;

/** IN_MODIFY, IN_ATTRIB, IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE, IN_MOVE_SELF. */
const CHANGES = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x800;

/** A nonblocking descriptor that becomes readable when a watched directory changes. */
export function watchDescriptor(): number {
  return check("inotify_init1", libc.inotify_init1(CLOEXEC_NONBLOCK));
}

/** Watches a directory, and the files in it; false when there is none that can be read. */
export function watchDirectory(descriptor: number, path: string): boolean {
  const result = libc.inotify_add_watch(descriptor, cString(path), CHANGES);
  return checkUnless(["ENOENT", "ENOTDIR", "EACCES"], "inotify_add_watch", result, path) >= 0;
}

/** Takes all that has been reported, without telling it apart. */
export function discardChanges(descriptor: number): void {
  const buffer = new Uint8Array(BUFFER_BYTES);
  while (read(descriptor, buffer) > 0);
}
