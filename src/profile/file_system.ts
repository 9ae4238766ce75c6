// What the loader asks of the host's files, as functions, so that tests can answer for a host of their own.

import { AT_FDCWD, readLinkAt, statusAt } from "../../ffi/file.ts";

/** What a path names, links not followed. */
export type FileKind =
  | "directory"
  | "file"
  | "socket"
  | "fifo"
  | "link"
  | "character device"
  | "block device";

/** The five questions that loading profiles asks; each throws an error with the errno's name in `code`. */
export interface FileSystem {
  /** What the path itself names: lstat(2). */
  kind(path: string): FileKind;
  /** What the path leads to, and its size in bytes: stat(2). */
  follow(path: string): { kind: FileKind; size: number };
  /** A symbolic link's text: readlink(2). */
  readLink(path: string): string;
  /** A whole file. */
  readFile(path: string): Uint8Array;
  /** The names in a directory, in no order. */
  readDirectory(path: string): string[];
}

function kindOf(info: Deno.FileInfo): FileKind {
  if (info.isDirectory) return "directory";
  if (info.isSymlink) return "link";
  if (info.isSocket) return "socket";
  if (info.isFifo) return "fifo";
  if (info.isCharDevice) return "character device";
  if (info.isBlockDevice) return "block device";
  return "file";
}

/** For /sys the runtime would want every permission, and profiles may grant parts of it. */
function isWithheld(path: string): boolean {
  return path === "/sys" || path.startsWith("/sys/");
}

function kindByCall(path: string): FileKind {
  const { kind } = statusAt(AT_FDCWD, path);
  return kind === "device" ? "character device" : kind;
}

function linkByCall(path: string): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(readLinkAt(AT_FDCWD, path) ?? undefined);
}

/** The files of the machine that this process runs on. */
export const hostFileSystem: FileSystem = {
  kind: (path) => isWithheld(path) ? kindByCall(path) : kindOf(Deno.lstatSync(path)),
  follow: (path) => {
    const info = Deno.statSync(path);
    return { kind: kindOf(info), size: info.size };
  },
  readLink: (path) => isWithheld(path) ? linkByCall(path) : Deno.readLinkSync(path),
  readFile: (path) => Deno.readFileSync(path),
  readDirectory: (path) => Array.from(Deno.readDirSync(path), (entry) => entry.name),
};

/**
 * Names the errno of a failed call.
 *
 * @param error what the call threw
 * @returns the errno's name ("ENOENT"), or the error's own name where there is no errno
 */
export function errnoName(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error as Error & { code?: string }).code ?? error.name;
}
