/**
 * Small files and directories of the host, read by system calls: for /dev, /proc and /sys the runtime
 * would want every permission.
 *
 * @module
 */
import { unlessRefused } from "../../ffi/check.ts";
import { readDirectory } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag, readAll } from "../../ffi/file.ts";
import { existsAt } from "../../ffi/status.ts";
import { decodePath, encodePath } from "../stemflow/path.ts";

const MAXIMUM_BYTES = 256 * 1024;

function withFile<Result>(
  path: string,
  flags: number,
  use: (file: number) => Result,
): Result | null {
  return unlessRefused(() => {
    // Not to wait for a writer where somebody put a fifo.
    const file = openAt(AT_FDCWD, encodePath(path), flags | OpenFlag.nonBlocking);
    try {
      return use(file);
    } finally {
      close(file);
    }
  });
}

/** Whether a path names anything, a symbolic link included; not where that is closed to the user. */
export function isOnHost(path: string): boolean {
  return unlessRefused(() => existsAt(AT_FDCWD, encodePath(path))) ?? false;
}

/** What a file holds, up to 256 KiB; null when it cannot be read. */
export function readHostFile(path: string): Uint8Array<ArrayBuffer> | null {
  return withFile(path, OpenFlag.readOnly, (file) => readAll(file, MAXIMUM_BYTES));
}

/** What a file holds, as text; empty when it cannot be read. */
export function readHostText(path: string): string {
  return new TextDecoder().decode(readHostFile(path) ?? undefined);
}

/** The names in a directory, sorted; none when it cannot be read. */
export function listHostDirectory(path: string): string[] {
  const flags = OpenFlag.readOnly | OpenFlag.directory;
  return withFile(path, flags, (file) => [...readDirectory(file)].map(decodePath).sort()) ?? [];
}
