/**
 * What the loader asks of the host's files, as functions, so that tests can answer for a host of
 * their own.
 *
 * @module
 */
import { readDirectory, readLinkAt } from "../../ffi/entry.ts";
import { AT_FDCWD, close, openAt, OpenFlag, readAll } from "../../ffi/file.ts";
import { type FileStatus, statusAt, statusOf } from "../../ffi/status.ts";

/** What a path names, links not followed. */
export type FileKind = FileStatus["kind"];

/** The questions that loading profiles asks; each throws an error with errno's name, or why, in `code`. */
export interface FileSystem {
  /** What the path itself names: lstat(2). */
  kind(path: string): FileKind;
  /** What the path leads to, and its size in bytes: stat(2). */
  follow(path: string): { kind: FileKind; size: number };
  /** A symbolic link's text: readlink(2). */
  readLink(path: string): string;
  /** A whole file, no larger than `most` bytes; what is no regular file is refused at once. */
  readFile(path: string, most: number): Uint8Array;
  /** The names in a directory, in no order; where they are more than `most`, one more than that. */
  readDirectory(path: string, most?: number): string[];
}

/** A refusal that is not the kernel's: its reason stands where else an errno's name does. */
class FileError extends Error {
  /** What distinguishes this class in messages. */
  override readonly name = "FileError";

  /** Says why. */
  constructor(readonly code: string) {
    super(code);
  }
}

function readLink(path: string): string {
  const text = readLinkAt(AT_FDCWD, path);
  if (text === null) throw new FileError("it has changed meanwhile");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    throw new FileError("not valid UTF-8");
  }
}

/** Without waiting for a writer where somebody put a fifo, or making room for what a hole pretends. */
function readFile(path: string, most: number): Uint8Array {
  return opened(path, OpenFlag.readOnly | OpenFlag.nonBlocking, (file) => {
    const { kind, size } = statusOf(file);
    if (kind !== "file") throw new FileError(`it is a ${kind}`);
    if (size > most) throw new FileError(`it is larger than ${most} bytes`);
    return readAll(file, size);
  });
}

function opened<Result>(path: string, flags: number, use: (file: number) => Result): Result {
  const file = openAt(AT_FDCWD, path, flags);
  try {
    return use(file);
  } finally {
    close(file);
  }
}

function names(path: string, most = Infinity): string[] {
  const decoder = new TextDecoder();
  return opened(path, OpenFlag.readOnly | OpenFlag.directory, (file) => {
    const all: string[] = [];
    for (const name of readDirectory(file)) {
      all.push(decoder.decode(name));
      if (all.length > most) break;
    }
    return all;
  });
}

/**
 * The files of the machine that this process runs on. By the kernel's own calls: with the runtime's
 * permission to read any file comes that to import any.
 */
export const hostFileSystem: FileSystem = {
  kind: (path) => statusAt(AT_FDCWD, path).kind,
  follow: (path) => opened(path, OpenFlag.pathOnly, statusOf),
  readLink,
  readFile,
  readDirectory: names,
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
